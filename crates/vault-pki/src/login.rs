use std::fmt::Debug;

use async_trait::async_trait;

use crate::{Error, Session};

mod choice;
mod exchange;
mod kubernetes;
mod token;
mod token_file;

pub use choice::{LoginChoice, LoginInputs, LoginReason, choose_login};
pub use exchange::{LoginExchange, LoginRequest};
pub use kubernetes::KubernetesLogin;
pub use token::TokenLogin;
pub use token_file::TokenFileLogin;

/// A way to come to a token.
///
/// An implementation reads its files at each login, because they are rotated,
/// and says with the [`Session`] whether the token is its own: only such a
/// token is kept, replaced when Vault no longer takes it, and revoked.
#[async_trait]
pub trait LoginMethod: Debug + Send + Sync {
    /// The name of the method, as logs show it.
    fn name(&self) -> &'static str;

    /// Comes to a token.
    async fn log_in(&self, exchange: &LoginExchange<'_>) -> Result<Session, Error>;
}
