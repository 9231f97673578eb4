use refresh::Fault as _;

use crate::failure::Failure;

/// The failure that a server's error is.
pub(super) fn of(error: credential_server::Error) -> Failure {
    Failure::new("config.invalid", error.fault(), error)
}
