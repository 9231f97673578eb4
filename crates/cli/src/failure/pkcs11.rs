use refresh::FaultKind;
use rolesanywhere::Pkcs11Error;

use super::Failure;
use crate::explanation::identity;

impl From<Pkcs11Error> for Failure {
    fn from(error: Pkcs11Error) -> Self {
        let (code, kind) = match &error {
            Pkcs11Error::PinMissing { .. }
            | Pkcs11Error::WrongPin { .. }
            | Pkcs11Error::PinLocked { .. } => ("pkcs11.pin", FaultKind::Configuration),
            Pkcs11Error::Failed { .. } => ("pkcs11.failed", FaultKind::Failed),
            // A token may be plugged in, or its module started, in a moment.
            Pkcs11Error::NoToken { .. } => ("pkcs11.no-token", FaultKind::Unavailable),
            _ => ("pkcs11.invalid", FaultKind::Configuration),
        };
        let hint = hint(&error);
        Self::new(code, kind, error).with_hint_if(hint)
    }
}

fn hint(error: &Pkcs11Error) -> Option<&'static str> {
    let cause = match error {
        Pkcs11Error::NotLoaded { .. } => identity::NO_MODULE,
        Pkcs11Error::NoToken { .. } | Pkcs11Error::NoObject { .. } => identity::NO_OBJECT,
        Pkcs11Error::Several { .. } | Pkcs11Error::SeveralTokens { .. } => identity::SEVERAL,
        Pkcs11Error::PinMissing { .. } => identity::PIN_MISSING,
        Pkcs11Error::WrongPin { .. } => identity::WRONG_PIN,
        Pkcs11Error::PinLocked { .. } => identity::PIN_LOCKED,
        _ => return None,
    };
    Some(cause.fix)
}
