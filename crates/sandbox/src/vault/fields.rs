use std::time::Duration;

use serde_json::{Map, Value};

use super::VaultError;
use super::duration::parse_duration;
use crate::RequestParts;

/// The JSON object that a request carries, read as loosely as Vault reads it.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// No body is an empty object.
    pub(super) fn read(request: &RequestParts) -> Result<Self, VaultError> {
        if request.body.is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(&request.body) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(Value::Null) => Ok(Self(Map::new())),
            Ok(_) | Err(_) => Err(VaultError::bad_request("error parsing JSON")),
        }
    }

    /// Those that came in another way.
    pub(super) fn of(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// Whether a field is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Text; numbers and flags are taken as their text, absence as none.
    pub(super) fn text(&self, name: &str) -> Result<String, VaultError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(Value::Bool(flag)) => Ok(u8::from(*flag).to_string()),
            Some(Value::Array(_) | Value::Object(_)) => {
                Err(invalid(name, "expected type 'string'"))
            }
        }
    }

    /// A list, or text with commas.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>, VaultError> {
        if let Some(Value::Array(items)) = self.0.get(name) {
            let text = |item: &Value| item.as_str().map(str::to_owned);
            let items: Option<Vec<_>> = items.iter().map(text).collect();
            return items.ok_or_else(|| invalid(name, "expected a list of strings"));
        }
        let text = self.text(name)?;
        let items = text.split(',').map(str::trim);
        Ok(items
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect())
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, VaultError> {
        match self.text(name)?.as_str() {
            "" | "0" | "f" | "false" => Ok(false),
            "1" | "t" | "true" => Ok(true),
            other => Err(invalid(name, &format!("cannot parse '{other}' as bool"))),
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<u32, VaultError> {
        let text = self.text(name)?;
        if text.is_empty() {
            return Ok(0);
        }
        text.parse()
            .map_err(|_| invalid(name, &format!("cannot parse '{text}' as int")))
    }

    /// A duration; none where it is absent or zero.
    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>, VaultError> {
        let text = self.text(name)?;
        if text.is_empty() {
            return Ok(None);
        }
        let duration = parse_duration(&text).map_err(|error| invalid(name, &error))?;
        Ok(Some(duration).filter(|duration| !duration.is_zero()))
    }

    /// The names that an endpoint does not know, sorted.
    pub(super) fn unknown(&self, known: &[&str]) -> Vec<&str> {
        let mut names: Vec<_> = self
            .0
            .keys()
            .map(String::as_str)
            .filter(|name| !known.contains(name))
            .collect();
        names.sort_unstable();
        names
    }
}

fn invalid(field: &str, error: &str) -> VaultError {
    VaultError::bad_request(format!(
        "Field validation failed: error converting input for field \"{field}\": {error}"
    ))
}
