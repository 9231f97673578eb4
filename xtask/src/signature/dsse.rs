use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::SigningKey;
use crate::failure::Result;

/// Something that is said of files or images, and signed.
///
/// [in-toto Statement v1](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md)
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) predicate_type: &'static str,
    pub(crate) predicate: Value,
}

/// What it is said of.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) name: String,
    /// In hexadecimal digits.
    pub(crate) sha256: String,
}

impl Statement {
    /// It, of these, in a signed envelope.
    ///
    /// [DSSE 1.0](https://github.com/secure-systems-lab/dsse/blob/master/envelope.md)
    pub(crate) fn signed(&self, subjects: &[Subject], key: &SigningKey) -> Result<Vec<u8>> {
        let subjects = subjects.iter();
        let subjects = subjects.map(|it| json!({"name": it.name, "digest": {"sha256": it.sha256}}));
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": subjects.collect::<Vec<_>>(),
            "predicateType": self.predicate_type,
            "predicate": self.predicate,
        });
        let payload = statement.to_string();
        let signature = key.sign(&encoded(payload.as_bytes()))?;
        let envelope = json!({
            "payloadType": PAYLOAD_TYPE,
            "payload": BASE64_STANDARD.encode(payload),
            "signatures": [{ "keyid": "", "sig": BASE64_STANDARD.encode(signature) }],
        });
        Ok(envelope.to_string().into_bytes())
    }
}

/// What is signed of a payload: the type is part of it.
fn encoded(payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

pub(super) const MEDIA_TYPE: &str = "application/vnd.dsse.envelope.v1+json";

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

#[cfg(test)]
mod tests {
    use super::super::key::tests::known;
    use super::*;

    #[test]
    fn an_envelope_holds_a_statement_that_is_signed_with_its_type() {
        let statement = Statement {
            predicate_type: "https://cyclonedx.org/bom",
            predicate: json!({"a": 1}),
        };
        let subject = Subject {
            name: "iamra".to_owned(),
            sha256: "abc".to_owned(),
        };
        let envelope = statement.signed(&[subject], &known()).unwrap();
        let envelope: Value = serde_json::from_slice(&envelope).unwrap();
        let payload = BASE64_STANDARD
            .decode(envelope["payload"].as_str().unwrap())
            .unwrap();
        assert_eq!(
            String::from_utf8(payload.clone()).unwrap(),
            "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"a\":1},\
             \"predicateType\":\"https://cyclonedx.org/bom\",\
             \"subject\":[{\"digest\":{\"sha256\":\"abc\"},\"name\":\"iamra\"}]}"
        );
        let signed = [b"DSSEv1 28 application/vnd.in-toto+json 162 ", &*payload].concat();
        let signature = BASE64_STANDARD.encode(known().sign(&signed).unwrap());
        assert_eq!(envelope["signatures"][0]["sig"], signature);
    }
}
