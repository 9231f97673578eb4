use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::random::Random;

/// What every successful answer of Vault is wrapped in.
#[derive(Default)]
pub(crate) struct Envelope {
    pub(crate) data: Value,
    pub(crate) auth: Value,
    pub(crate) lease_id: String,
    pub(crate) lease_duration: u64,
    pub(crate) warnings: Vec<String>,
}

impl Envelope {
    pub(crate) fn data(data: Value) -> Self {
        Self {
            data,
            ..Self::default()
        }
    }

    pub(crate) fn auth(auth: Value) -> Self {
        Self {
            auth,
            ..Self::default()
        }
    }

    pub(crate) fn answer(self, random: &Random) -> Answer {
        let warnings = (!self.warnings.is_empty()).then_some(self.warnings);
        let document = json!({
            "request_id": random.uuid(),
            "lease_id": self.lease_id,
            "renewable": false,
            "lease_duration": self.lease_duration,
            "data": self.data,
            "wrap_info": null,
            "warnings": warnings,
            "auth": self.auth,
        });
        Answer::json(StatusCode::OK, &document)
    }
}
