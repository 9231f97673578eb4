use serde_json::Value;

use super::Findings;
use super::change::DOCKER_HELPER;

const HELPER: &str = "\"ecr-login\"";

/// docker's `config.json` that names amazon-ecr-credential-helper.
pub(super) fn look(text: &str, _image: &str, findings: &mut Findings) -> bool {
    let Ok(Value::Object(config)) = serde_json::from_str(text) else {
        return false;
    };
    let is_named = |value: &Value| value == "ecr-login";
    let store = config.get("credsStore").is_some_and(is_named);
    let helpers = config.get("credHelpers").and_then(Value::as_object);
    let helpers = helpers.is_some_and(|helpers| helpers.values().any(is_named));
    if !store && !helpers {
        return false;
    }
    for (at, _) in text.match_indices(HELPER) {
        // A key of that name is something else.
        if text[..at].trim_end().ends_with(':') {
            let range = at..at + HELPER.len();
            findings.edits.replace(range, "\"iamra\"");
        }
    }
    for change in DOCKER_HELPER.changes() {
        findings.tell(change);
    }
    true
}
