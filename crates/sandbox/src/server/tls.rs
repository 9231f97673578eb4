use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use tokio_rustls::TlsAcceptor;

use crate::Error;
use crate::authority::{Authority, server_identity};
use crate::sandbox::Services;

/// TLS 1.2 and 1.3 with a server certificate of `authority`.
pub(super) fn acceptor(authority: &Authority, services: &Services) -> Result<TlsAcceptor, Error> {
    let what = "TLS configuration";
    let identity = server_identity(authority, services.now(), services.random())?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::authority(what))?
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate], identity.key)
        .map_err(Error::authority(what))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
