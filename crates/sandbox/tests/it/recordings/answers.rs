//! Whether an answer is as recorded.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::placeholders::replace;

/// The same keys, and the same values but for those that differ by nature. A
/// name in braces is learned where it is met first, and compared from then on.
pub(super) fn compare(
    place: &str,
    expected: &Value,
    actual: &Value,
    learned: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let differ = || Err(format!("{place}: expected {expected}, got {actual}"));
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let known = |key: &String| replace(key, learned);
            let wanted: BTreeSet<_> = expected.keys().map(known).collect();
            let present: BTreeSet<_> = actual.keys().cloned().collect();
            if wanted != present {
                let difference: Vec<_> = wanted.symmetric_difference(&present).collect();
                return Err(format!("{place}: keys differ: {difference:?}"));
            }
            expected.iter().try_for_each(|(key, value)| {
                let actual = &actual[&replace(key, learned)];
                compare(&format!("{place}/{key}"), value, actual, learned)
            })
        }
        // In the order of ids, which differ.
        (Value::Array(expected), Value::Array(actual)) if place.ends_with("/keys") => {
            if expected.len() == actual.len() {
                Ok(())
            } else {
                differ()
            }
        }
        // Every client has the same ones here; the second server's had fewer.
        (Value::Array(expected), Value::Array(actual)) if place.ends_with("policies") => {
            if expected.iter().all(|policy| actual.contains(policy)) {
                Ok(())
            } else {
                differ()
            }
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            let mut pairs = expected.iter().zip(actual);
            pairs.try_for_each(|(expected, actual)| compare(place, expected, actual, learned))
        }
        (Value::String(expected), Value::String(actual)) => {
            if same_text(place, expected, actual, learned) {
                Ok(())
            } else {
                differ()
            }
        }
        // A second began while the real server was at it.
        (Value::Number(wanted), Value::Number(given))
            if ["/lease_duration", "/data/expiration"].contains(&place) =>
        {
            let [wanted, given] = [wanted, given].map(|number| number.as_u64().unwrap());
            if wanted.abs_diff(given) <= 1 {
                Ok(())
            } else {
                differ()
            }
        }
        _ if expected == actual => Ok(()),
        _ => differ(),
    }
}

fn same_text(
    place: &str,
    expected: &str,
    actual: &str,
    learned: &mut BTreeMap<String, String>,
) -> bool {
    let name = place.rsplit('/').next().unwrap_or_default();
    if UNIQUE.contains(&name) || place == "/auth/metadata/serial_number" {
        return expected.is_empty() == actual.is_empty();
    }
    if let Some(start) = expected.strip_suffix('…') {
        return actual.starts_with(start);
    }
    // To the second.
    if name.ends_with("time") || name.ends_with("rfc3339") {
        return expected.get(..19) == actual.get(..19);
    }
    let expected = replace(expected, learned);
    if expected.starts_with('{') && expected.ends_with('}') {
        learned.insert(expected, actual.to_owned());
        return !actual.is_empty();
    }
    expected == actual
}

/// What each server makes up for itself.
const UNIQUE: [&str; 14] = [
    "accessor",
    "authority_key_id",
    "cluster_id",
    "cluster_name",
    "entity_id",
    "id",
    "key_id",
    "request_id",
    "secret_id_accessor",
    "service_account_uid",
    "subject_key_id",
    "uuid",
    "version",
    "wrapped_accessor",
];
