use std::collections::HashMap;

use http::StatusCode;
use serde::Deserialize;

use super::Vault;
use crate::backend;
use crate::envelope::Envelope;
use crate::issuer::{Issuer, IssuerData};
use crate::transport::Caller;
use crate::{Error, IssuerRef, Mount, RefusalCause};

/// What a list of issuers is answered with.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Issuers {
    keys: Option<Vec<String>>,
    key_info: Option<HashMap<String, IssuerInfo>>,
}

#[derive(Deserialize)]
struct IssuerInfo {
    is_default: Option<bool>,
    key_id: Option<String>,
}

impl Vault {
    /// An issuer of a PKI mount: the default one, where none is named. Needs
    /// no token.
    pub async fn issuer(&self, mount: &Mount, issuer: Option<&IssuerRef>) -> Result<Issuer, Error> {
        let name = issuer.map_or("default", IssuerRef::as_str);
        let mut found = self.read_issuer(mount, name).await?;
        if name == "default" {
            found.is_default = Some(true);
        }
        Ok(found)
    }

    /// All issuers of a PKI mount, the default one first: more than one while a
    /// CA is being replaced. Needs no token. Takes no longer than one call may;
    /// an issuer that is deleted meanwhile is left out.
    pub async fn issuers(&self, mount: &Mount) -> Result<Vec<Issuer>, Error> {
        let within = self.settings().timeout;
        let all = tokio::time::timeout(within, self.read_issuers(mount)).await;
        let Ok(all) = all else {
            let request = backend::list_issuers(mount)?;
            let caller = Caller::anonymous(self.settings().certificate_namespace());
            let call = Box::new(self.transport.describe(&request, caller));
            return Err(Error::DeadlineExceeded { call, within });
        };
        all
    }

    async fn read_issuers(&self, mount: &Mount) -> Result<Vec<Issuer>, Error> {
        let request = backend::list_issuers(mount)?;
        let caller = Caller::anonymous(self.settings().certificate_namespace());
        let envelope: Envelope<Issuers> = self.transport.call(&request, caller).await?;
        let list = self.data_of(envelope, &request)?;
        let info = list.key_info.unwrap_or_default();
        let mut issuers = Vec::new();
        for id in list.keys.unwrap_or_default().iter().take(MOST_ISSUERS) {
            let mut issuer = match self.read_issuer(mount, id).await {
                Ok(issuer) => issuer,
                Err(error) if is_gone(&error) => continue,
                Err(error) => return Err(error),
            };
            if let Some(info) = info.get(id) {
                issuer.is_default = info.is_default;
                issuer.has_key = info.key_id.as_ref().map(|key| !key.is_empty());
            }
            issuers.push(issuer);
        }
        issuers.sort_by_key(|issuer| issuer.is_default != Some(true));
        Ok(issuers)
    }

    async fn read_issuer(&self, mount: &Mount, issuer: &str) -> Result<Issuer, Error> {
        let request = backend::read_issuer(mount, issuer)?;
        let caller = Caller::anonymous(self.settings().certificate_namespace());
        let envelope: Envelope<IssuerData> = self.transport.call(&request, caller).await?;
        let data = self.data_of(envelope, &request)?;
        data.parse().map_err(|reason| Error::UnusableAnswer {
            call: Box::new(self.transport.describe(&request, caller)),
            reason,
        })
    }
}

/// Whether an issuer that was listed a moment ago is there no more.
fn is_gone(error: &Error) -> bool {
    error.refusal().is_some_and(|refusal| {
        refusal.status == StatusCode::NOT_FOUND || refusal.cause == RefusalCause::IssuerMissing
    })
}

/// A mount with more of them is none that a trust anchor is made of.
const MOST_ISSUERS: usize = 100;
