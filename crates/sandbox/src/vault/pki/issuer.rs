use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Issuer, Mount};
use crate::RequestParts;
use crate::answer::Answer;
use crate::random::Random;
use crate::vault::fields::Fields;
use crate::vault::{Envelope, VaultError};

impl Mount {
    /// `cert/ca_chain`: the chain of the default issuer as one text.
    pub(super) fn chain_answer(&self, random: &Random) -> Answer {
        let issuers = self.issuers();
        let chain = issuers.find("default").map(|it| issuers.chain(it));
        let chain: String = chain
            .unwrap_or_default()
            .iter()
            .map(|authority| authority.pem())
            .collect();
        let chain = chain.trim_end();
        Envelope::data(json!({
            "ca_chain": chain,
            "certificate": chain,
            "revocation_time": 0,
            "revocation_time_rfc3339": "",
        }))
        .answer(random)
    }

    /// `issuer/…/json`: the issuer and its chain, each with a newline at its end.
    pub(super) fn issuer_answer(
        &self,
        reference: &str,
        random: &Random,
    ) -> Result<Answer, VaultError> {
        let issuers = self.issuers();
        let issuer = issuers.find(reference).map_err(|_| {
            VaultError::plain_internal(&format!(
                "unable to find PKI issuer for reference: {reference}"
            ))
        })?;
        let chain = issuers.chain(issuer);
        let chain: Vec<_> = chain.iter().map(|authority| authority.pem()).collect();
        Ok(Envelope::data(json!({
            "ca_chain": chain,
            "certificate": issuer.authority.pem(),
            "issuer_id": issuer.id,
            "issuer_name": issuer.name,
        }))
        .answer(random))
    }

    /// `LIST issuers`.
    pub(super) fn issuers_answer(&self, random: &Random) -> Answer {
        let issuers = self.issuers();
        let mut info = Map::new();
        for issuer in issuers.iter() {
            let about = json!({
                "is_default": issuers.is_default(issuer),
                "issuer_name": issuer.name,
                "key_id": issuer.key_id.as_deref().unwrap_or_default(),
                "serial_number": issuer.serial(),
            });
            info.insert(issuer.id.clone(), about);
        }
        let keys: Vec<Value> = info.keys().map(|id| id.as_str().into()).collect();
        Envelope::data(json!({ "key_info": info, "keys": keys })).answer(random)
    }

    /// `issuers/import/cert`: a certificate above those that are here, which is
    /// all that this stand-in takes.
    pub(super) fn import_answer(
        &self,
        request: &RequestParts,
        random: &Random,
    ) -> Result<Answer, VaultError> {
        let bundle = Fields::read(request)?.text("pem_bundle")?;
        let mut issuers = self.issuers_mut();
        let same = |pem: &str| pem.trim() == bundle.trim();
        let above = self.above.iter().find(|above| same(above.pem()));
        let above = Arc::clone(above.ok_or_else(|| {
            VaultError::bad_request("the sandbox imports nothing but its own root")
        })?);
        let issuer = Issuer::certificate("", above, random);
        let id = issuer.id.clone();
        issuers.add(issuer);
        let envelope = Envelope {
            warnings: vec![NO_AIA.into()],
            ..Envelope::data(json!({
                "existing_issuers": null,
                "existing_keys": null,
                "imported_issuers": [id],
                "imported_keys": null,
                "mapping": { id: "" },
            }))
        };
        Ok(envelope.answer(random))
    }
}

const NO_AIA: &str = "This mount hasn't configured any authority information access (AIA) fields; this may make it harder for systems to find missing certificates in the chain or to validate revocation status of certificates. Consider updating /config/urls or the newly generated issuer with this information.";
