use std::time::SystemTime;

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::error_answer;
use super::{Profile, RolesAnywhereState, TrustAnchor};
use crate::answer::Answer;
use crate::authority::certificate_pem;
use crate::sigv4::{Expected, Unauthentic, authenticate};
use crate::sts::Sessions;
use crate::{Operation, RequestParts};

const ANCHORS: &str = "/trustanchor/";
const PROFILES: &str = "/profile/";

/// What is read of an account, if a request reads something.
pub(crate) fn operation(request: &RequestParts) -> Option<Operation> {
    if request.path.starts_with(ANCHORS) {
        Some(Operation::GetTrustAnchor)
    } else {
        let is_profile = request.path.starts_with(PROFILES);
        is_profile.then_some(Operation::GetProfile)
    }
}

/// How trust anchors and profiles are registered, for who may read that.
#[derive(Clone, Copy)]
pub(crate) struct Registrations<'a> {
    pub(crate) state: &'a RolesAnywhereState,
    pub(crate) sessions: &'a Sessions,
}

struct Refused(StatusCode, &'static str, String);

impl Registrations<'_> {
    /// `GetTrustAnchor` or `GetProfile`.
    pub(crate) fn answer(self, request: &RequestParts, now: SystemTime) -> Answer {
        match self.read(request, now) {
            Ok(document) => Answer::json(StatusCode::OK, &document),
            Err(Refused(status, code, message)) => error_answer(status, code, &message),
        }
    }

    fn read(self, request: &RequestParts, now: SystemTime) -> Result<Value, Refused> {
        let (action, id) = match request.path.strip_prefix(ANCHORS) {
            Some(id) => ("GetTrustAnchor", id),
            None => ("GetProfile", &request.path[PROFILES.len()..]),
        };
        if request.method != "GET" || !request.query.is_empty() || !request.body.is_empty() {
            let message = "this is read by GET, without anything else".to_owned();
            return Err(Refused(
                StatusCode::BAD_REQUEST,
                "ValidationException",
                message,
            ));
        }
        self.authorize(request, now, action)?;
        let ends = |arn: &str| arn.rsplit_once('/').is_some_and(|(_, own)| own == id);
        let found = if action == "GetTrustAnchor" {
            let mut anchors = self.state.trust_anchors.iter();
            anchors.find(|anchor| ends(&anchor.arn)).map(anchor)
        } else {
            let mut profiles = self.state.profiles.iter();
            profiles.find(|profile| ends(&profile.arn)).map(profile)
        };
        let missing = || format!("{} not found", action.trim_start_matches("Get"));
        found.ok_or_else(|| {
            Refused(
                StatusCode::NOT_FOUND,
                "ResourceNotFoundException",
                missing(),
            )
        })
    }

    fn authorize(
        self,
        request: &RequestParts,
        now: SystemTime,
        action: &str,
    ) -> Result<(), Refused> {
        let expected = Expected {
            now,
            service: "rolesanywhere",
            region: Some(&self.state.region),
        };
        let signed = authenticate(request, self.sessions, expected)?;
        if signed.credentials.is_session() && !self.state.roles_may_read {
            let user = &signed.credentials.arn;
            return Err(Refused(
                StatusCode::FORBIDDEN,
                "AccessDeniedException",
                format!(
                    "User: {user} is not authorized to perform: rolesanywhere:{action} because no \
                     identity-based policy allows the rolesanywhere:{action} action"
                ),
            ));
        }
        Ok(())
    }
}

impl From<Unauthentic> for Refused {
    fn from(unauthentic: Unauthentic) -> Self {
        let (code, message) = match unauthentic {
            Unauthentic::Unsigned => (
                "MissingAuthenticationTokenException",
                "Missing Authentication Token".to_owned(),
            ),
            Unauthentic::Incomplete(message) => ("IncompleteSignatureException", message),
            Unauthentic::UnknownToken => (
                "UnrecognizedClientException",
                "The security token included in the request is invalid.".to_owned(),
            ),
            Unauthentic::Mismatch(message) => ("InvalidSignatureException", message),
            Unauthentic::Expired => (
                "ExpiredTokenException",
                "The security token included in the request is expired".to_owned(),
            ),
        };
        Self(StatusCode::FORBIDDEN, code, message)
    }
}

fn anchor(anchor: &TrustAnchor) -> Value {
    let bundle: String = anchor
        .certificates
        .iter()
        .map(|der| certificate_pem(der))
        .collect();
    json!({"trustAnchor": {
        "trustAnchorArn": anchor.arn,
        "trustAnchorId": anchor.arn.rsplit('/').next(),
        "name": "iamra-sandbox",
        "enabled": anchor.enabled,
        "source": {
            "sourceType": "CERTIFICATE_BUNDLE",
            "sourceData": {"x509CertificateData": bundle},
        },
    }})
}

fn profile(profile: &Profile) -> Value {
    json!({"profile": {
        "profileArn": profile.arn,
        "profileId": profile.arn.rsplit('/').next(),
        "name": "iamra-sandbox",
        "enabled": profile.enabled,
        "roleArns": profile.role_arns,
        "durationSeconds": profile.duration.as_secs(),
        "acceptRoleSessionName": profile.accept_role_session_name,
        "requireInstanceProperties": profile.require_instance_properties,
        "managedPolicyArns": [],
    }})
}
