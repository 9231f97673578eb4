use super::super::marks::TOKEN_TYPE;
use super::super::{SecretData, SecretForm};

/// A type that no program reads but ours.
#[derive(Debug)]
pub(super) struct TokenForm;

impl SecretForm for TokenForm {
    fn secret_type(&self) -> &'static str {
        TOKEN_TYPE
    }

    fn keys(&self) -> Vec<String> {
        vec![VALUE.to_owned()]
    }

    fn is_replaceable(&self, _: &SecretData) -> bool {
        false
    }

    fn merged(&self, _: &SecretData, _: &SecretData) -> Result<SecretData, String> {
        Err("what is kept is not merged".to_owned())
    }
}

/// The key of the value.
pub(super) const VALUE: &str = "value";
