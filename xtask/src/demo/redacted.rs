use serde_json::Value;

/// A line of a credentials file, with all but the beginning of a secret cut.
pub(crate) fn line(line: &str) -> String {
    match line.split_once('=') {
        Some((key, value)) if SECRETS.contains(&key.trim()) => {
            format!("{key}= {}", cut(value.trim()))
        }
        _ => line.to_owned(),
    }
}

/// A line of what was printed; where it is a document with secrets, they are
/// cut.
pub(crate) fn json(line: &str) -> String {
    let Ok(Value::Object(mut members)) = serde_json::from_str(line) else {
        return line.to_owned();
    };
    for (name, value) in &mut members {
        if ["SecretAccessKey", "SessionToken", "Token"].contains(&name.as_str())
            && let Some(text) = value.as_str()
        {
            *value = cut(text).into();
        }
    }
    Value::Object(members).to_string()
}

/// The beginning of a secret, and how long it is.
fn cut(secret: &str) -> String {
    let beginning: String = secret.chars().take(4).collect();
    format!("{beginning}… ({} characters)", secret.chars().count())
}

const SECRETS: [&str; 2] = ["aws_secret_access_key", "aws_session_token"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_cut_and_the_rest_is_shown() {
        for (written, shown) in [
            ("[default]", "[default]"),
            (
                "aws_access_key_id = ASIAEXAMPLE",
                "aws_access_key_id = ASIAEXAMPLE",
            ),
            (
                "aws_secret_access_key = abcdefgh",
                "aws_secret_access_key = abcd… (8 characters)",
            ),
            (
                "aws_session_token=IQoJ==",
                "aws_session_token= IQoJ… (6 characters)",
            ),
        ] {
            assert_eq!(line(written), shown);
        }
    }

    #[test]
    fn secrets_of_a_document_are_cut_and_text_is_shown() {
        for (printed, shown) in [
            ("arn:aws:sts::1:a", "arn:aws:sts::1:a"),
            (
                r#"{"SecretAccessKey":"abcdefgh","Version":1}"#,
                r#"{"SecretAccessKey":"abcd… (8 characters)","Version":1}"#,
            ),
        ] {
            assert_eq!(json(printed), shown);
        }
    }
}
