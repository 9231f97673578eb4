use http::StatusCode;

use super::Vault;
use crate::backend;
use crate::transport::Caller;
use crate::{Error, Mount};

impl Vault {
    /// Whether a PKI mount offers ACME: whoever answers for a name on the
    /// network then gets a certificate from it. Needs no token, and is asked
    /// once.
    ///
    /// Any answer but the directory (RFC 8555, section 7.1.1) means that it
    /// does not.
    pub async fn offers_acme(&self, mount: &Mount) -> Result<bool, Error> {
        let request = backend::acme_directory(mount);
        let caller = Caller::anonymous(self.settings().certificate_namespace());
        let call = self.transport.describe(&request, caller);
        let response = self.transport.exchange(&request, caller, &call).await?;
        let is_directory = || {
            let directory: Result<serde_json::Value, _> = serde_json::from_slice(&response.body);
            directory.is_ok_and(|directory| directory["newOrder"].is_string())
        };
        Ok(response.status == StatusCode::OK && is_directory())
    }
}
