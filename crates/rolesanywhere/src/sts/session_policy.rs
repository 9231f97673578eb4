use std::fmt;
use std::str::FromStr;

use serde::de::IgnoredAny;

use crate::InvalidParameter;

/// The longest text of a session policy.
const LONGEST: usize = 2048;

/// An IAM policy that narrows a session: JSON of at most 2048 characters,
/// without counting the blanks between its parts, which are left out.
///
/// [Session policies](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session)
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionPolicy(String);

/// The ARN of a managed policy: AWS's own, or one of the role's account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ManagedPolicyArn(String);

impl SessionPolicy {
    /// The JSON, on one line.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SessionPolicy {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |reason: String| InvalidParameter::SessionPolicy { reason };
        let text = text.trim().trim_start_matches('\u{feff}');
        if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
            return Err(invalid(format!("it is not JSON: {error}")));
        }
        if !text.starts_with('{') {
            return Err(invalid("it is not a JSON object".to_owned()));
        }
        let compact = compact(text);
        if let Some(character) = compact.chars().find(|it| !is_allowed(*it)) {
            return Err(invalid(format!(
                "it holds {character:?}, which STS does not take; write it as \\u and its number"
            )));
        }
        match compact.chars().count() {
            ..=LONGEST => Ok(Self(compact)),
            length => Err(invalid(format!(
                "it has {length} characters without blanks, and STS takes {LONGEST}"
            ))),
        }
    }
}

impl ManagedPolicyArn {
    /// The ARN.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ManagedPolicyArn {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let is_account = |account: &str| {
            account == "aws"
                || account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
        };
        match parts[..] {
            ["arn", partition, "iam", "", account, resource]
                if !partition.is_empty()
                    && is_account(account)
                    && resource
                        .strip_prefix("policy/")
                        .is_some_and(|name| !name.is_empty()) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(InvalidParameter::PolicyArn {
                text: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for ManagedPolicyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Without the blanks between the parts. Members stay as they are, double ones,
/// too: which of them counts is not ours to say.
fn compact(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    json.chars()
        .filter(|character| {
            let keep = in_string || !character.is_ascii_whitespace();
            if *character == '"' && !escaped {
                in_string = !in_string;
            }
            escaped = in_string && *character == '\\' && !escaped;
            keep
        })
        .collect()
}

/// What `Policy` may consist of, according to the API reference.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_between_the_parts_are_left_out() {
        for (text, compact) in [
            ("{}", "{}"),
            (
                "{\n  \"Version\" : \"2012-10-17\",\r\n\t\"a\": [ 1, 2 ]\n}\n",
                r#"{"Version":"2012-10-17","a":[1,2]}"#,
            ),
            (
                r#"{"a b": " \" \\"  , "c": "d e" }"#,
                r#"{"a b":" \" \\","c":"d e"}"#,
            ),
            ("\u{feff}{ \"a\": 1, \"a\": 2 }", r#"{"a":1,"a":2}"#),
        ] {
            assert_eq!(text.parse::<SessionPolicy>().unwrap().as_str(), compact);
        }
    }

    proptest::proptest! {
        #[test]
        fn only_blanks_between_the_parts_change(
            members in proptest::collection::btree_map("[ -~]{0,6}", "[ -~\t]{0,20}", 0..8)
        ) {
            let pretty = serde_json::to_string_pretty(&members).unwrap();
            let policy: SessionPolicy = pretty.parse().unwrap();
            let plain = serde_json::to_string(&members).unwrap();
            proptest::prop_assert_eq!(policy.as_str(), plain);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = text.parse::<SessionPolicy>();
            let _ = text.parse::<ManagedPolicyArn>();
        }
    }

    #[test]
    fn what_sts_would_refuse_is_refused() {
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(LONGEST));
        for (text, expected) in [
            ("", "it is not JSON"),
            ("{", "it is not JSON"),
            ("[]", "it is not a JSON object"),
            (r#"{"a":"ł"}"#, "it holds 'ł'"),
            (&long, "it has 2056 characters"),
        ] {
            let error = text.parse::<SessionPolicy>().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let exact = format!(r#"{{ "a" : "{}" }}"#, "x".repeat(LONGEST - 8));
        assert_eq!(
            exact.parse::<SessionPolicy>().unwrap().as_str().len(),
            LONGEST
        );
    }

    #[test]
    fn managed_policies_are_awss_or_an_accounts() {
        for text in [
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws-cn:iam::123456789012:policy/path/mine",
        ] {
            assert_eq!(text.parse::<ManagedPolicyArn>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "ReadOnlyAccess",
            "arn:aws:iam::aws:policy/",
            "arn:aws:iam::aws:role/x",
            "arn:aws:iam::12:policy/x",
            "arn:aws:iam:us-east-1:aws:policy/x",
        ] {
            assert!(text.parse::<ManagedPolicyArn>().is_err(), "{text}");
        }
    }
}
