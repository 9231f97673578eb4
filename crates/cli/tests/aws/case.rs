//! The cases: who asks for what, and what we take AWS to answer.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use destination::HttpClient;
use refresh::{Clock, Sleep, SystemClock};
use rolesanywhere::{
    Error, Identity, PemSources, RefusalCause, RolesAnywhere, Session, SessionRequest,
};

use crate::certificates::{Authority, Set, set};
use crate::outcome::{Got, Outcome};
use crate::place::Place;

/// One request, and what is different about it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Whose, as [`set`] names them.
    set: &'static str,
    change: Change,
    expected: Expected,
    /// Whether the sandbox looks at it: it has no conditions of roles.
    in_sandbox: bool,
}

#[derive(Clone, Copy)]
enum Change {
    Nothing,
    OtherTrustAnchor,
    AbsentTrustAnchor,
    DisabledProfile,
    UnlistedRole,
    SessionName,
    ClockBehind,
}

/// What we take AWS to answer.
#[derive(Clone, Copy)]
enum Expected {
    Session,
    /// A refusal of one of these causes; where there are none, of any, for its words are
    /// not known.
    Refused(&'static [RefusalCause]),
    /// Its documentation and its practice differ: what it does is written down.
    Either,
}

/// All of them. Every parameter stands in the body, and none in the query: that each of the
/// first four is granted is an answer of its own.
pub(crate) const CASES: [Case; 15] = [
    granted("a key on P-256", "ec-p256"),
    granted("a key on P-384", "ec-p384"),
    granted("a key of RSA", "rsa-2048"),
    granted("below an intermediate", "below-an-intermediate"),
    Case {
        expected: Expected::Either,
        in_sandbox: false,
        ..granted("without basic constraints", "without-basic-constraints")
    },
    refused(
        "without its intermediate",
        "without-its-intermediate",
        &[RefusalCause::UntrustedIssuer],
    ),
    refused(
        "without digitalSignature",
        "without-digital-signature",
        &[RefusalCause::InsufficientCertificate],
    ),
    refused(
        "of another CA",
        "of-another-ca",
        &[RefusalCause::UntrustedIssuer],
    ),
    Case {
        in_sandbox: false,
        ..refused(
            "of a name that the role does not trust",
            "of-another-name",
            &[RefusalCause::RoleNotAssumable],
        )
    },
    changed(
        "a trust anchor of another CA",
        Change::OtherTrustAnchor,
        &[RefusalCause::UntrustedIssuer],
    ),
    changed(
        "a trust anchor that is not there",
        Change::AbsentTrustAnchor,
        &[RefusalCause::NoSuchResource],
    ),
    changed(
        "a profile that is disabled",
        Change::DisabledProfile,
        &[RefusalCause::Disabled],
    ),
    changed(
        "a role that the profile does not list",
        Change::UnlistedRole,
        &[],
    ),
    changed(
        "a session name",
        Change::SessionName,
        &[RefusalCause::SessionNameNotAccepted],
    ),
    changed(
        "a clock that is an hour behind",
        Change::ClockBehind,
        &[RefusalCause::ClockSkew],
    ),
];

const fn granted(name: &'static str, set: &'static str) -> Case {
    Case {
        name,
        set,
        change: Change::Nothing,
        expected: Expected::Session,
        in_sandbox: true,
    }
}

const fn refused(name: &'static str, set: &'static str, causes: &'static [RefusalCause]) -> Case {
    Case {
        expected: Expected::Refused(causes),
        ..granted(name, set)
    }
}

const fn changed(name: &'static str, change: Change, causes: &'static [RefusalCause]) -> Case {
    Case {
        change,
        expected: Expected::Refused(causes),
        ..granted(name, "ec-p256")
    }
}

impl Case {
    pub(crate) fn is_of(&self, place: &Place) -> bool {
        self.in_sandbox || !place.is_sandbox()
    }

    /// Asks, and says what came of it.
    pub(crate) async fn run(&self, place: &Place, root: &Authority) -> Outcome {
        let identity = identity(&set(self.set, root, SystemClock.now()));
        let answer = self.ask(place, &identity).await;
        let got = Got::of(&answer, place);
        let as_expected = match (self.expected, &answer) {
            (Expected::Session | Expected::Either, Ok(_))
            | (Expected::Either | Expected::Refused([]), Err(Error::Refused { .. })) => true,
            (Expected::Refused(causes), Err(error)) => {
                cause(error).is_some_and(|cause| causes.contains(&cause))
            }
            _ => false,
        };
        Outcome {
            case: self.name.to_owned(),
            expected: self.expectation(),
            got,
            as_expected,
        }
    }

    async fn ask(&self, place: &Place, identity: &Identity) -> Result<Session, Error> {
        let client = client(place);
        let client = match self.change {
            Change::ClockBehind => client.with_clock(Arc::new(Behind)),
            _ => client,
        };
        client.create_session(identity, &self.request(place)).await
    }

    fn request(&self, place: &Place) -> SessionRequest {
        let anchor = match self.change {
            Change::OtherTrustAnchor => place.other_trust_anchor.clone(),
            Change::AbsentTrustAnchor => absent(&place.trust_anchor),
            _ => place.trust_anchor.clone(),
        };
        let profile = match self.change {
            Change::DisabledProfile => &place.disabled_profile,
            _ => &place.profile,
        };
        let role = match self.change {
            Change::UnlistedRole => &place.unlisted_role,
            _ => &place.role,
        };
        let (anchor, profile) = (anchor.parse().unwrap(), profile.parse().unwrap());
        let mut request = SessionRequest::new(anchor, profile, role.parse().unwrap()).unwrap();
        if matches!(self.change, Change::SessionName) {
            request.role_session_name = Some("evidence".parse().unwrap());
        }
        request
    }

    fn expectation(&self) -> String {
        match self.expected {
            Expected::Session => "a session".to_owned(),
            Expected::Refused(causes) => format!("refused: {causes:?}"),
            Expected::Either => "not known".to_owned(),
        }
    }
}

/// A session of the first case, for what is asked with it.
pub(crate) async fn session(place: &Place, root: &Authority) -> Result<Session, Error> {
    let identity = identity(&set("ec-p256", root, SystemClock.now()));
    CASES[0].ask(place, &identity).await
}

pub(crate) fn cause(error: &Error) -> Option<RefusalCause> {
    match error {
        Error::Refused { refusal, .. } => refusal.cause(),
        Error::ClockSkewed { .. } => Some(RefusalCause::ClockSkew),
        _ => None,
    }
}

fn client(place: &Place) -> RolesAnywhere {
    let http = HttpClient::new(destination::Destination::default()).unwrap();
    let client = RolesAnywhere::new(Arc::new(http));
    match &place.endpoint {
        Some(endpoint) => client.with_endpoint(endpoint.parse().unwrap()),
        None => client,
    }
}

fn identity(set: &Set) -> Identity {
    Identity::from_pem(PemSources {
        certificate: set.certificate.as_bytes(),
        private_key: Some(set.key.as_bytes()),
        intermediates: set.intermediates.as_ref().map(String::as_bytes),
    })
    .unwrap()
}

/// The ARN of a trust anchor that nobody has made.
fn absent(arn: &str) -> String {
    let (before, _) = arn.rsplit_once('/').unwrap();
    format!("{before}/00000000-0000-4000-8000-000000000000")
}

/// A clock that is an hour behind.
#[derive(Debug)]
struct Behind;

impl Clock for Behind {
    fn now(&self) -> SystemTime {
        SystemClock.now() - Duration::from_secs(3600)
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        SystemClock.sleep(duration)
    }
}
