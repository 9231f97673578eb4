/// A line of a credentials file, with all but the beginning of a secret cut.
pub(crate) fn line(line: &str) -> String {
    match line.split_once('=') {
        Some((key, value)) if SECRETS.contains(&key.trim()) => {
            let value = value.trim();
            let beginning: String = value.chars().take(4).collect();
            let length = value.chars().count();
            format!("{key}= {beginning}… ({length} characters)")
        }
        _ => line.to_owned(),
    }
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
}
