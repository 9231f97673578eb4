use refresh::{Fault as _, FaultKind};
use rolesanywhere::{
    Error, InvalidIdentity, InvalidPkcs12, InvalidPrivateKey, Refusal, RefusalCause,
};

use super::Failure;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(code(&error), hint(&error), error)
    }
}

/// The caller says which files or which Vault role it is about.
impl From<InvalidIdentity> for Failure {
    fn from(error: InvalidIdentity) -> Self {
        let hint = identity_hint(&error);
        Self::new("identity.invalid", FaultKind::Configuration, error).with_hint_if(hint)
    }
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::Identity(_) => "identity.invalid",
        Error::Arn(_) | Error::Parameter(_) | Error::Endpoint(_) => "config.invalid",
        Error::NoAnswer { source, .. } => connection_code(source, "aws"),
        Error::Destination(source) => connection_code(source, "aws"),
        Error::DeadlineExceeded { .. } => "aws.unavailable",
        Error::Refused { refusal, .. } => refusal_code(refusal),
        Error::ClockSkewed { .. } => "aws.clock-skew",
        Error::NotAws { .. } => "aws.not-aws",
        Error::UnusableAnswer { .. } => "aws.unusable-answer",
        _ => "aws.failed",
    }
}

fn refusal_code(refusal: &Refusal) -> &'static str {
    match refusal.cause() {
        Some(RefusalCause::InsufficientCertificate) => "aws.insufficient-certificate",
        Some(RefusalCause::UntrustedIssuer) => "aws.untrusted-issuer",
        Some(RefusalCause::InvalidSignature) => "aws.invalid-signature",
        Some(RefusalCause::ClockSkew) => "aws.clock-skew",
        Some(RefusalCause::UnmappableAttribute) => "aws.unmappable-attribute",
        Some(RefusalCause::RoleNotAssumable) => "aws.role-not-assumable",
        Some(RefusalCause::SessionNameNotAccepted) => "aws.session-name-not-accepted",
        Some(RefusalCause::Disabled) => "aws.disabled",
        Some(RefusalCause::NoSuchResource) => "aws.no-such-resource",
        Some(RefusalCause::DurationTooLong | RefusalCause::ChainedDurationTooLong) => {
            "aws.duration-too-long"
        }
        Some(RefusalCause::TaggingDenied) => "aws.tagging-denied",
        Some(RefusalCause::SourceIdentityDenied) => "aws.source-identity-denied",
        Some(RefusalCause::TagSetBefore) => "aws.tag-set-before",
        Some(RefusalCause::PolicyMalformed) => "aws.policy-malformed",
        Some(RefusalCause::PolicyTooLarge) => "aws.policy-too-large",
        Some(RefusalCause::RegionDisabled) => "aws.region-disabled",
        Some(RefusalCause::Throttled) => "aws.throttled",
        _ if refusal.is_transient() => "aws.unavailable",
        _ => "aws.denied",
    }
}

/// The code of a failed connection to Vault, AWS or Kubernetes.
pub(super) fn connection_code(error: &destination::Error, peer: &'static str) -> &'static str {
    let is_untrusted = matches!(error, destination::Error::UntrustedCertificate { .. });
    let [unavailable, untrusted, failed] = match peer {
        "aws" => ["aws.unavailable", "aws.untrusted-server", "aws.failed"],
        "kubernetes" => [
            "kubernetes.unavailable",
            "kubernetes.untrusted-server",
            "kubernetes.failed",
        ],
        _ => [
            "vault.unavailable",
            "vault.untrusted-server",
            "vault.failed",
        ],
    };
    match error.fault() {
        FaultKind::Unavailable => unavailable,
        _ if is_untrusted => untrusted,
        FaultKind::Configuration => "config.invalid",
        _ => failed,
    }
}

fn hint(error: &Error) -> Option<String> {
    match error {
        Error::Identity(error) => identity_hint(error).map(str::to_owned),
        Error::NoAnswer { source, .. } => connection_hint(source, AWS_CA),
        Error::Destination(source) => connection_hint(source, AWS_CA),
        Error::DeadlineExceeded { .. } => Some("check the network between, and --https-proxy and --no-proxy".to_owned()),
        Error::ClockSkewed { .. } => Some(CLOCK.to_owned()),
        Error::Refused { refusal, .. } => refusal_hint(refusal)
            .or_else(|| (refusal.code == "AccessDeniedException").then_some(ROLE))
            .map(str::to_owned),
        Error::NotAws { .. } => Some(
            "a proxy or a captive portal stands between; check --https-proxy, --no-proxy and --endpoint".to_owned(),
        ),
        _ => None,
    }
}

fn identity_hint(error: &InvalidIdentity) -> Option<&'static str> {
    match error {
        InvalidIdentity::KeyMismatch { .. } => Some(
            "certificate and key are of two generations or two certificates; give the pair that was made together",
        ),
        InvalidIdentity::PrivateKey(key) => key_hint(key),
        InvalidIdentity::Pkcs12(error) => Some(pkcs12_hint(error)),
        InvalidIdentity::TooManyIntermediates { .. } => {
            Some("register an intermediate as the trust anchor; then only those below it are sent")
        }
        _ => None,
    }
}

