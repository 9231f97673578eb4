//! Sessions: opened once for one command, kept for a daemon, and kept on disk
//! for the next process.

use std::path::PathBuf;
use std::time::SystemTime;

use refresh::{Due, Expires as _, Schedule};
use rolesanywhere::Session;

use crate::aws::Aws;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::identity::IdentitySource;

mod credentials;
mod daemon;
mod endpoint;
mod keeper;
mod key;
mod source;
mod store;

pub(crate) use credentials::{SessionCredentials, Values};
pub(crate) use daemon::SessionDaemon;
pub(crate) use endpoint::ContainerEndpoint;
pub(crate) use keeper::SessionKeeper;
pub(crate) use key::SessionKey;
pub(crate) use source::{CredentialSource, Outcome};
pub(crate) use store::SessionStore;

/// A session that was opened just now.
pub(crate) struct Opened {
    pub(crate) session: Session,
    /// When the certificate ends that has opened it.
    pub(crate) certificate_not_after: SystemTime,
}

/// The whole pipeline: an identity, a session opened with it, and what is done
/// with the session.
///
/// Vault gets its token back afterwards, whatever came of it: the session is
/// written out first, and no failure leaves a token behind.
pub(crate) async fn with(
    context: &Context<'_>,
    aws: &Aws,
    hand_out: impl AsyncFnOnce(&Opened) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let source = IdentitySource::new(context)?.asking();
    let ended = match open(context, aws, &source).await {
        Ok(opened) => hand_out(&opened).await,
        Err(failure) => Err(failure),
    };
    source.finish().await;
    ended
}

/// The same with the session that another process has opened, where there is
/// one on disk that is not due.
pub(crate) async fn with_shared(
    context: &Context<'_>,
    aws: &Aws,
    hand_out: impl AsyncFnOnce(&SessionCredentials) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let source = IdentitySource::new(context)?.asking();
    let Some(store) = shared_store(context, &source)? else {
        return with(context, aws, async |opened| {
            hand_out(&SessionCredentials::from(&opened.session)).await
        })
        .await;
    };
    if let Some(found) = fresh(&store, context) {
        return hand_out(&found).await;
    }
    // Whoever comes meanwhile waits here for the one that opens.
    let turn = store.turn().await;
    if let Some(found) = fresh(&store, context) {
        drop(turn);
        return hand_out(&found).await;
    }
    let opened = open(context, aws, &source).await;
    let found = opened.map(|opened| SessionCredentials::from(&opened.session));
    let found = found.inspect(|found| store.write(found));
    drop(turn);
    let ended = match found.or_else(|failure| last_good(&store, context, failure)) {
        Ok(found) => hand_out(&found).await,
        Err(failure) => Err(failure),
    };
    source.finish().await;
    ended
}

fn fresh(store: &SessionStore, context: &Context<'_>) -> Option<SessionCredentials> {
    let now = context.now();
    let found = store.read(now)?;
    // Without jitter: all processes find the same.
    let due = Schedule::SESSION.at(found.lifetime(), now, 0.0);
    matches!(due, Due::Fresh { .. }).then_some(found)
}

fn last_good(
    store: &SessionStore,
    context: &Context<'_>,
    failure: Failure,
) -> Result<SessionCredentials, Failure> {
    let Some(found) = store.read(context.now()) else {
        return Err(failure);
    };
    let (code, hint, expiration) = (failure.code(), failure.hint(), &found.expiration);
    tracing::warn!(
        code,
        hint,
        "{failure}; the last session is used, until {expiration}"
    );
    Ok(found)
}

/// Where sessions are shared with other processes. On by itself only with
/// Vault, where each one costs a login and a certificate besides.
fn shared_store(
    context: &Context<'_>,
    source: &IdentitySource,
) -> Result<Option<SessionStore>, Failure> {
    let named = context.settings.text("session-cache")?;
    let folder = match named.as_deref() {
        Some("off") => None,
        Some(_) => context.settings.path("session-cache")?,
        None if source.is_costly() => default_folder(context),
        None => None,
    };
    let Some(folder) = folder else {
        return Ok(None);
    };
    let key = SessionKey::new(context)?;
    Ok(key.map(|key| SessionStore::in_folder(&folder, &key)))
}

/// What a reboot empties is the best place; what a home folder has is the next.
fn default_folder(context: &Context<'_>) -> Option<PathBuf> {
    let environment = context.settings.environment();
    let folder = |name| environment.value(name).map(PathBuf::from);
    let runtime = folder("XDG_RUNTIME_DIR").filter(|folder| folder.is_dir());
    let cache = || folder("XDG_CACHE_HOME").or_else(|| Some(context.home()?.join(".cache")));
    let folder = runtime.or_else(cache)?;
    folder.is_absolute().then(|| folder.join("iamra"))
}

async fn open(
    context: &Context<'_>,
    aws: &Aws,
    source: &IdentitySource,
) -> Result<Opened, Failure> {
    let identity = source.identity(context.now()).await?;
    Ok(Opened {
        session: aws.session(&identity).await?,
        certificate_not_after: identity.certificate().not_after(),
    })
}
