use std::time::{Duration, SystemTime};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::certificate::X509Certificate;

use super::arn::{ArnKind, ParsedArn};
use super::chain::TrustPath;
use super::parameters::Parameters;
use super::signature::{
    check_algorithm, check_date, check_scope, check_signature, check_signed_headers, single,
};
use super::{Granted, Profile, Refusal, Role, RolesAnywhereState, TrustAnchor};
use super::{attributes, certificate};
use crate::RequestParts;
use crate::random::uuid_of;
use crate::sigv4::Authorization;
use crate::timestamp::unix_seconds;

/// Verifies a `CreateSession` request as Roles Anywhere would.
///
/// Pure: the same request, time and state always have the same result. The
/// order is that of a receiver who trusts nothing: who signed what and when,
/// then whether the certificate is fit and trusted, then what is asked for.
pub fn verify(
    request: &RequestParts,
    now: SystemTime,
    state: &RolesAnywhereState,
) -> Result<Granted, Refusal> {
    if (request.method.as_str(), request.path.as_str()) != ("POST", "/sessions") {
        return Err(Refusal::UnknownOperation);
    }
    let der = certificate::decode(single(request, "x-amz-x509")?)?;
    let end_entity = certificate::parse(&der).ok_or(Refusal::CertificateMalformed)?;
    check_authenticity(request, now, state, &end_entity)?;
    let entitlement = Entitlement {
        state,
        now,
        parameters: Parameters::read(request)?,
    };
    certificate::check_fitness(&end_entity, unix_seconds(now))?;
    let anchor = entitlement.trust_anchor()?;
    check_trust(request, now, anchor, &end_entity)?;
    attributes::check_mappable(&end_entity)?;
    entitlement.grant(&end_entity)
}

/// The request is what the holder of the certificate's key signed just now.
fn check_authenticity(
    request: &RequestParts,
    now: SystemTime,
    state: &RolesAnywhereState,
    end_entity: &X509Certificate<'_>,
) -> Result<(), Refusal> {
    let header = request
        .header("authorization")
        .ok_or(Refusal::AuthorizationMissing)?;
    let authorization =
        Authorization::parse(header).map_err(|part| Refusal::AuthorizationMalformed { part })?;
    let amz_date = check_date(request, now)?;
    check_scope(&authorization.scope, amz_date, state)?;
    check_algorithm(authorization.algorithm, end_entity)?;
    check_signed_headers(&authorization, request)?;
    check_signature(&authorization, request, end_entity)
}

/// The certificate leads to the trust anchor.
fn check_trust(
    request: &RequestParts,
    now: SystemTime,
    anchor: &TrustAnchor,
    end_entity: &X509Certificate<'_>,
) -> Result<(), Refusal> {
    let ders = decode_chain(request)?;
    let chain = parse_all(ders.iter().map(Vec::as_slice))?;
    let anchors = parse_all(anchor.certificates.iter().map(AsRef::as_ref))?;
    let path = TrustPath {
        chain: &chain,
        anchors: &anchors,
        now: unix_seconds(now),
    };
    path.check(end_entity)
}

fn decode_chain(request: &RequestParts) -> Result<Vec<Vec<u8>>, Refusal> {
    let name = "x-amz-x509-chain";
    if !request.headers.contains_key(name) {
        return Ok(Vec::new());
    }
    let parts = single(request, name)?.split(',');
    let decoded: Result<_, _> = parts.map(|part| STANDARD.decode(part)).collect();
    decoded.map_err(|_| Refusal::ChainMalformed)
}

fn parse_all<'a>(
    ders: impl Iterator<Item = &'a [u8]>,
) -> Result<Vec<X509Certificate<'a>>, Refusal> {
    ders.map(|der| certificate::parse(der).ok_or(Refusal::ChainMalformed))
        .collect()
}

/// What is asked for, and what the account allows.
struct Entitlement<'a> {
    state: &'a RolesAnywhereState,
    now: SystemTime,
    parameters: Parameters,
}

