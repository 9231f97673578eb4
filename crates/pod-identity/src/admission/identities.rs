use std::collections::BTreeSet;

use serde::Deserialize;

use crate::{InvalidName, ServiceAccount};

/// The service accounts in the file that `--watch-container-credentials-config`
/// of the EKS webhook names: `{"identities":[{"namespace":…,"serviceAccount":…}]}`.
///
/// It says who is injected, and nothing of roles.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UpstreamIdentities {
    accounts: BTreeSet<ServiceAccount>,
    ignored: Vec<InvalidName>,
}

/// A file of identities that is none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it is no list of identities: {reason}")]
pub struct InvalidIdentities {
    /// What is wrong, with its place.
    pub reason: String,
}

impl UpstreamIdentities {
    /// Reads the file. One with nothing in it names nobody, as for the EKS webhook.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidIdentities> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let file: File = serde_json::from_slice(bytes).map_err(|error| InvalidIdentities {
            reason: error.to_string(),
        })?;
        let mut identities = Self::default();
        for Identity { namespace, name } in file.identities.unwrap_or_default() {
            match ServiceAccount::new(&namespace, &name) {
                Ok(account) => {
                    identities.accounts.insert(account);
                }
                Err(invalid) => identities.ignored.push(invalid),
            }
        }
        Ok(identities)
    }

    /// Whether the file names it.
    pub fn contains(&self, account: &ServiceAccount) -> bool {
        self.accounts.contains(account)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &ServiceAccount> {
        self.accounts.iter()
    }

    /// Entries that no account can match: the EKS webhook does not mind them, so
    /// they are worth a line in the log and no more.
    pub fn ignored(&self) -> &[InvalidName] {
        &self.ignored
    }
}

#[derive(Deserialize)]
struct File {
    identities: Option<Vec<Identity>>,
}

#[derive(Deserialize)]
struct Identity {
    #[serde(default)]
    namespace: String,
    #[serde(default, rename = "serviceAccount")]
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_accounts_or_nobody() {
        let named = |text: &str| -> Vec<String> {
            let identities = UpstreamIdentities::parse(text.as_bytes()).unwrap();
            identities.iter().map(ToString::to_string).collect()
        };
        for empty in ["", " \n", "{}", r#"{"identities":null}"#] {
            assert!(named(empty).is_empty(), "{empty:?}");
        }
        let file = r#"{"version": 1, "identities": [
            {"namespace": "shop", "serviceAccount": "web", "note": "x"},
            {"namespace": "bank", "serviceAccount": "ledger"},
            {"namespace": "shop", "serviceAccount": "web"}
        ]}"#;
        assert_eq!(named(file), ["bank/ledger", "shop/web"]);
        let identities = UpstreamIdentities::parse(file.as_bytes()).unwrap();
        assert!(identities.contains(&"shop/web".parse().unwrap()));
        assert!(!identities.contains(&"shop/ledger".parse().unwrap()));
    }

    #[test]
    fn what_matches_nobody_is_told_and_harms_nobody() {
        let file = r#"{"identities": [{"serviceAccount": "web"},
            {"namespace": "*", "serviceAccount": "web"},
            {"namespace": "shop", "serviceAccount": "web"}]}"#;
        let identities = UpstreamIdentities::parse(file.as_bytes()).unwrap();
        assert_eq!(identities.iter().count(), 1);
        let ignored: Vec<_> = identities.ignored().iter().map(|it| &it.text).collect();
        assert_eq!(ignored, ["", "*"]);
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for text in [
            "bad json",
            "[]x",
            r#"{"identities": {}}"#,
            r#"{"identities": [1]}"#,
        ] {
            assert!(
                UpstreamIdentities::parse(text.as_bytes()).is_err(),
                "{text}"
            );
        }
        let error = UpstreamIdentities::parse(b"{").unwrap_err().to_string();
        assert!(
            error.starts_with("it is no list of identities: EOF"),
            "{error}"
        );
    }
}
