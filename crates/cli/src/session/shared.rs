use std::path::PathBuf;
use std::time::Duration;

use refresh::{Due, FaultKind, Schedule};

use super::{SessionCredentials, SessionKey, SessionStore, open};
use crate::aws::Aws;
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::IdentitySource;

/// The session that processes share, if they do.
pub(super) struct Shared(Option<SessionStore>);

impl Shared {
    /// As the settings say. On by itself only with Vault, where each session
    /// costs a login and a certificate besides.
    pub(super) fn named(context: &Context<'_>, source: &IdentitySource) -> Result<Self, Failure> {
        let named = context.settings.text("session-cache")?;
        let folder = match named.as_deref() {
            Some("off") => None,
            Some(_) => context.settings.path("session-cache")?,
            None if source.is_costly() => default_folder(context),
            None => None,
        };
        let Some(folder) = folder else {
            return Ok(Self(None));
        };
        let key = source.key(context, &SessionKey::new(context)?)?;
        Ok(Self(key.map(|key| SessionStore::in_folder(&folder, &key))))
    }

    /// One that is not due, or else one that is opened now; where that fails,
    /// the last one while it is good.
    pub(super) async fn credentials(
        &self,
        context: &Context<'_>,
        aws: &Aws,
        source: &IdentitySource,
    ) -> Result<SessionCredentials, Failure> {
        let Some(store) = &self.0 else {
            let opened = open(context, aws, source).await?;
            return Ok(SessionCredentials::from(&opened.session));
        };
        let opening = async || {
            let opened = open(context, aws, source).await?;
            let opened = SessionCredentials::from(&opened.session);
            store.write(&opened);
            Ok(opened)
        };
        match store.read(context.now()) {
            Some(good) => better(store, context, good, opening).await,
            None => first(store, context, opening).await,
        }
    }
}

/// Nobody has one: whoever comes meanwhile waits for the one that opens it.
async fn first(
    store: &SessionStore,
    context: &Context<'_>,
    open: impl AsyncFnOnce() -> Result<SessionCredentials, Failure>,
) -> Result<SessionCredentials, Failure> {
    let _turn = store.turn().await;
    match store.read(context.now()) {
        Some(found) => Ok(found),
        None => open().await,
    }
}

/// There is a good one. Where it is due, one process tries to have another, for
/// a few seconds; nobody waits for that, and nobody tries again for a while.
async fn better(
    store: &SessionStore,
    context: &Context<'_>,
    good: SessionCredentials,
    open: impl AsyncFnOnce() -> Result<SessionCredentials, Failure>,
) -> Result<SessionCredentials, Failure> {
    let now = context.now();
    // Without jitter: all processes find the same.
    let due = Schedule::SESSION.at(good.lifetime, now, 0.0);
    if matches!(due, Due::Fresh { .. }) || store.was_missed(now) {
        return Ok(good);
    }
    let Some(_turn) = store.turn_at_once().await else {
        return Ok(good);
    };
    let late = |_| {
        let message = "no other session could be had in time";
        Failure::new("session.late", FaultKind::Unavailable, message)
    };
    let opened = tokio::time::timeout(PATIENCE, open()).await;
    let failure = match opened.map_err(late).flatten() {
        Ok(opened) => return Ok(opened),
        Err(failure) => failure,
    };
    store.miss(now);
    let (code, hint, expiration) = (failure.code(), failure.hint(), &good.expiration);
    tracing::warn!(
        code,
        hint,
        "{failure}; the last session is used, until {expiration}"
    );
    Ok(good)
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

/// With a good session at hand, nobody wants to wait for long.
const PATIENCE: Duration = Duration::from_secs(5);
