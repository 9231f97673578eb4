use std::sync::{Arc, LazyLock};

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;

use crate::verifier::{NoRoots, SystemRoots, only};
use crate::{Destination, Error, Verification};

/// The one crypto provider of the process. It is not installed as rustls'
/// global default: a library has no say in that.
static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));

/// The TLS settings of `destination`; reads its files.
pub(crate) fn client_config(destination: &Destination) -> Result<ClientConfig, Error> {
    let verifier = verifier(destination)?;
    let builder = ClientConfig::builder_with_provider(Arc::clone(&PROVIDER))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    match &destination.client_identity {
        None => Ok(builder.with_no_client_auth()),
        Some(identity) => {
            let (certificates, key) = identity.load()?;
            builder
                .with_client_auth_cert(certificates, key)
                .map_err(|error| Error::UnusableClientIdentity {
                    reason: error.to_string(),
                })
        }
    }
}

fn verifier(destination: &Destination) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let reason = |reason| Error::InvalidSettings { reason };
    if destination.verification == Verification::DangerousNone {
        return Ok(Arc::new(NoRoots::new(&PROVIDER)));
    }
    match destination.roots.load()? {
        None => Ok(Arc::new(SystemRoots::new(&PROVIDER).map_err(reason)?)),
        Some(store) => Ok(only(store, &PROVIDER).map_err(reason)?),
    }
}

fn invalid(error: &rustls::Error) -> Error {
    Error::InvalidSettings {
        reason: error.to_string(),
    }
}
