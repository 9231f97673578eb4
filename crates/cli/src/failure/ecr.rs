use ecr_auth::{DockerConfigError, Error, Refusal, RefusalCause};
use refresh::FaultKind;

use super::Failure;
use super::aws::{AWS_CA, CLOCK, connection_code, connection_hint};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(code(&error), hint(&error), error)
    }
}

/// The caller says which file it is about.
impl From<DockerConfigError> for Failure {
    fn from(error: DockerConfigError) -> Self {
        Self::new("file.unparsable", FaultKind::Configuration, error)
            .with_hint("that file was not changed; mend it, or name another one: --auth-file FILE")
    }
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::NoAnswer { source, .. } => connection_code(source, "aws"),
        Error::DeadlineExceeded { .. } => "aws.unavailable",
        Error::Refused { refusal, .. } => refusal_code(refusal),
        Error::RegistryRefused { refusal, .. } => registry_code(refusal),
        Error::NotAws { .. } => "aws.not-aws",
        Error::UnusableAnswer { .. } => "aws.unusable-answer",
        Error::UnusableRequest { .. } => "config.invalid",
        _ => "aws.failed",
    }
}

fn refusal_code(refusal: &Refusal) -> &'static str {
    match refusal.cause() {
        Some(RefusalCause::Denied) => "ecr.denied",
        Some(RefusalCause::CredentialsExpired) => "ecr.credentials-expired",
        Some(RefusalCause::CredentialsUnknown) => "ecr.credentials-unknown",
        Some(RefusalCause::ClockSkew) => "aws.clock-skew",
        Some(RefusalCause::Throttled) => "aws.throttled",
        _ if refusal.is_transient() => "aws.unavailable",
        _ => "ecr.refused",
    }
}

fn registry_code(refusal: &Refusal) -> &'static str {
    match refusal.status.as_u16() {
        401 => "registry.unauthorized",
        403 => "registry.denied",
        404 => "registry.not-found",
        _ if refusal.is_transient() => "registry.unavailable",
        _ => "registry.refused",
    }
}

fn hint(error: &Error) -> Option<String> {
    match error {
        Error::NoAnswer { source, .. } => connection_hint(source, AWS_CA),
        Error::DeadlineExceeded { .. } => {
            Some("check the network between, and --https-proxy and --no-proxy".to_owned())
        }
        Error::Refused {
            operation, refusal, ..
        } => refusal_hint(operation, refusal),
        Error::RegistryRefused { refusal, .. } => registry_hint(refusal).map(str::to_owned),
        Error::NotAws { .. } => Some(
            "a proxy or a captive portal stands between; check --https-proxy, --no-proxy and --ecr-endpoint".to_owned(),
        ),
        _ => None,
    }
}

fn refusal_hint(operation: &str, refusal: &Refusal) -> Option<String> {
    let text = match refusal.cause()? {
        RefusalCause::Denied => {
            return Some(format!(
                "allow it in a policy of the role: {}",
                policy(operation)
            ));
        }
        RefusalCause::CredentialsExpired => {
            "the AWS credentials are over: with --credentials ambient, have others; a role that was revoked is refused like that, too"
        }
        RefusalCause::CredentialsUnknown => {
            "AWS does not know these credentials, or their secret is another one; the region may not be enabled in this account"
        }
        RefusalCause::ClockSkew => CLOCK,
        RefusalCause::Throttled => {
            "GetAuthorizationToken has a quota for the account and region; keep tokens in --cache-dir instead of asking for one per process"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// The statement that allows an operation.
fn policy(operation: &str) -> String {
    let actions = match operation {
        "ecr-public:GetAuthorizationToken" => {
            r#"["ecr-public:GetAuthorizationToken","sts:GetServiceBearerToken"]"#.to_owned()
        }
        operation => format!("{operation:?}"),
    };
    format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":"*"}}"#)
}

fn registry_hint(refusal: &Refusal) -> Option<&'static str> {
    if refusal.message.contains("expired") {
        return Some(
            "the token is over by the registry's clock: have another, --no-cache, and look at this machine's clock",
        );
    }
    Some(match refusal.status.as_u16() {
        401 => {
            "the registry does not take the token: it is of another region or partition, or over"
        }
        403 => {
            "the token is good, but its principal may not do this: a policy of the role, or of the repository where that is another account's, must allow ecr:BatchGetImage, ecr:GetDownloadUrlForLayer and ecr:BatchCheckLayerAvailability"
        }
        404 => "there is no such repository or tag in this account and region",
        _ => return None,
    })
}
