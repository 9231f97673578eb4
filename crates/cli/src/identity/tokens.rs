use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use rolesanywhere::{
    Certificate, Identity, PinSource, Pkcs11Error, Pkcs11Module, Pkcs11Uri, Signer,
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::context::Context;
use crate::failure::Failure;
use crate::resolved::Sourced;

/// How tokens are reached: the library, and the PIN.
#[derive(Default)]
pub(crate) struct Tokens {
    library: Option<PathBuf>,
    pin: Pin,
    module: OnceLock<Pkcs11Module>,
    /// A PIN that was refused: after some more the token would lock itself.
    refused: Mutex<Option<SecretString>>,
    warned: OnceLock<()>,
}

#[derive(Default)]
enum Pin {
    #[default]
    None,
    File(PathBuf),
    Text(SecretString),
}

impl Tokens {
    pub(crate) fn named(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let pin = match settings.strongest(&["pkcs11-pin-file", "pkcs11-pin"])? {
            None => Pin::None,
            Some(("pkcs11-pin", Sourced { value, .. })) => Pin::Text(value.into()),
            Some((file, _)) => settings.path(file)?.map_or(Pin::None, Pin::File),
        };
        Ok(Self {
            library: settings.path("pkcs11-lib")?,
            pin,
            ..Self::default()
        })
    }

    /// The certificate that `uri` names, and those above it on the token.
    pub(crate) fn certificates(
        &self,
        uri: &Pkcs11Uri,
    ) -> Result<(Certificate, Vec<Certificate>), Failure> {
        let pin = self.pin(uri)?;
        let module = self.module()?;
        self.minding(pin, |pin| module.certificates(uri, pin))
    }

    /// The identity whose key is on the token.
    pub(crate) fn identity(
        &self,
        uri: &Pkcs11Uri,
        (certificate, intermediates): (Certificate, Vec<Certificate>),
    ) -> Result<Identity, Failure> {
        let pin = self.pin(uri)?;
        let module = self.module()?;
        let signer = self.minding(pin, |pin| module.signer(uri, &certificate, pin))?;
        let signer: std::sync::Arc<dyn Signer> = std::sync::Arc::new(signer);
        Ok(Identity::new(certificate, intermediates, signer)?)
    }

    fn module(&self) -> Result<&Pkcs11Module, Failure> {
        if let Some(module) = self.module.get() {
            return Ok(module);
        }
        let library = self.library.clone();
        let library = library.unwrap_or_else(|| DEFAULT_LIBRARY.into());
        let module = Pkcs11Module::load(&library)?;
        Ok(self.module.get_or_init(|| module))
    }

    /// What the URI says comes first: it is about this token.
    fn pin(&self, uri: &Pkcs11Uri) -> Result<Option<SecretString>, Failure> {
        let file = match (uri.pin(), &self.pin) {
            (Some(PinSource::Value(pin)), _) => {
                self.warned.get_or_init(|| {
                    tracing::warn!(
                        "the PIN stands in the URI, where others may see it; use pin-source, --pkcs11-pin-file or IAMRA_PKCS11_PIN"
                    );
                });
                return Ok(Some(pin.clone()));
            }
            (Some(PinSource::File(path)), _) | (_, Pin::File(path)) => path,
            (_, Pin::Text(pin)) => return Ok(Some(pin.clone())),
            _ => return Ok(None),
        };
        super::passphrase::of_file(file).map(Some)
    }

    /// Asks a token, and remembers the PIN that it refuses: nobody tries it a
    /// second time.
    fn minding<T>(
        &self,
        pin: Option<SecretString>,
        ask: impl FnOnce(Option<&SecretString>) -> Result<T, Pkcs11Error>,
    ) -> Result<T, Failure> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let is_refused = |pin: &SecretString| {
            let refused = refused.as_ref().map(SecretString::expose_secret);
            refused == Some(pin.expose_secret())
        };
        if pin.as_ref().is_some_and(is_refused) {
            let message = "the token refused this PIN before, and it is not tried again";
            return Err(Failure::configuration("pkcs11.pin", message));
        }
        let answer = ask(pin.as_ref());
        if matches!(answer, Err(Pkcs11Error::WrongPin { .. })) {
            *refused = pin;
        }
        Ok(answer?)
    }
}

/// Shows no PIN.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("library", &self.library)
            .finish_non_exhaustive()
    }
}

/// All tokens that the system has set up.
const DEFAULT_LIBRARY: &str = "p11-kit-proxy.so";
