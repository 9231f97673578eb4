use aws_credential_types::Credentials;
use refresh::FaultKind;
use rolesanywhere::{
    Error, Finding, Identity, RegisteredProfile, RegisteredTrustAnchor, SessionDuration,
    SessionRequest,
};

use super::{Doctor, warnings};
use crate::aws::Aws;
use crate::context::Context;
use crate::explanation::aws as explanation;
use crate::failure::{Failure, unfit};

impl Doctor<'_> {
    /// How trust anchor and profile are registered, where the holder of
    /// `credentials` may read that: few workloads may, and it is nothing to mend.
    pub(super) async fn registration(
        &mut self,
        aws: &Aws,
        identity: &Identity,
        credentials: &Credentials,
    ) -> Result<(), Failure> {
        let arn = aws.request.trust_anchor();
        let read = aws.roles_anywhere.trust_anchor(credentials, arn).await;
        if is_denied(&read) {
            self.walk.skip(ANCHOR, &denied("GetTrustAnchor"))?;
        } else {
            let context = self.context;
            let judged = async { anchor(&read?, identity, context) };
            self.walk.step(ANCHOR, "", judged).await?;
        }
        let arn = aws.request.profile();
        let read = aws.roles_anywhere.profile(credentials, arn).await;
        if is_denied(&read) {
            return self.walk.skip(PROFILE, &denied("GetProfile"));
        }
        let judged = async { profile(&read?, &aws.request) };
        self.walk.step(PROFILE, "", judged).await?;
        Ok(())
    }

    /// The same with the AWS credentials that are around: an administrator's.
    #[cfg(feature = "ecr")]
    pub(super) async fn registration_by_ambient(
        &mut self,
        aws: &Aws,
        identity: &Identity,
    ) -> Result<(), Failure> {
        use crate::ambient::Ambient;
        let context = self.context;
        let find = async {
            let found = Ambient::new(context)?.credentials().await?;
            let detail = format!("{} of {}", found.access_key_id, found.origin);
            Ok((found, detail))
        };
        match self.walk.step("ambient", "", find).await? {
            Some(found) => {
                let credentials = Credentials::from(&found);
                self.registration(aws, identity, &credentials).await
            }
            None => self.walk.skip(ANCHOR, "not read: there are no credentials"),
        }
    }
}

/// Whether a policy is missing; whose credentials are not known, or over, is
/// told as any other failure.
fn is_denied<T>(read: &Result<T, Error>) -> bool {
    let Err(Error::Refused { refusal, .. }) = read else {
        return false;
    };
    refusal.code.starts_with("AccessDenied")
}

fn denied(action: &str) -> String {
    format!("not allowed to read (rolesanywhere:{action}); skipped")
}

fn anchor(
    anchor: &RegisteredTrustAnchor,
    identity: &Identity,
    context: &Context<'_>,
) -> Result<((), String), Failure> {
    if !anchor.is_enabled {
        return Err(disabled(&format!("the trust anchor {:?}", anchor.name)));
    }
    let Some(certificates) = &anchor.certificates else {
        let detail = format!("{:?}, enabled, of AWS Private CA", anchor.name);
        return Ok(((), detail));
    };
    let path = (certificates, context.now());
    let findings = Finding::of_trusted(identity.certificate(), identity.intermediates(), path);
    if let Some(failure) = unfit(&findings) {
        return Err(failure.about(&format!("the trust anchor {:?}", anchor.name)));
    }
    let authorities = certificates.certificates().iter();
    let authorities = authorities.map(|authority| {
        let until = crate::audit::rfc3339(authority.not_after());
        format!("{} until {until}", authority.subject())
    });
    let mut lines = vec![format!("{:?}, enabled", anchor.name)];
    lines.extend(authorities);
    lines.extend(warnings(&findings));
    Ok(((), lines.join("\n")))
}

fn profile(profile: &RegisteredProfile, request: &SessionRequest) -> Result<((), String), Failure> {
    let name = format!("the profile {:?}", profile.name);
    if !profile.is_enabled {
        return Err(disabled(&name));
    }
    let role = request.role().to_string();
    if !profile.role_arns.contains(&role) {
        let message = format!("{name} does not list {role}");
        return Err(
            Failure::new("aws.role-not-in-profile", FaultKind::Denied, message)
                .with_hint(explanation::ROLE_NOT_LISTED.fix),
        );
    }
    if request.role_session_name.is_some() && !profile.accepts_role_session_name {
        let message = format!("{name} takes no session name (acceptRoleSessionName is false)");
        return Err(
            Failure::new("aws.session-name-not-accepted", FaultKind::Denied, message)
                .with_hint(explanation::SESSION_NAME.fix),
        );
    }
    if profile.requires_instance_properties && request.instance_properties.is_empty() {
        let message = format!("{name} requires instance properties");
        return Err(Failure::new("aws.denied", FaultKind::Denied, message)
            .with_hint(explanation::INSTANCE_PROPERTIES.fix));
    }
    Ok((
        (),
        format!("{:?}, enabled{}", profile.name, duration(profile, request)),
    ))
}

/// How long a session becomes: the shorter of the two counts.
fn duration(profile: &RegisteredProfile, request: &SessionRequest) -> String {
    let Some(most) = profile.duration else {
        return String::new();
    };
    let seconds = most.as_secs();
    match request.duration.map(SessionDuration::as_duration) {
        Some(asked) if asked > most => format!(
            ", sessions of {seconds} s\n! {} s are asked for, and the profile gives {seconds}",
            asked.as_secs()
        ),
        _ => format!(", sessions of up to {seconds} s"),
    }
}

fn disabled(what: &str) -> Failure {
    Failure::new(
        "aws.disabled",
        FaultKind::Denied,
        format!("{what} is disabled"),
    )
    .with_hint(explanation::DISABLED.fix)
}

const ANCHOR: &str = "anchor";
const PROFILE: &str = "profile";
