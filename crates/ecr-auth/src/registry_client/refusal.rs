use destination::Response;
use http::{StatusCode, header};
use serde_json::Value;

use crate::Refusal;

/// Reads an error answer of a registry; `None` where it is nobody's that speaks
/// this API.
///
/// [Error codes](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes)
pub(super) fn read(answer: &Response) -> Option<Refusal> {
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error = &document["errors"][0];
    if let Some(code) = error["code"].as_str() {
        let message = error["message"].as_str().unwrap_or_default();
        return Some(Refusal::new(answer.status, code, message, None));
    }
    // ECR itself answers a 401 in plain text, and a HEAD has no body at all.
    let speaks = answer
        .headers
        .contains_key("docker-distribution-api-version")
        || answer.headers.contains_key(header::WWW_AUTHENTICATE);
    speaks.then(|| Refusal::new(answer.status, usual_code(answer.status), "", None))
}

fn usual_code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "UNAUTHORIZED",
        StatusCode::FORBIDDEN => "DENIED",
        StatusCode::NOT_FOUND => "NAME_UNKNOWN or MANIFEST_UNKNOWN",
        StatusCode::TOO_MANY_REQUESTS => "TOOMANYREQUESTS",
        _ => "UNKNOWN",
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn refusal(status: u16, header: Option<&'static str>, body: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        if let Some(name) = header {
            headers.insert(name, "x".parse().unwrap());
        }
        let answer = Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: body.as_bytes().to_vec().into(),
        };
        Some(read(&answer)?.to_string())
    }

    #[test]
    fn registries_are_told_from_others() {
        let body = r#"{"errors":[{"code":"DENIED","message":"no\npolicy"}]}"#;
        for (status, header, body, expected) in [
            (403, None, body, Some("DENIED: no policy (HTTP 403)")),
            (
                401,
                Some("www-authenticate"),
                "Not Authorized",
                Some("UNAUTHORIZED (HTTP 401)"),
            ),
            (
                404,
                Some("docker-distribution-api-version"),
                "",
                Some("NAME_UNKNOWN or MANIFEST_UNKNOWN (HTTP 404)"),
            ),
            (403, None, "<html>", None),
            (502, None, "", None),
        ] {
            assert_eq!(refusal(status, header, body).as_deref(), expected, "{body}");
        }
    }
}
