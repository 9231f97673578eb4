use serde_json::{Map, Value};

use super::Refusal;
use crate::RequestParts;

/// The parameters of `CreateSession`, from the query and the JSON body.
#[derive(Debug)]
pub(super) struct Parameters {
    pub(super) trust_anchor_arn: String,
    pub(super) profile_arn: String,
    pub(super) role_arn: String,
    pub(super) duration_seconds: Option<i64>,
    pub(super) role_session_name: Option<String>,
    pub(super) has_instance_properties: bool,
}

impl Parameters {
    /// Reads them; each may stand in either place, or in both with one value.
    pub(super) fn read(request: &RequestParts) -> Result<Self, Refusal> {
        let source = Source {
            query: request.query_parameters(),
            body: read_body(request)?,
        };
        Ok(Self {
            trust_anchor_arn: source.required("trustAnchorArn")?,
            profile_arn: source.required("profileArn")?,
            role_arn: source.required("roleArn")?,
            duration_seconds: source.duration_seconds()?,
            role_session_name: source.text("roleSessionName")?,
            has_instance_properties: source.has_instance_properties()?,
        })
    }
}

struct Source {
    query: Vec<(String, String)>,
    body: Map<String, Value>,
}

impl Source {
    fn text(&self, parameter: &'static str) -> Result<Option<String>, Refusal> {
        let malformed = || Refusal::ParameterMalformed { parameter };
        let in_body = match self.body.get(parameter) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => return Err(malformed()),
        };
        let mut values = self
            .query
            .iter()
            .filter(|(name, _)| name == parameter)
            .map(|(_, value)| value)
            .chain(in_body);
        let first = values.next();
        if values.any(|other| Some(other) != first) {
            return Err(malformed());
        }
        Ok(first.cloned())
    }

    fn required(&self, parameter: &'static str) -> Result<String, Refusal> {
        self.text(parameter)?
            .filter(|text| !text.is_empty())
            .ok_or(Refusal::ParameterMissing { parameter })
    }

    fn duration_seconds(&self) -> Result<Option<i64>, Refusal> {
        let parameter = "durationSeconds";
        let malformed = Refusal::ParameterMalformed { parameter };
        match self.body.get(parameter) {
            Some(Value::Number(number)) => number.as_i64().ok_or(malformed).map(Some),
            Some(Value::Null) | None => {
                let queried = self.query.iter().find(|(name, _)| name == parameter);
                let parsed = queried.map(|(_, value)| value.parse());
                parsed.transpose().map_err(|_| malformed)
            }
            Some(_) => Err(malformed),
        }
    }

    /// Whether there are any; a map of strings to strings.
    fn has_instance_properties(&self) -> Result<bool, Refusal> {
        match self.body.get("instanceProperties") {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Object(map)) if map.values().all(Value::is_string) => Ok(!map.is_empty()),
            Some(_) => Err(Refusal::ParameterMalformed {
                parameter: "instanceProperties",
            }),
        }
    }
}

fn read_body(request: &RequestParts) -> Result<Map<String, Value>, Refusal> {
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    let content_type = request.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !["application/json", "application/x-amz-json-1.0"].contains(&media_type) {
        return Err(Refusal::ContentType);
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(body)) => Ok(body),
        _ => Err(Refusal::BodyMalformed),
    }
}
