use std::fmt::Debug;

use async_trait::async_trait;

use crate::Error;

mod absent;
mod app_role;
mod certificate;
mod choice;
mod credential;
mod exchange;
mod github_actions;
mod inline;
mod jwt;
mod kubernetes;
mod secret_source;
mod token;
mod token_file;
mod userpass;
mod wrapping;

pub use absent::NoLogin;
pub use app_role::AppRoleLogin;
pub use certificate::CertificateLogin;
pub use choice::{LoginInputs, LoginReason, choose_login};
pub use credential::{Credential, LoginRequest};
pub use exchange::LoginExchange;
pub use github_actions::GitHubActions;
pub(crate) use inline::{InlineLogin, is_failed_login};
pub use jwt::{JwtLogin, JwtSource};
pub use kubernetes::KubernetesLogin;
pub use secret_source::SecretSource;
pub use token::TokenLogin;
pub use token_file::TokenFileLogin;
pub use userpass::UserpassLogin;
pub use wrapping::WrappedSecret;

/// A way to be somebody for Vault.
///
/// An implementation reads its files each time, because they are rotated, and
/// says with the [`Credential`] whether there is a login to be made of it: only
/// a token from such a login is ours, and is kept, replaced when Vault no
/// longer takes it, and revoked.
#[async_trait]
pub trait LoginMethod: Debug + Send + Sync {
    /// The name of the method, as logs show it.
    fn name(&self) -> &'static str;

    /// Whether its credential is a login, which can be sent along with a call
    /// (inline authentication), and not a token or nothing.
    fn is_login(&self) -> bool {
        true
    }

    /// Whether another login can be had at any time, so that its token need
    /// not be kept for hours: not where a secret may be used only so often, or
    /// was given once.
    fn is_repeatable(&self) -> bool;

    /// Brings what Vault will take us by.
    async fn credential(&self, exchange: &LoginExchange<'_>) -> Result<Credential, Error>;
}
