use std::fmt;

use super::{API_VERSION, KubeletError};

/// The file that tells kubelet of a credential provider, its flag
/// `--image-credential-provider-config`.
///
/// [`CredentialProviderConfig`](https://kubernetes.io/docs/reference/config-api/kubelet-config.v1/#kubelet-config-k8s-io-v1-CredentialProviderConfig)
///
/// ```
/// use ecr_auth::{CredentialProviderConfig, ecr_match_images};
///
/// let config = CredentialProviderConfig::new("iamra-credential-provider", ecr_match_images())?
///     .arg("--config=/etc/iamra/config.toml");
/// assert!(config.to_yaml().contains("\n  - \"*.dkr.ecr.*.amazonaws.com\"\n"));
/// # Ok::<(), ecr_auth::KubeletError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CredentialProviderConfig {
    name: String,
    match_images: Vec<String>,
    args: Vec<String>,
    token_attributes: Option<TokenAttributes>,
}

/// Has kubelet add the pod's service account to its requests, since 1.34.
///
/// It is no reason to refuse pods without one (`requireServiceAccount: false`):
/// what the node may pull, they may.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "made by hand, like the map that it is"
)]
pub struct TokenAttributes {
    /// Whom the tokens are for.
    pub audience: String,
    /// What kubelet keeps answers for.
    pub cache_type: TokenCacheType,
    /// Annotations of the service account that come along where they are.
    pub optional_annotation_keys: Vec<String>,
}

/// For how many requests an answer is kept.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "this version of the config has two"
)]
pub enum TokenCacheType {
    /// For those with the same service account: right where the answer depends
    /// on its name and annotations.
    ServiceAccount,
    /// For those with the same token: right where it lives no longer than that.
    Token,
}

impl CredentialProviderConfig {
    /// A provider that is the program `name` in the folder of kubelet's flag
    /// `--image-credential-provider-bin-dir`, and is asked for these images:
    /// [`ecr_match_images`](crate::ecr_match_images), or exact hosts.
    pub fn new(name: &str, match_images: Vec<String>) -> Result<Self, KubeletError> {
        let name = name.to_owned();
        let strange = |at: char| at == '/' || at.is_whitespace() || at.is_control();
        if name.is_empty() || name == "." || name == ".." || name.contains(strange) {
            return Err(KubeletError::ProviderName { name });
        }
        if match_images.is_empty() {
            return Err(KubeletError::NoImages);
        }
        Ok(Self {
            name,
            match_images,
            args: Vec::new(),
            token_attributes: None,
        })
    }

    /// One more argument of the program.
    #[must_use]
    pub fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    /// Has kubelet send service accounts along.
    #[must_use]
    pub fn token_attributes(mut self, attributes: TokenAttributes) -> Self {
        self.token_attributes = Some(attributes);
        self
    }

    /// The file, in YAML.
    ///
    /// Every text of ours is in double quotes, and everything beyond printable
    /// ASCII in escapes: so it is the same text in YAML 1.1 and 1.2.
    pub fn to_yaml(&self) -> String {
        self.to_string()
    }
}

/// As YAML.
impl fmt::Display for CredentialProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "apiVersion: kubelet.config.k8s.io/v1")?;
        writeln!(f, "kind: CredentialProviderConfig")?;
        writeln!(f, "providers:")?;
        writeln!(f, "- name: {}", Scalar(&self.name))?;
        writeln!(f, "  apiVersion: {API_VERSION}")?;
        write_list(f, "  matchImages", &self.match_images)?;
        // Answers have their own: this is for those that would have none.
        writeln!(f, "  defaultCacheDuration: \"0s\"")?;
        write_list(f, "  args", &self.args)?;
        match &self.token_attributes {
            Some(attributes) => attributes.write(f),
            None => Ok(()),
        }
    }
}

impl TokenAttributes {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cache_type = match self.cache_type {
            TokenCacheType::ServiceAccount => "ServiceAccount",
            TokenCacheType::Token => "Token",
        };
        writeln!(f, "  tokenAttributes:")?;
        let audience = Scalar(&self.audience);
        writeln!(f, "    serviceAccountTokenAudience: {audience}")?;
        writeln!(f, "    cacheType: {cache_type}")?;
        writeln!(f, "    requireServiceAccount: false")?;
        let keys = &self.optional_annotation_keys;
        write_list(f, "    optionalServiceAccountAnnotationKeys", keys)
    }
}

/// A list under its name, on the level of the name; nothing if it is empty.
fn write_list(f: &mut fmt::Formatter<'_>, name: &str, items: &[String]) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(f, "{name}:")?;
    let indent = name.len() - name.trim_start().len();
    for item in items {
        writeln!(f, "{:indent$}- {}", "", Scalar(item))?;
    }
    Ok(())
}

/// A text in double quotes.
struct Scalar<'a>(&'a str);

impl fmt::Display for Scalar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for at in self.0.chars() {
            match at {
                '"' | '\\' => write!(f, "\\{at}")?,
                ' '..='~' => write!(f, "{at}")?,
                '\0'..='\u{ffff}' => write!(f, "\\u{:04x}", u32::from(at))?,
                _ => write!(f, "\\U{:08x}", u32::from(at))?,
            }
        }
        f.write_str("\"")
    }
}
