use std::fmt;

use super::SecretSink;
use crate::kubernetes::marks::Seen;
use crate::kubernetes::secret_document::SecretDocument;
use crate::kubernetes::{Error, SecretData};

/// A whole Secret, as it was read once: for those who want to see what is there.
#[derive(Clone)]
#[non_exhaustive]
pub struct Found {
    /// Its type.
    pub secret_type: String,
    /// Whether nobody can change it.
    pub is_immutable: bool,
    /// Its values.
    pub data: SecretData,
    /// What its metadata says.
    pub seen: Seen,
}

impl SecretSink {
    /// The Secret of a namespace with its values, whoever's it is; `None` where
    /// there is none.
    pub async fn read(&self, namespace: &str) -> Result<Option<Found>, Error> {
        let document: Option<SecretDocument> = self.cluster.find(&self.get(namespace)?).await?;
        Ok(document.map(|document| Found {
            secret_type: document.secret_type.clone(),
            is_immutable: document.immutable,
            seen: Seen::of(&document.metadata, &self.spec),
            data: document.into_data(),
        }))
    }
}

/// Never shows a value.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found")
            .field("secret_type", &self.secret_type)
            .field("is_immutable", &self.is_immutable)
            .field("keys", &self.data.keys().collect::<Vec<_>>())
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::marks::Whose;

    #[test]
    fn what_is_found_is_not_shown() {
        let found = Found {
            secret_type: "Opaque".to_owned(),
            is_immutable: false,
            data: [("key".to_owned(), b"hidden".to_vec().into())].into(),
            seen: Seen {
                uid: "u".to_owned(),
                resource_version: "7".to_owned(),
                whose: Whose::Unmarked,
            },
        };
        let shown = format!("{found:?}");
        assert!(shown.contains("keys: [\"key\"]"), "{shown}");
        assert!(
            !shown.contains("hidden") && !shown.contains("104"),
            "{shown}"
        );
    }
}
