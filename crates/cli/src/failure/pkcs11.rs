use refresh::FaultKind;
use rolesanywhere::Pkcs11Error;

use super::Failure;

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
    Some(match error {
        Pkcs11Error::NotLoaded { .. } => {
            "name the library of the token: --pkcs11-lib /usr/lib/.../libname.so"
        }
        Pkcs11Error::NoToken { .. } | Pkcs11Error::NoObject { .. } => {
            "p11tool --list-all URI, or pkcs11-tool --list-objects, shows what there is"
        }
        Pkcs11Error::Several { .. } | Pkcs11Error::SeveralTokens { .. } => {
            "say more in the URI: token=, serial=, object= or id="
        }
        Pkcs11Error::PinMissing { .. } => {
            "name the file that holds it: --pkcs11-pin-file FILE, or pin-source=file:/path in the URI; or set IAMRA_PKCS11_PIN"
        }
        Pkcs11Error::WrongPin { .. } => {
            "check the PIN before you try again: after some wrong ones the token locks itself"
        }
        Pkcs11Error::PinLocked { .. } => "unlock it with the token's own tool (its SO PIN or PUK)",
        _ => return None,
    })
}
