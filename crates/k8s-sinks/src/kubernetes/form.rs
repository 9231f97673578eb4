use std::fmt;

use super::SecretData;

/// What kind of Secret it is: its type, and what may be done with one that
/// somebody else has written.
///
/// The contents themselves come as [`Content`](super::Content), and are none of
/// this crate's business.
pub trait SecretForm: fmt::Debug + Send + Sync {
    /// Its type: `kubernetes.io/dockerconfigjson`.
    fn secret_type(&self) -> &str;

    /// The keys of its values.
    fn keys(&self) -> Vec<String>;

    /// Whether these values are nothing but an older state of what we write, by
    /// another program: nobody loses anything when ours take their place.
    fn is_replaceable(&self, foreign: &SecretData) -> bool;

    /// Somebody else's values with `ours` among them, and every other byte as it
    /// was.
    ///
    /// Errors are for people, and hold no value.
    fn merged(&self, foreign: &SecretData, ours: &SecretData) -> Result<SecretData, String>;
}

/// What happens to a Secret of the wanted name that is somebody else's.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum OnForeign {
    /// It stays as it is.
    Refuse,
    /// It is taken over where its values are [replaceable](SecretForm::is_replaceable),
    /// and stays as it is otherwise.
    #[default]
    AdoptReplaceable,
    /// Our values are [merged](SecretForm::merged) into its own; it stays
    /// somebody else's.
    Merge,
    /// It is taken over, whatever it holds. Values under other keys stay.
    Adopt,
}
