use std::fmt;
use std::str::FromStr;

/// A service account of a cluster, by its namespace and name.
///
/// [Names of objects](https://kubernetes.io/docs/concepts/overview/working-with-objects/names/):
/// a namespace is a DNS label, a service account a DNS subdomain.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ServiceAccount {
    namespace: String,
    name: String,
}

/// How a cluster is called in the names of its pods' certificates: a DNS
/// subdomain that no other cluster with the same trust anchor has, without a
/// label `pods`, which is where an account's part of a name ends.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClusterName(String);

/// A text that is no name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text:?} cannot be the name of a {what}: {reason}")]
pub struct InvalidName {
    /// What it would be the name of.
    pub what: &'static str,
    /// The text.
    pub text: String,
    /// Why not.
    pub reason: &'static str,
}

/// A common name that no certificate can have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the common name {common_name} has {} characters, and a certificate's has {} at the most",
    common_name.len(), ServiceAccount::LONGEST_COMMON_NAME
)]
pub struct CommonNameTooLong {
    /// The name.
    pub common_name: String,
}

impl ServiceAccount {
    /// The most characters of a common name
    /// ([RFC 5280, `ub-common-name`](https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1)).
    pub const LONGEST_COMMON_NAME: usize = 64;

    /// The service account `name` in `namespace`.
    pub fn new(namespace: &str, name: &str) -> Result<Self, InvalidName> {
        check("namespace", namespace, is_label)?;
        check_subdomain("service account", name)?;
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name that certificates of its pods have: `NAME.NAMESPACE.pods.CLUSTER`.
    ///
    /// No other service account has it, though names may have dots: a namespace
    /// has none, so it is always the label before `pods.CLUSTER`.
    pub fn common_name(&self, cluster: &ClusterName) -> Result<String, CommonNameTooLong> {
        let common_name = format!("{}.{}.pods.{cluster}", self.name, self.namespace);
        if common_name.len() > Self::LONGEST_COMMON_NAME {
            return Err(CommonNameTooLong { common_name });
        }
        Ok(common_name)
    }

    /// What Kubernetes calls it among users.
    pub fn user_name(&self) -> String {
        format!("{USER_PREFIX}{}:{}", self.namespace, self.name)
    }

    /// The one that a user name is of; `None` for users who are none.
    pub fn of_user_name(user: &str) -> Option<Self> {
        let (namespace, name) = user.strip_prefix(USER_PREFIX)?.split_once(':')?;
        Self::new(namespace, name).ok()
    }
}

/// As people write it.
impl fmt::Display for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl FromStr for ServiceAccount {
    type Err = InvalidName;

    /// `NAMESPACE/NAME`.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match text.split_once('/') {
            Some((namespace, name)) => Self::new(namespace, name),
            None => Err(InvalidName {
                what: "service account",
                text: text.to_owned(),
                reason: "it must be NAMESPACE/NAME",
            }),
        }
    }
}

impl ClusterName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClusterName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        check_subdomain("cluster", text)?;
        // `web.x` in `pods` of `c1` would be called as `web` in `x` of `pods.c1`.
        if text.split('.').any(|label| label == "pods") {
            return Err(InvalidName {
                what: "cluster",
                text: text.to_owned(),
                reason: "it must have no label \"pods\"",
            });
        }
        Ok(Self(text.to_owned()))
    }
}

/// Whether Kubernetes would take it where it wants a DNS subdomain.
pub(crate) fn check_subdomain(what: &'static str, text: &str) -> Result<(), InvalidName> {
    check(what, text, is_subdomain)
}

fn check(what: &'static str, text: &str, fits: fn(&str) -> bool) -> Result<(), InvalidName> {
    if fits(text) {
        return Ok(());
    }
    Err(InvalidName {
        what,
        text: text.to_owned(),
        reason: "lower-case letters, digits and inner hyphens, no longer than DNS allows",
    })
}

/// RFC 1123, without capital letters.
fn is_label(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let hyphen_at_an_end = text.starts_with('-') || text.ends_with('-');
    (1..=63).contains(&text.len()) && text.bytes().all(plain) && !hyphen_at_an_end
}

/// Kubernetes bounds the whole, and not its labels.
fn is_subdomain(text: &str) -> bool {
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let hyphen_at_an_end = label.starts_with('-') || label.ends_with('-');
        !label.is_empty() && label.bytes().all(plain) && !hyphen_at_an_end
    };
    text.len() <= 253 && text.split('.').all(label)
}

const USER_PREFIX: &str = "system:serviceaccount:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_kubernetes_would_give() {
        for (text, valid) in [
            ("shop/web", true),
            ("shop/web.v2", true),
            ("shop.eu/web", false),
            ("shop/-web", false),
            ("shop/Web", false),
            ("shop/", false),
            ("/web", false),
            ("shop/web/x", false),
            ("shop/we b", false),
            ("web", false),
            ("shop/a..b", false),
        ] {
            assert_eq!(text.parse::<ServiceAccount>().is_ok(), valid, "{text}");
        }
        let error = "Web".parse::<ClusterName>().unwrap_err().to_string();
        assert!(
            error.starts_with("\"Web\" cannot be the name of a cluster"),
            "{error}"
        );
    }

    #[test]
    fn no_two_accounts_have_one_common_name() {
        let cluster = "c1.example".parse().unwrap();
        let name = |text: &str| {
            text.parse::<ServiceAccount>()
                .unwrap()
                .common_name(&cluster)
        };
        assert_eq!(name("shop/web").unwrap(), "web.shop.pods.c1.example");
        assert_eq!(name("shop/x.web").unwrap(), "x.web.shop.pods.c1.example");
        assert_ne!(name("shop/x.web"), name("web/x"));
    }

    #[test]
    fn no_two_clusters_share_a_name_either() {
        assert!("pods.c1".parse::<ClusterName>().is_err());
        assert!("a.pods".parse::<ClusterName>().is_err());
        assert!("mypods.c1".parse::<ClusterName>().is_ok());
    }

    #[test]
    fn what_no_certificate_can_name_is_an_error() {
        let cluster = "c1".parse().unwrap();
        let account = |length: usize| ServiceAccount::new("ns", &"a".repeat(length)).unwrap();
        // .ns.pods.c1
        assert!(account(64 - 11).common_name(&cluster).is_ok());
        let error = account(64 - 10)
            .common_name(&cluster)
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("has 65 characters, and a certificate's has 64 at the most"),
            "{error}"
        );
    }

    #[test]
    fn a_user_name_is_read_back() {
        let account: ServiceAccount = "shop/web".parse().unwrap();
        assert_eq!(account.user_name(), "system:serviceaccount:shop:web");
        assert_eq!(
            ServiceAccount::of_user_name(&account.user_name()),
            Some(account)
        );
        for user in [
            "admin",
            "system:node:a",
            "system:serviceaccount:shop",
            "system:serviceaccount:shop:a:b",
        ] {
            assert_eq!(ServiceAccount::of_user_name(user), None, "{user}");
        }
    }
}
