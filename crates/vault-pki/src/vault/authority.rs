use std::collections::HashMap;

use serde::Deserialize;

use super::Vault;
use crate::backend;
use crate::envelope::Envelope;
use crate::issuer::{Issuer, IssuerData};
use crate::transport::Caller;
use crate::{Error, IssuerRef, Mount};

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
    /// CA is being replaced. Needs no token.
    pub async fn issuers(&self, mount: &Mount) -> Result<Vec<Issuer>, Error> {
        let request = backend::list_issuers(mount)?;
        let caller = Caller::anonymous(self.settings().certificate_namespace());
        let envelope: Envelope<Issuers> = self.transport.call(&request, caller).await?;
        let list = self.data_of(envelope, &request)?;
        let info = list.key_info.unwrap_or_default();
        let mut issuers = Vec::new();
        for id in list.keys.unwrap_or_default().iter().take(MOST_ISSUERS) {
            let mut issuer = self.read_issuer(mount, id).await?;
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

/// A mount with more of them is none that a trust anchor is made of.
const MOST_ISSUERS: usize = 100;
