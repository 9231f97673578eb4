use std::collections::BTreeMap;

use aws_partition::Arn;
use serde::Deserialize;

use crate::ServiceAccount;

/// Which role a service account has, as whoever runs the cluster lists it: a
/// list wins over what an account's own annotations say.
///
/// The document is JSON, as a key of a `ConfigMap` or a file:
///
/// ```json
/// {"associations": [{
///   "namespace": "shop", "serviceAccount": "web",
///   "roleArn": "arn:aws:iam::111122223333:role/web",
///   "profileArn": "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/0a1b"
/// }]}
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Associations(BTreeMap<ServiceAccount, Association>);

/// The role of a service account.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Association {
    /// `arn:aws:iam::…:role/…`.
    pub role_arn: String,
    /// The profile that the role's sessions are opened with; the default one
    /// where absent.
    pub profile_arn: Option<String>,
}

/// Why a document lists nothing.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAssociations {
    /// It is not such a document.
    #[error("the associations cannot be read: {reason}")]
    Document {
        /// What is wrong where.
        reason: String,
    },
    /// It lists an account twice: which role is meant is not known.
    #[error("the associations list {account} twice")]
    Twice {
        /// The account.
        account: ServiceAccount,
    },
    /// What it lists for an account is no role, or no profile.
    #[error("the association of {account}: {text:?} is not the ARN of a {expected}")]
    Arn {
        /// The account.
        account: ServiceAccount,
        /// What stands there.
        text: String,
        /// What should.
        expected: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    associations: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    namespace: String,
    service_account: String,
    role_arn: String,
    profile_arn: Option<String>,
}

impl Associations {
    /// Reads a document. An empty one lists nothing; a member that is not known
    /// is an error, as it may be a role that was mistyped.
    pub fn parse(document: &[u8]) -> Result<Self, InvalidAssociations> {
        if document.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let unreadable = |reason: String| InvalidAssociations::Document { reason };
        let document: Document =
            serde_json::from_slice(document).map_err(|error| unreadable(error.to_string()))?;
        let mut all = BTreeMap::new();
        for entry in document.associations {
            let account = ServiceAccount::new(&entry.namespace, &entry.service_account);
            let account = account.map_err(|error| unreadable(error.to_string()))?;
            let association = Association {
                role_arn: entry.role_arn,
                profile_arn: entry.profile_arn,
            };
            association.check(&account)?;
            if all.insert(account.clone(), association).is_some() {
                return Err(InvalidAssociations::Twice { account });
            }
        }
        Ok(Self(all))
    }

    /// What is listed for an account.
    pub fn of(&self, account: &ServiceAccount) -> Option<&Association> {
        self.0.get(account)
    }

    /// All of them, by account.
    pub fn iter(&self) -> impl Iterator<Item = (&ServiceAccount, &Association)> {
        self.0.iter()
    }
}

impl Association {
    fn check(&self, account: &ServiceAccount) -> Result<(), InvalidAssociations> {
        let arns = [
            (Some(&self.role_arn), "iam", "role"),
            (self.profile_arn.as_ref(), "rolesanywhere", "profile"),
        ];
        for (text, service, expected) in arns {
            let Some(text) = text else { continue };
            if arn_of(text, (service, expected)).is_none() {
                return Err(InvalidAssociations::Arn {
                    account: account.clone(),
                    text: text.clone(),
                    expected,
                });
            }
        }
        Ok(())
    }
}

/// The ARN of something that an account has: a role of IAM, a profile of Roles
/// Anywhere.
pub(crate) fn arn_of(text: &str, (service, kind): (&str, &str)) -> Option<Arn> {
    let arn: Arn = text.parse().ok()?;
    let name = arn.resource.strip_prefix(kind)?.strip_prefix('/')?;
    let fits = arn.service == service && arn.account.is_some() && !name.is_empty();
    fits.then_some(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(entries: &str) -> Result<Associations, String> {
        let document = format!(r#"{{"associations": [{entries}]}}"#);
        Associations::parse(document.as_bytes()).map_err(|error| error.to_string())
    }

    const WEB: &str = r#"{"namespace": "shop", "serviceAccount": "web",
        "roleArn": "arn:aws:iam::111122223333:role/web"}"#;

    #[test]
    fn a_listed_account_has_its_role_and_no_other_has() {
        let listed = parsed(WEB).unwrap();
        let web = "shop/web".parse().unwrap();
        assert_eq!(
            listed.of(&web).unwrap().role_arn,
            "arn:aws:iam::111122223333:role/web"
        );
        assert_eq!(listed.of(&"bank/web".parse().unwrap()), None);
        assert_eq!(Associations::parse(b" \n").unwrap().iter().count(), 0);
    }

    #[test]
    fn what_is_ambiguous_or_mistyped_is_refused_whole() {
        let with = |from: &str, to: &str| parsed(&WEB.replace(from, to)).unwrap_err();
        assert_eq!(
            parsed(&format!("{WEB}, {WEB}")).unwrap_err(),
            "the associations list shop/web twice"
        );
        assert_eq!(
            with(":role/web", ":user/web"),
            "the association of shop/web: \"arn:aws:iam::111122223333:user/web\" is not the ARN \
             of a role"
        );
        assert!(with("roleArn", "rolearn").contains("unknown field `rolearn`"));
        assert!(with("shop", "Shop").contains("cannot be the name of a namespace"));
    }
}