impl Entitlement<'_> {
    fn trust_anchor(&self) -> Result<&TrustAnchor, Refusal> {
        let arn = &self.parameters.trust_anchor_arn;
        ParsedArn::parse(arn, ArnKind::TrustAnchor, self.state)?;
        let mut anchors = self.state.trust_anchors.iter();
        let anchor = anchors
            .find(|anchor| anchor.arn == *arn)
            .ok_or(Refusal::TrustAnchorNotFound)?;
        if anchor.enabled {
            Ok(anchor)
        } else {
            Err(Refusal::TrustAnchorDisabled)
        }
    }

    fn profile(&self) -> Result<&Profile, Refusal> {
        let arn = &self.parameters.profile_arn;
        ParsedArn::parse(arn, ArnKind::Profile, self.state)?;
        let mut profiles = self.state.profiles.iter();
        let profile = profiles
            .find(|profile| profile.arn == *arn)
            .ok_or(Refusal::ProfileNotFound)?;
        if profile.enabled {
            Ok(profile)
        } else {
            Err(Refusal::ProfileDisabled)
        }
    }

    fn grant(&self, end_entity: &X509Certificate<'_>) -> Result<Granted, Refusal> {
        let profile = self.profile()?;
        let role_arn = &self.parameters.role_arn;
        let role = ParsedArn::parse(role_arn, ArnKind::Role, self.state)?;
        if !profile.role_arns.contains(role_arn) {
            return Err(Refusal::RoleNotInProfile);
        }
        if profile.require_instance_properties && !self.parameters.has_instance_properties {
            return Err(Refusal::InstancePropertiesRequired);
        }
        let duration = self.duration(profile, end_entity)?;
        let session_name = self.session_name(profile, end_entity)?;
        let RolesAnywhereState {
            partition, region, ..
        } = self.state;
        let account = role.account;
        let subject = subject_id(end_entity);
        Ok(Granted {
            assumed_role_arn: format!(
                "arn:{partition}:sts::{account}:assumed-role/{}/{session_name}",
                role.name()
            ),
            role_arn: role_arn.clone(),
            session_name,
            subject_arn: format!(
                "arn:{partition}:rolesanywhere:{region}:{account}:subject/{subject}"
            ),
            source_identity: certificate::common_name(end_entity).map(|name| format!("CN={name}")),
            duration,
            expiration: self.now + duration,
        })
    }

    /// The shorter of what the profile has and what is asked for; longer than
    /// the role allows is an error, not a cut.
    fn duration(
        &self,
        profile: &Profile,
        end_entity: &X509Certificate<'_>,
    ) -> Result<Duration, Refusal> {
        let duration = match self.parameters.duration_seconds {
            None => profile.duration,
            Some(seconds @ 900..=43_200) => {
                Duration::from_secs(seconds.unsigned_abs()).min(profile.duration)
            }
            Some(seconds) => return Err(Refusal::DurationOutOfRange { seconds }),
        };
        let role = self.role(end_entity)?;
        if duration > role.max_session_duration {
            return Err(Refusal::DurationBeyondRole { duration });
        }
        Ok(duration)
    }

    /// The role, where it is there and its trust policy allows the certificate.
    fn role(&self, end_entity: &X509Certificate<'_>) -> Result<&Role, Refusal> {
        let role_arn = &self.parameters.role_arn;
        let common_name = certificate::common_name(end_entity);
        let mut roles = self.state.roles.iter();
        roles
            .find(|role| role.arn == *role_arn)
            .filter(|role| role.trusts(common_name.as_deref()))
            .ok_or_else(|| Refusal::RoleNotAssumable {
                role_arn: role_arn.clone(),
            })
    }

    fn session_name(
        &self,
        profile: &Profile,
        end_entity: &X509Certificate<'_>,
    ) -> Result<String, Refusal> {
        let Some(name) = &self.parameters.role_session_name else {
            return Ok(hex::encode(certificate::serial(end_entity)));
        };
        if !profile.accept_role_session_name {
            return Err(Refusal::SessionNameNotAccepted);
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if (2..=64).contains(&name.len()) && name.bytes().all(fits) {
            Ok(name.clone())
        } else {
            Err(Refusal::SessionNameMalformed)
        }
    }
}

/// The same for every certificate of one subject.
fn subject_id(end_entity: &X509Certificate<'_>) -> String {
    let hash = digest::digest(&digest::SHA256, end_entity.subject().as_raw());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    uuid_of(bytes)
}