fn pkcs12_hint(error: &InvalidPkcs12) -> &'static str {
    match error {
        InvalidPkcs12::PassphraseMissing => PASSPHRASE,
        InvalidPkcs12::WrongPassphrase => {
            "give the passphrase of this file; of a passphrase file, one final line break is not a part of it"
        }
        _ => {
            "make it anew: openssl pkcs12 -in FILE -out all.pem, then openssl pkcs12 -export -in all.pem -out NEW.p12 (and remove all.pem)"
        }
    }
}

fn key_hint(error: &InvalidPrivateKey) -> Option<&'static str> {
    match error {
        InvalidPrivateKey::PassphraseMissing => Some(PASSPHRASE),
        InvalidPrivateKey::WrongPassphrase { .. } => Some(
            "give the passphrase of this key; of a passphrase file, one final line break is not a part of it",
        ),
        InvalidPrivateKey::UnsupportedEncryption { .. } | InvalidPrivateKey::TooCostly { .. } => {
            Some(
                "encrypt it anew: openssl pkey -in KEY | openssl pkcs8 -topk8 -v2 aes-256-cbc -out NEW (and keep NEW at mode 0600)",
            )
        }
        _ => None,
    }
}

/// What to do where no trusted connection came about.
pub(super) fn connection_hint(error: &destination::Error, ca_setting: &str) -> Option<String> {
    use destination::{CertificateProblem, Error};
    let hint = match error {
        Error::UntrustedCertificate { problem, .. } => match problem {
            CertificateProblem::UnknownIssuer => {
                return Some(format!(
                    "if that CA is to be trusted here, name its PEM file with {ca_setting}"
                ));
            }
            CertificateProblem::OtherName => {
                "use the name in the certificate, or the right address"
            }
            _ => "check this machine's clock, and the server's certificate",
        },
        Error::Connect { reason, .. }
            if reason.contains("lookup") || reason.contains("resolve") =>
        {
            "check the name, and the machine's resolver"
        }
        Error::Connect { .. } => {
            "check address and port, and whether a firewall or a proxy stands between"
        }
        Error::Timeout { .. } => "check the network between, and --https-proxy and --no-proxy",
        Error::NotTls { .. } => "check that the port speaks TLS, or say http:// in the address",
        Error::ClientCertificateRefused { .. } => {
            "show a certificate that the server knows; for Vault --vault-client-cert and --vault-client-key"
        }
        // Which setting names it is not known: a CA, or a client certificate.
        Error::UnreadableFile { .. } => "check the path, and who may read the file",
        Error::InvalidPem { .. } => "it must hold PEM text",
        Error::UnreadableFolder { .. } | Error::TooManyFiles { .. } | Error::NoRoots { .. } => {
            return Some(format!("check {ca_setting}"));
        }
        Error::InvalidProxy => "check --http-proxy and --https-proxy",
        _ => return None,
    };
    Some(hint.to_owned())
}

const PASSPHRASE: &str = "name the file that holds its passphrase: --private-key-passphrase-file FILE; or set IAMRA_PRIVATE_KEY_PASSPHRASE";

pub(super) const AWS_CA: &str = "--aws-ca-bundle (AWS_CA_BUNDLE)";

pub(super) const CLOCK: &str = "set the machine's clock (NTP), or use --correct-clock-skew";

/// What most refusals without a clear word come down to.
const ROLE: &str = "the role must trust rolesanywhere.amazonaws.com for sts:AssumeRole, sts:SetSourceIdentity and sts:TagSession, its conditions must fit the trust anchor and the certificate, and the profile must list the role";

fn refusal_hint(refusal: &Refusal) -> Option<&'static str> {
    Some(match refusal.cause()? {
        RefusalCause::InsufficientCertificate => {
            "`iamra cert check` says what the certificate lacks; most often the key usage digitalSignature"
        }
        RefusalCause::UntrustedIssuer => {
            "the trust anchor must hold the CA that issued the certificate, or one above it; send the CAs between with --intermediates"
        }
        RefusalCause::InvalidSignature => {
            "the key is not the certificate's, or a proxy changed the request; check --region and --endpoint, too"
        }
        RefusalCause::ClockSkew => CLOCK,
        RefusalCause::UnmappableAttribute => {
            "a name in the certificate cannot be a session tag; `iamra cert check` names it; with Vault, exclude_cn_from_sans=true or a plainer name"
        }
        RefusalCause::RoleNotAssumable
        | RefusalCause::TaggingDenied
        | RefusalCause::SourceIdentityDenied => ROLE,
        RefusalCause::SessionNameNotAccepted => {
            "leave --role-session-name out, or set acceptRoleSessionName on the profile"
        }
        RefusalCause::Disabled => "enable the trust anchor and the profile",
        RefusalCause::NoSuchResource => {
            "check the ARNs: trust anchor and profile must exist in this account and region"
        }
        RefusalCause::DurationTooLong => {
            "ask for less with --session-duration, or raise the role's MaxSessionDuration"
        }
        RefusalCause::Throttled => {
            "ten sessions a second per account and region are the default quota; keep sessions with iamra creds file instead of opening one per process"
        }
        _ => return None,
    })
}
