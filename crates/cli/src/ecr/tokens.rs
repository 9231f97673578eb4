use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_partition::Endpoint;
use ecr_auth::{AuthorizationToken, Ecr, TokenScope};
use refresh::{FaultKind, Schedule};
use tokio::sync::OnceCell;

use super::cache_folder::cache_folder;
use super::client::ecr_client;
use super::principal::Principal;
use super::stored_token::StoredToken;
use crate::audit;
use crate::context::Context;
use crate::explanation::ecr;
use crate::failure::Failure;
use crate::identity::IdentitySource;
#[cfg(feature = "kubernetes")]
use crate::resolved::Resolved;
use crate::session::SessionKey;
use crate::shared::{Sharing, Store};

/// Authorization tokens of one principal: from other processes, where they have
/// left one, else from ECR.
pub(crate) struct Tokens<'a> {
    context: &'a Context<'a>,
    principal: Principal,
    /// Where tokens are kept, and the principal's key there.
    cache: Option<(PathBuf, String)>,
    /// Asked for when the first token is.
    credentials: OnceCell<Credentials>,
    source: OnceCell<IdentitySource>,
    ecr: OnceCell<Ecr>,
    /// How long a token may take in all, where somebody waits for no longer.
    within: Option<Duration>,
}

/// A token, and where it was found.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) token: AuthorizationToken,
    pub(crate) origin: Origin,
}

/// Where a token was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    /// Another process had left it.
    Cache,
    /// It was asked for now.
    Ecr,
}

impl Origin {
    /// In JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Ecr => "ecr",
        }
    }
}

impl<'a> Tokens<'a> {
    /// As the settings say; connects to nobody.
    pub(crate) fn new(context: &'a Context<'a>) -> Result<Self, Failure> {
        let tokens = Self::without_cache(context)?;
        let cache = match cache_folder(context)? {
            Some(folder) => tokens.principal.key(context)?.map(|key| (folder, key)),
            None => None,
        };
        Ok(Self { cache, ..tokens })
    }

    /// The same, and nothing of other processes: each token is asked for.
    pub(crate) fn without_cache(context: &'a Context<'a>) -> Result<Self, Failure> {
        Ok(Self {
            context,
            principal: Principal::named(&context.settings)?,
            cache: None,
            credentials: OnceCell::new(),
            source: OnceCell::new(),
            within: None,
            ecr: OnceCell::new(),
        })
    }

    /// What tells whose tokens they are, before anybody is asked; `None` where
    /// that cannot be told.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn principal(context: &Context<'_>) -> Result<Option<String>, Failure> {
        Principal::named(&context.settings)?.key(context)
    }

    /// Refuses settings with which no token could be had, as far as these tell;
    /// asks nobody, and reads no key.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn check(context: &Context<'_>) -> Result<(), Failure> {
        Principal::named(&context.settings)?.check(context)
    }

    /// Whether the SDKs' credentials are used, and no certificate.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn are_ambient(settings: &Resolved<'_>) -> Result<bool, Failure> {
        Ok(Principal::named(settings)? == Principal::Ambient)
    }

    /// The same, and a token is had within this time or not at all.
    pub(crate) fn within(self, within: Duration) -> Self {
        Self {
            within: Some(within),
            ..self
        }
    }

    /// A token for the registries of `scope`.
    pub(crate) async fn token(&self, scope: &TokenScope) -> Result<Token, Failure> {
        let shared = self.shared(scope);
        let ended = match self.within {
            None => shared.await,
            Some(within) => {
                let ended = tokio::time::timeout(within, shared).await;
                ended.unwrap_or_else(|_| Err(late(within)))
            }
        };
        // Vault gets its token back, whatever came of it.
        if let Some(source) = self.source.get() {
            source.finish().await;
        }
        ended
    }

    async fn shared(&self, scope: &TokenScope) -> Result<Token, Failure> {
        let asked = AtomicBool::new(false);
        let obtain = async || {
            // On the heap: a hit in the cache needs none of what this holds.
            let token = Box::pin(self.ask(scope)).await?;
            asked.store(true, Ordering::Relaxed);
            Ok(StoredToken(token))
        };
        let StoredToken(token) = match self.store(scope)? {
            None => obtain().await?,
            Some(store) => {
                let sharing = Sharing {
                    store: &store,
                    clock: &*self.context.clock,
                    schedule: Schedule::TOKEN,
                };
                sharing.value(obtain).await?
            }
        };
        let origin = if asked.load(Ordering::Relaxed) {
            Origin::Ecr
        } else {
            Origin::Cache
        };
        Ok(Token { token, origin })
    }

    async fn ask(&self, scope: &TokenScope) -> Result<AuthorizationToken, Failure> {
        let credentials = || self.principal.credentials(self.context, &self.source);
        let credentials = self.credentials.get_or_try_init(credentials).await?;
        self.warn_of_endpoint(scope)?;
        let client = async || ecr_client(self.context);
        let ecr = self.ecr.get_or_try_init(client).await?;
        let token = ecr.authorization_token(scope, credentials).await?;
        audit::token_obtained(credentials.access_key_id(), scope, &token);
        Ok(token)
    }

    /// An endpoint that somebody has named need not be what a registry's name
    /// promises.
    fn warn_of_endpoint(&self, scope: &TokenScope) -> Result<(), Failure> {
        let TokenScope::Private { endpoint, .. } = scope else {
            return Ok(());
        };
        let named = self.context.settings.sourced("ecr-endpoint")?;
        if let Some(named) = named.filter(|_| *endpoint != Endpoint::default()) {
            tracing::warn!(%scope, "the token comes from {} ({}), which need not be FIPS or dual-stack", named.value, named.origin);
        }
        Ok(())
    }

    fn store(&self, scope: &TokenScope) -> Result<Option<Store<StoredToken>>, Failure> {
        let Some((folder, principal)) = &self.cache else {
            return Ok(None);
        };
        let text = |name| self.context.settings.text(name);
        let key = SessionKey::of(&[
            ("principal", principal.as_str()),
            ("scope", &scope.to_string()),
            ("api", &text("ecr-endpoint")?.unwrap_or_default()),
            (
                "public api",
                &text("ecr-public-endpoint")?.unwrap_or_default(),
            ),
        ]);
        Ok(Some(Store::in_folder(folder, key.as_str())))
    }
}

fn late(within: Duration) -> Failure {
    let message = format!("there was no token within {} s", within.as_secs());
    Failure::new("ecr.late", FaultKind::Unavailable, message).with_hint(ecr::LATE.fix)
}

#[cfg(test)]
mod tests;
