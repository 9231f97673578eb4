use ecr_auth::{DockerConfigError, Error, Refusal, RefusalCause};
use refresh::FaultKind;

use super::Failure;
use super::aws::{AWS_CA, connection_code, connection_hint};
use crate::explanation::{aws, connection, ecr, files};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(code(&error), hint(&error), error)
    }
}

/// The caller says which file it is about.
impl From<DockerConfigError> for Failure {
    fn from(error: DockerConfigError) -> Self {
        Self::new("file.unparsable", FaultKind::Configuration, error)
            .with_hint(files::AUTH_FILE.fix)
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
        Error::DeadlineExceeded { .. } => Some(connection::SILENT.fix.to_owned()),
        Error::Refused {
            operation, refusal, ..
        } => refusal_hint(operation, refusal),
        Error::RegistryRefused { refusal, .. } => registry_hint(refusal).map(str::to_owned),
        Error::NotAws { .. } => Some(ecr::NOT_ECR.fix.to_owned()),
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
        RefusalCause::CredentialsExpired => ecr::EXPIRED.fix,
        RefusalCause::CredentialsUnknown => ecr::UNKNOWN.fix,
        RefusalCause::ClockSkew => aws::CLOCK.fix,
        RefusalCause::Throttled => ecr::THROTTLED.fix,
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
        return Some(ecr::TOKEN_OVER.fix);
    }
    let cause = match refusal.status.as_u16() {
        401 => ecr::UNAUTHORIZED,
        403 => ecr::REPOSITORY_POLICY,
        404 => ecr::NO_REPOSITORY,
        _ => return None,
    };
    Some(cause.fix)
}
