use k8s_sinks::kubernetes::{SecretData, SecretForm};

/// An Opaque Secret of one value, under this key; it is never merged into
/// somebody else's.
#[derive(Debug)]
pub(crate) struct OneValue(pub(crate) &'static str);

impl SecretForm for OneValue {
    fn secret_type(&self) -> &'static str {
        "Opaque"
    }

    fn keys(&self) -> Vec<String> {
        vec![self.0.to_owned()]
    }

    fn is_replaceable(&self, _: &SecretData) -> bool {
        false
    }

    fn merged(&self, _: &SecretData, _: &SecretData) -> Result<SecretData, String> {
        Err("it is never merged".to_owned())
    }
}
