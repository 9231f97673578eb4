use http::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Vault;
use crate::backend;
use crate::transport::Caller;
use crate::{Error, Mount};

impl Vault {
    /// Whether a PKI mount offers ACME: whoever answers for a name on the
    /// network then gets a certificate from it. Needs no token, and is asked
    /// once.
    ///
    /// The directory (RFC 8555, section 7.1.1) means that it does, 403 and 404
    /// that it does not; what else is answered says nothing, and is an error.
    pub async fn offers_acme(&self, mount: &Mount) -> Result<bool, Error> {
        let request = backend::acme_directory(mount);
        let caller = Caller::anonymous(self.settings().certificate_namespace());
        let call = self.transport.describe(&request, caller);
        let response = self.transport.exchange(&request, caller, &call).await?;
        if matches!(
            response.status,
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND
        ) {
            return Ok(false);
        }
        let directory: Directory = self.transport.read(&response, caller, &call)?;
        if directory.new_order.is_some() {
            return Ok(true);
        }
        Err(Error::UnusableAnswer {
            call: Box::new(call),
            reason: "it is no ACME directory".to_owned(),
        })
    }
}

#[derive(Deserialize)]
struct Directory {
    #[serde(rename = "newOrder")]
    new_order: Option<IgnoredAny>,
}
