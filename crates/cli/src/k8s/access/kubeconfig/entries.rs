use std::fmt;
use std::path::Path;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

/// A text of a kubeconfig, which may be a secret; what is empty is none.
#[derive(Clone, Default)]
pub(in crate::k8s::access) struct Text(Zeroizing<String>);

/// Something with a name.
#[derive(Deserialize)]
#[serde(default)]
pub(super) struct Named<T> {
    pub(super) name: Text,
    #[serde(alias = "cluster", alias = "user", alias = "context")]
    pub(super) entry: Option<T>,
}

/// Which user of which cluster.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Context {
    pub(super) cluster: Text,
    pub(super) user: Text,
    pub(super) namespace: Text,
}

/// Where a cluster is, and how it is known.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(in crate::k8s::access) struct ClusterEntry {
    pub(in crate::k8s::access) server: Text,
    pub(in crate::k8s::access) certificate_authority: Text,
    pub(in crate::k8s::access) certificate_authority_data: Text,
    #[serde(deserialize_with = "or_default")]
    pub(in crate::k8s::access) insecure_skip_tls_verify: bool,
    pub(in crate::k8s::access) tls_server_name: Text,
    pub(in crate::k8s::access) proxy_url: Text,
    #[serde(deserialize_with = "or_default")]
    pub(in crate::k8s::access) extensions: Vec<Extension>,
}

/// What others keep with a cluster.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::k8s::access) struct Extension {
    pub(in crate::k8s::access) name: Text,
    pub(in crate::k8s::access) extension: Value,
}

/// Who somebody is.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(in crate::k8s::access) struct UserEntry {
    pub(in crate::k8s::access) token: Text,
    #[serde(rename = "tokenFile")]
    pub(in crate::k8s::access) token_file: Text,
    pub(in crate::k8s::access) username: Text,
    pub(in crate::k8s::access) password: Text,
    pub(in crate::k8s::access) client_certificate: Text,
    pub(in crate::k8s::access) client_certificate_data: Text,
    pub(in crate::k8s::access) client_key: Text,
    pub(in crate::k8s::access) client_key_data: Text,
    pub(in crate::k8s::access) exec: Option<ExecEntry>,
    /// Its values may be secrets, and are not kept.
    pub(in crate::k8s::access) auth_provider: Option<Ignored>,
    #[serde(rename = "as")]
    pub(in crate::k8s::access) as_user: Text,
    pub(in crate::k8s::access) as_uid: Text,
    pub(in crate::k8s::access) as_groups: Option<Ignored>,
    pub(in crate::k8s::access) as_user_extra: Option<Ignored>,
}

/// A program that says who somebody is.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::k8s::access) struct ExecEntry {
    pub(in crate::k8s::access) api_version: Text,
    pub(in crate::k8s::access) command: Text,
    #[serde(deserialize_with = "or_default")]
    pub(in crate::k8s::access) args: Vec<Text>,
    #[serde(deserialize_with = "or_default")]
    pub(in crate::k8s::access) env: Vec<Variable>,
    pub(in crate::k8s::access) install_hint: Text,
    pub(in crate::k8s::access) interactive_mode: Text,
    #[serde(deserialize_with = "or_default")]
    pub(in crate::k8s::access) provide_cluster_info: bool,
}

/// A variable of such a program.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::k8s::access) struct Variable {
    pub(in crate::k8s::access) name: Text,
    pub(in crate::k8s::access) value: Text,
}

/// Something that is there.
#[derive(Clone, Default)]
pub(in crate::k8s::access) struct Ignored;

impl Text {
    /// The text, where there is one.
    pub(in crate::k8s::access) fn get(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| !text.is_empty())
    }

    /// Whether there is one.
    pub(in crate::k8s::access) fn is_given(&self) -> bool {
        !self.0.is_empty()
    }

    /// The same as it is, empty or not.
    pub(in crate::k8s::access) fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of a file, which begins beside the kubeconfig where it is
    /// relative.
    fn resolve(&mut self, folder: &Path) {
        if let Some(path) = self.get() {
            let path = folder.join(path).to_string_lossy().into_owned();
            self.0 = Zeroizing::new(path);
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl ClusterEntry {
    pub(super) fn resolve(&mut self, folder: &Path) {
        self.certificate_authority.resolve(folder);
    }
}

impl UserEntry {
    pub(super) fn resolve(&mut self, folder: &Path) {
        self.token_file.resolve(folder);
        self.client_certificate.resolve(folder);
        self.client_key.resolve(folder);
        if let Some(exec) = &mut self.exec {
            // A bare name is looked for on the PATH.
            if exec.command.as_str().contains(std::path::MAIN_SEPARATOR) {
                exec.command.resolve(folder);
            }
        }
    }
}

/// Never shows the text.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "-" } else { ".." })
    }
}

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

/// Takes what YAML has made a number or a boolean of for the text that it was.
struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(text.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
        Ok(Text(Zeroizing::new(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
        Ok(Text(Zeroizing::new(number.to_string())))
    }

    fn visit_bool<E>(self, is: bool) -> Result<Text, E> {
        Ok(if is { "true" } else { "false" }.into())
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text::default())
    }
}

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self {
            name: Text::default(),
            entry: None,
        }
    }
}

/// `null` is what is not there.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}
