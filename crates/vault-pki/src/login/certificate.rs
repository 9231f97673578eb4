use async_trait::async_trait;

use super::{Credential, LoginExchange, LoginMethod};
use crate::{Error, Mount, backend};

/// A login with the client certificate of the TLS connection
/// ([`VaultSettings::client_identity`](crate::VaultSettings::client_identity)),
/// which can be the one that Vault issued last: it then fetches its successor.
///
/// OpenBao ties the token to the certificate: it is not renewed over a
/// connection that shows another one, and a new login takes its place.
#[derive(Clone, Debug)]
pub struct CertificateLogin {
    /// The mount of the auth method, usually `cert`.
    pub mount: Mount,
    /// The role of the auth method; where absent, Vault tries all.
    pub role: Option<String>,
}

#[async_trait]
impl LoginMethod for CertificateLogin {
    fn name(&self) -> &'static str {
        "cert"
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn credential(&self, _: &LoginExchange<'_>) -> Result<Credential, Error> {
        let request = backend::certificate_login(&self.mount, self.role.as_deref())?;
        Ok(request.into())
    }
}
