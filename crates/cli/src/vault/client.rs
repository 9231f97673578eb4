use std::sync::Arc;
use std::time::Duration;

use vault_pki::{Mount, NoLogin, Session, Vault};

use super::{login, settings};
use crate::audit;
use crate::context::Context;
use crate::failure::Failure;
use crate::resolved::Resolved;

/// Vault for whoever wants no certificate of it.
pub(crate) struct VaultClient {
    pub(crate) vault: Vault,
    method: &'static str,
}

impl VaultClient {
    /// One that logs in when it has to; connects to nobody yet.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let login = login::method(context)?;
        let method = login.name();
        let settings = settings::vault_settings(&context.settings)?;
        let vault = Vault::new(settings, login, Arc::clone(&context.clock))?;
        Ok(Self { vault, method })
    }

    /// One that asks only for what Vault tells everybody.
    pub(crate) fn anonymous(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = settings::vault_settings(&context.settings)?;
        let login = Box::new(NoLogin::default());
        let vault = Vault::new(settings, login, Arc::clone(&context.clock))?;
        let method = "none";
        Ok(Self { vault, method })
    }

    /// Records the logins so far, and gives the token back, if it is ours.
    pub(crate) async fn finish(&self) {
        audit_logins(&self.vault, self.method);
        give_back(&self.vault, self.vault.finish()).await;
    }
}

/// The PKI mount that is meant.
pub(crate) fn pki_mount(settings: &Resolved<'_>) -> Result<Mount, Failure> {
    let mount = settings.parse::<Mount>("pki-mount")?;
    let mount = mount.map_or_else(|| DEFAULT_MOUNT.parse(), Ok);
    Ok(mount.map_err(vault_pki::Error::Name)?)
}

/// The mount that the recipes use.
const DEFAULT_MOUNT: &str = "pki-aws";

/// Records each login once.
pub(super) fn audit_logins(vault: &Vault, method: &str) {
    let address = vault.settings().address.to_string();
    for session in vault.take_logins() {
        audit::logged_in(method, session.accessor.as_deref(), &address);
    }
}

/// Gives the token back, if it is ours. What we came for, we have: a failure
/// is worth no more than a word, and a wait no more than a moment.
pub(super) async fn give_back(
    vault: &Vault,
    farewell: impl Future<Output = Result<Option<Arc<Session>>, vault_pki::Error>>,
) {
    let address = vault.settings().address.to_string();
    match tokio::time::timeout(FAREWELL, farewell).await {
        Ok(Ok(Some(session))) => audit::token_revoked(session.accessor.as_deref(), &address),
        Ok(Ok(None)) => {}
        Ok(Err(error)) => tracing::debug!(%error, "the token was not revoked; it will expire"),
        Err(_) => tracing::debug!("the token was not revoked in time; it will expire"),
    }
}

/// How long Vault may take to revoke a token.
const FAREWELL: Duration = Duration::from_secs(2);
