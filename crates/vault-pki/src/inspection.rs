use std::time::{Duration, SystemTime};

use http::StatusCode;
use serde::{Deserialize, Deserializer};

/// What a token is (`auth/token/lookup-self`).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default)]
#[non_exhaustive]
pub struct TokenInfo {
    /// Its accessor, which names it in Vault's audit log.
    #[serde(deserialize_with = "or_default")]
    pub accessor: String,
    /// Whom it was given to.
    #[serde(deserialize_with = "or_default")]
    pub display_name: String,
    /// How it was obtained, such as `auth/kubernetes/login`.
    #[serde(deserialize_with = "or_default")]
    pub path: String,
    /// Its policies.
    #[serde(deserialize_with = "or_default")]
    pub policies: Vec<String>,
    /// How long it is still valid; nothing for one that does not expire.
    #[serde(rename = "ttl", deserialize_with = "seconds")]
    pub remaining: Duration,
    /// Whether it can be renewed.
    #[serde(rename = "renewable", deserialize_with = "or_default")]
    pub is_renewable: bool,
    /// How often it may still be used; 0 for as often as one likes.
    #[serde(deserialize_with = "or_default")]
    pub num_uses: i64,
    /// What each renewal extends it to, for ever; nothing for one that is not
    /// periodic.
    #[serde(deserialize_with = "seconds")]
    pub period: Duration,
    /// How long it lives at most, however often it is renewed; nothing for one
    /// without such a limit.
    #[serde(deserialize_with = "seconds")]
    pub explicit_max_ttl: Duration,
    /// `service` or `batch`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub token_type: String,
}

/// What a list is answered with.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Keys {
    #[serde(deserialize_with = "or_default")]
    pub(crate) keys: Vec<String>,
}

/// What a role of a PKI mount asks and gives (`<mount>/roles/<role>`).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are Vault's own switches"
)]
pub struct PkiRole {
    /// `rsa`, `ec`, `ed25519` or `any`.
    #[serde(deserialize_with = "or_default")]
    pub key_type: String,
    /// The length of the key; 0 for the default of its type.
    #[serde(deserialize_with = "or_default")]
    pub key_bits: i64,
    /// The key usages; empty for no such extension.
    #[serde(deserialize_with = "or_default")]
    pub key_usage: Vec<String>,
    /// Whether certificates get the extended key usage of clients.
    #[serde(deserialize_with = "or_default")]
    pub client_flag: bool,
    /// Whether certificates get the extended key usage of servers.
    #[serde(deserialize_with = "or_default")]
    pub server_flag: bool,
    /// Whether names need be of no domain.
    #[serde(deserialize_with = "or_default")]
    pub allow_any_name: bool,
    /// Whether a common name is needed.
    #[serde(deserialize_with = "or_default")]
    pub require_cn: bool,
    /// Whether `sign` takes the common name from the request.
    #[serde(deserialize_with = "or_default")]
    pub use_csr_common_name: bool,
    /// Whether `sign` takes the other names from the request.
    #[serde(deserialize_with = "or_default")]
    pub use_csr_sans: bool,
    /// Whether certificates say `CA:FALSE`.
    #[serde(deserialize_with = "or_default")]
    pub basic_constraints_valid_for_non_ca: bool,
    /// Whether certificates hang on the lease of the token.
    #[serde(deserialize_with = "or_default")]
    pub generate_lease: bool,
    /// Whether signatures are RSASSA-PSS, where the CA's key is RSA.
    #[serde(deserialize_with = "or_default")]
    pub use_pss: bool,
    /// The domains that names may be of.
    #[serde(deserialize_with = "or_default")]
    pub allowed_domains: Vec<String>,
    /// How long certificates are valid; nothing for the mount's default.
    #[serde(deserialize_with = "seconds")]
    pub ttl: Duration,
    /// How long they are valid at most; nothing for the mount's limit.
    #[serde(deserialize_with = "seconds")]
    pub max_ttl: Duration,
}

/// How Vault is (`sys/health`), which it says without a token.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Health {
    /// The status, which says the same in other words.
    pub status: StatusCode,
    /// Whether it was ever initialised.
    pub is_initialised: bool,
    /// Whether it is sealed.
    pub is_sealed: bool,
    /// Whether it is a standby.
    pub is_standby: bool,
    /// Its version, as it calls it.
    pub version: String,
    /// What its clock shows, in whole seconds.
    pub server_time: Option<SystemTime>,
}

/// What Vault answers; some of it only in some states.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct HealthAnswer {
    initialized: Option<bool>,
    sealed: Option<bool>,
    standby: Option<bool>,
    version: Option<String>,
    server_time_utc: Option<i64>,
}

impl HealthAnswer {
    pub(crate) fn with(self, status: StatusCode) -> Option<Health> {
        let seconds = self.server_time_utc.and_then(|s| u64::try_from(s).ok());
        let time = seconds.map(Duration::from_secs);
        Some(Health {
            status,
            is_initialised: self.initialized?,
            is_sealed: self.sealed?,
            is_standby: self.standby.unwrap_or_default(),
            version: crate::server_text::sanitised(&self.version.unwrap_or_default()),
            server_time: time.and_then(|time| SystemTime::UNIX_EPOCH.checked_add(time)),
        })
    }
}

/// Null counts as absent.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds: Option<i64> = Option::deserialize(deserializer)?;
    let seconds = u64::try_from(seconds.unwrap_or_default()).unwrap_or_default();
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn answer(name: &str) -> Value {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/recordings");
        let text = std::fs::read(format!("{folder}/{name}.json")).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()["response"].clone()
    }

    #[test]
    fn a_token_is_described_without_itself() {
        let data = answer("089-lookup-self")["data"].clone();
        let secret = data["id"].as_str().unwrap().to_owned();
        let info: TokenInfo = serde_json::from_value(data).unwrap();
        assert_eq!(info.remaining, Duration::from_secs(1200));
        assert_eq!(info.policies, ["default", "iamra"]);
        assert!(info.is_renewable && info.num_uses == 0);
        assert!(!format!("{info:?}").contains(&secret));
    }

    #[test]
    fn a_role_and_its_nulls() {
        let role: PkiRole =
            serde_json::from_value(answer("014-role-read")["data"].clone()).unwrap();
        assert_eq!((&*role.key_type, role.key_bits), ("ec", 256));
        assert_eq!(role.max_ttl, Duration::from_secs(86400));
        assert!(role.use_csr_sans && !role.generate_lease);
        let nulls = r#"{"key_type":null,"ttl":null,"allowed_domains":null}"#;
        assert_eq!(
            serde_json::from_str::<PkiRole>(nulls).unwrap(),
            PkiRole::default()
        );
    }

    #[test]
    fn health_without_vaults_own_fields() {
        // OpenBao has no `performance_standby`, which some clients insist on.
        let health = |name| {
            let answer: HealthAnswer = serde_json::from_value(answer(name)).unwrap();
            answer.with(StatusCode::OK).unwrap()
        };
        let good = health("001-health-ok");
        assert!(good.is_initialised && !good.is_sealed && !good.is_standby);
        assert_eq!(good.version, "2.0.0-HEAD");
        let sealed = health("211-sealed-health");
        assert!(sealed.is_sealed && sealed.is_standby);
        assert!(HealthAnswer::default().with(StatusCode::OK).is_none());
    }
}
