use serde_json::json;

use super::Mount;
use crate::answer::Answer;
use crate::random::Random;
use crate::vault::{Envelope, VaultError};

impl Mount {
    /// `cert/ca_chain`: the chain as one text.
    pub(super) fn chain_answer(&self, random: &Random) -> Answer {
        let chain: String = self
            .hierarchy
            .chain(false)
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
        self.check_reference(reference)?;
        let chain = self.hierarchy.chain(false);
        let chain: Vec<_> = chain.iter().map(|authority| authority.pem()).collect();
        Ok(Envelope::data(json!({
            "ca_chain": chain,
            "certificate": self.hierarchy.issuer.pem(),
            "issuer_id": self.issuer_id,
            "issuer_name": "",
        }))
        .answer(random))
    }
}
