use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::Result;

/// A pull secret as kubelet reads it.
pub(crate) struct PullSecret {
    pub(crate) uid: String,
    /// What is under `.dockerconfigjson`.
    pub(crate) document: Value,
}

impl PullSecret {
    pub(crate) fn of(object: &Value) -> Result<Self> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let data = BASE64_STANDARD.decode(text(&object["data"][".dockerconfigjson"]))?;
        Ok(Self {
            uid: text(&object["metadata"]["uid"]),
            document: serde_json::from_slice(&data)?,
        })
    }

    /// `Basic …` for its only registry, as a client would send it.
    pub(crate) fn authorization(&self) -> Result<String> {
        let auths = self.document["auths"].as_object();
        let login = auths.and_then(|auths| auths.values().next());
        let auth = login.and_then(|login| login["auth"].as_str());
        Ok(format!("Basic {}", auth.ok_or("the Secret has no login")?))
    }

    /// The document with all but the beginning of each secret cut.
    pub(crate) fn shown(&self) -> String {
        let mut document = self.document.clone();
        let logins = document["auths"].as_object_mut().into_iter().flatten();
        for (_, login) in logins {
            for name in ["auth", "password"] {
                if let Some(secret) = login[name].as_str() {
                    login[name] = cut(secret).into();
                }
            }
        }
        document.to_string()
    }
}

fn cut(secret: &str) -> String {
    let beginning: String = secret.chars().take(4).collect();
    format!("{beginning}… ({} characters)", secret.chars().count())
}
