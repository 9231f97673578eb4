use aws_credential_types::Credentials;
use rolesanywhere::{
    AssumeRole, ExternalId, ManagedPolicyArn, RoleArn, RoleSessionName, Session, SessionDuration,
    SessionPolicy, SessionRequest, SessionTags, Sts,
};

use super::key_and_value;
use crate::context::read_text;
use crate::failure::{Failure, assumption};
use crate::resolved::Resolved;

/// The roles that are assumed onwards, in order; none, as a rule.
pub(crate) struct Chain(Vec<Hop>);

/// One role of them.
pub(crate) struct Hop {
    pub(crate) role: RoleArn,
    /// The role whose session assumes it.
    from: RoleArn,
    name: Option<RoleSessionName>,
    duration: Option<SessionDuration>,
    external_id: Option<ExternalId>,
    narrowed: Narrowed,
}

/// What narrows a session.
#[derive(Default)]
struct Narrowed {
    policy: Option<SessionPolicy>,
    policy_arns: Vec<ManagedPolicyArn>,
    tags: SessionTags,
}

impl Chain {
    /// From the settings; `first` is the session that it begins with.
    pub(super) fn new(settings: &Resolved<'_>, first: &SessionRequest) -> Result<Self, Failure> {
        let roles = settings.list("chain-role-arn")?;
        if roles.is_empty() {
            refuse_without_chain(settings)?;
        }
        let mut hops: Vec<Hop> = Vec::new();
        for text in roles {
            let role: RoleArn = text.parse().map_err(|error: rolesanywhere::InvalidArn| {
                Failure::from(rolesanywhere::Error::from(error)).about("--chain-role-arn")
            })?;
            let from = hops
                .last()
                .map_or_else(|| first.role(), |hop| &hop.role)
                .clone();
            check_partition(&from, &role)?;
            hops.push(Hop {
                role,
                from,
                name: settings.parse("chain-session-name")?,
                duration: duration(settings)?,
                external_id: settings.parse("chain-external-id")?,
                narrowed: Narrowed::default(),
            });
        }
        if let Some(last) = hops.last_mut() {
            last.narrowed = Narrowed::new(settings)?;
        }
        Ok(Self(hops))
    }

    /// The role that a session is of in the end; `None` where nothing is assumed
    /// onwards.
    #[cfg(feature = "serve")]
    pub(super) fn last_role(&self) -> Option<&RoleArn> {
        self.0.last().map(|hop| &hop.role)
    }

    /// The roles, in the order in which they are assumed.
    pub(crate) fn hops(&self) -> &[Hop] {
        &self.0
    }
}

impl Hop {
    /// A session of this role, with the session `before`.
    pub(crate) async fn assume(&self, sts: &Sts, before: &Session) -> Result<Session, Failure> {
        let credentials = Credentials::from(before);
        let request = self.request(before);
        match sts.assume_role(&credentials, &request).await {
            Ok(mut session) => {
                session.subject_arn.clone_from(&before.subject_arn);
                Ok(session)
            }
            Err(error) => Err(assumption(error, &self.from, &self.role)),
        }
    }

    fn request(&self, before: &Session) -> AssumeRole {
        // A service that tells no name leaves ours: there must be one.
        let name = self.name.clone().or_else(|| before.name());
        let name = name.unwrap_or_else(RoleSessionName::fallback);
        let mut request = AssumeRole::new(self.role.clone(), name);
        request.duration = self.duration;
        request.external_id.clone_from(&self.external_id);
        request.policy.clone_from(&self.narrowed.policy);
        request.policy_arns.clone_from(&self.narrowed.policy_arns);
        request.tags = self.narrowed.tags.clone();
        request
    }
}

impl Narrowed {
    fn new(settings: &Resolved<'_>) -> Result<Self, Failure> {
        let policy = match settings.path("session-policy")? {
            None => None,
            Some(path) => {
                let policy = read_text(&path)?.parse().map_err(invalid);
                let policy = policy.map_err(|failure| failure.about(&path.display().to_string()));
                Some(policy?)
            }
        };
        let policy_arns = settings.list("session-policy-arn")?;
        if policy_arns.len() > AssumeRole::MAX_POLICY_ARNS {
            let most = AssumeRole::MAX_POLICY_ARNS;
            return Err(invalid(rolesanywhere::InvalidParameter::TooMany {
                what: "managed session policies",
                most,
            }));
        }
        let policy_arns: Result<_, _> = policy_arns.iter().map(|arn| arn.parse()).collect();
        let tags = settings.list("session-tag")?;
        let tags: Result<_, _> = tags
            .iter()
            .map(|tag| key_and_value("session-tag", tag))
            .collect();
        let transitive_keys = settings.list("transitive-tag-key")?;
        Ok(Self {
            policy,
            policy_arns: policy_arns.map_err(invalid)?,
            tags: SessionTags::new(tags?, transitive_keys).map_err(invalid)?,
        })
    }
}

fn invalid(error: rolesanywhere::InvalidParameter) -> Failure {
    rolesanywhere::Error::from(error).into()
}

/// Role chaining has a limit of its own, which is said before anybody is
/// called.
fn duration(settings: &Resolved<'_>) -> Result<Option<SessionDuration>, Failure> {
    let Some(duration) = settings.parse::<SessionDuration>("chain-session-duration")? else {
        return Ok(None);
    };
    if duration.as_duration() <= AssumeRole::CHAINED_AT_MOST {
        return Ok(Some(duration));
    }
    let message = format!(
        "--chain-session-duration is {duration}, and STS grants at most 3600 seconds to a role \
         that is assumed with another role's session"
    );
    Err(Failure::configuration("config.invalid", message))
}

fn check_partition(from: &RoleArn, role: &RoleArn) -> Result<(), Failure> {
    let (first, second) = (from.arn().partition, role.arn().partition);
    if first == second {
        return Ok(());
    }
    Err(invalid(
        rolesanywhere::InvalidParameter::PartitionMismatch {
            first: first.name(),
            second: second.name(),
        },
    ))
}

/// What would have no effect is an error: a policy that narrows nothing would
/// be believed to do so.
fn refuse_without_chain(settings: &Resolved<'_>) -> Result<(), Failure> {
    let others = crate::settings::ROLE_CHAIN.settings.iter();
    for setting in others.filter(|setting| setting.name != "chain-role-arn") {
        if let Some(sourced) = settings.sourced(setting.name)? {
            let failure = sourced.origin.invalid("there is no role to assume onwards");
            return Err(failure.with_hint(
                "name one with --chain-role-arn; for the first role, the profile has session policies",
            ));
        }
    }
    Ok(())
}
