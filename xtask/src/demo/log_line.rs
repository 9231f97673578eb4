use std::collections::BTreeSet;

use serde_json::Value;

/// A line of iamra's JSON log for people: an event with its telling facts, or a
/// warning that was not `seen` before. Steps in between are left out.
pub(crate) fn render(line: &str, seen: &mut BTreeSet<String>) -> Option<String> {
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
        return Some(line.to_owned());
    };
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let message = text("message").unwrap_or_default();
    if fields.contains_key("event") {
        let first = |keys: &[&str]| keys.iter().find_map(|key| text(key));
        let facts: Vec<&str> = first(&SUBJECTS).into_iter().chain(first(&ENDS)).collect();
        return Some(format!("• {message}: {}", facts.join(", until ")));
    }
    (text("level") != Some("INFO") && seen.insert(message.to_owned()))
        .then(|| format!("! {message}"))
}

/// What an event is about.
const SUBJECTS: [&str; 5] = ["subject", "assumed_role", "path", "how", "method"];
/// Until when.
const ENDS: [&str; 2] = ["not_after", "expires_at"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_shown_steps_are_not_and_warnings_once() {
        let seen = &mut BTreeSet::new();
        for (line, shown) in [
            (
                r#"{"level":"INFO","message":"issued","event":"certificate","subject":"a","not_after":"9:00"}"#,
                Some("• issued: a, until 9:00"),
            ),
            (
                r#"{"level":"INFO","message":"read","event":"certificate","subject":"a","path":"b","not_after":"9:00"}"#,
                Some("• read: a, until 9:00"),
            ),
            (r#"{"level":"INFO","message":"a step"}"#, None),
            (r#"{"level":"WARN","message":"no TLS"}"#, Some("! no TLS")),
            (r#"{"level":"WARN","message":"no TLS"}"#, None),
            ("error: no such file", Some("error: no such file")),
        ] {
            assert_eq!(render(line, seen).as_deref(), shown, "{line}");
        }
    }
}
