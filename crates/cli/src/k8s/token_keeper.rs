use std::sync::{Mutex, PoisonError};

use k8s_sinks::kubernetes::{Error, KeptSecret, KeptVersion};

use super::access::Access;
use super::filled::{Filled, Logins};
use super::group::Group;
use super::kept_tokens;
use crate::ecr::Tokens;
use crate::failure::Failure;
use crate::session::digest_of_parts;

/// The current tokens of a group, kept in a Secret of our own namespace for the
/// next process, and for the next replica that leads.
pub(super) struct TokenKeeper<'a> {
    group: &'a Group<'a>,
    secret: KeptSecret,
    /// What is replaced by the next ones.
    version: Mutex<Option<KeptVersion>>,
}

impl<'a> TokenKeeper<'a> {
    /// Asks nobody yet.
    pub(super) fn new(group: &'a Group<'a>, access: &Access) -> Result<Self, Failure> {
        let config = group.spec.config();
        let (cluster, name) = (access.cluster.clone(), token_secret(config));
        Ok(Self {
            group,
            secret: KeptSecret::new(cluster, &access.own_namespace, &name, config)?,
            version: Mutex::default(),
        })
    }

    /// What is kept, if it is good for the group. That it cannot be read is said,
    /// and no reason to do without tokens.
    pub(super) async fn read(&self) -> Option<Logins> {
        match self.read_through().await {
            Ok(filled) => filled,
            Err(failure) => {
                let code = failure.code();
                tracing::warn!(code, "the tokens that were kept cannot be read: {failure}");
                None
            }
        }
    }

    async fn read_through(&self) -> Result<Option<Logins>, Failure> {
        let Some(kept) = self.secret.read().await? else {
            self.replaces(None);
            return Ok(None);
        };
        self.replaces(Some(kept.version));
        let Some(principal) = principal(self.group)? else {
            return Ok(None);
        };
        let now = self.group.context.now();
        Ok(kept_tokens::filled(
            &kept.value,
            &principal,
            (&self.group.registries, now),
        ))
    }

    /// Keeps other tokens, as long as `may_write`. That they cannot be kept is no
    /// reason to hold them back.
    pub(super) async fn write(&self, logins: &Logins, may_write: impl Fn() -> bool) {
        match self.write_through(logins, may_write).await {
            Ok(()) => {}
            Err(failure) => {
                let code = failure.code();
                tracing::warn!(code, "the tokens cannot be kept in the cluster: {failure}");
            }
        }
    }

    async fn write_through(
        &self,
        logins: &Logins,
        may_write: impl Fn() -> bool,
    ) -> Result<(), Failure> {
        if !may_write() {
            return Ok(());
        }
        // Whose they are may have changed since the start, with the files that
        // say who we are.
        let Some(principal) = principal(self.group)? else {
            return Ok(());
        };
        let text = kept_tokens::text(logins, &principal);
        let version = self.version();
        let written = match self.secret.write(&text, version.as_ref()).await {
            // Who led before has kept his last ones, or somebody has deleted it:
            // ours are to be there, if it is still our turn.
            Err(Error::Overtaken { .. }) if may_write() => {
                let now = self.secret.read().await?.map(|kept| kept.version);
                self.secret.write(&text, now.as_ref()).await
            }
            written => written,
        };
        self.replaces(Some(written?));
        Ok(())
    }

    fn version(&self) -> Option<KeptVersion> {
        let version = self.version.lock().unwrap_or_else(PoisonError::into_inner);
        version.clone()
    }

    fn replaces(&self, version: Option<KeptVersion>) {
        *self.version.lock().unwrap_or_else(PoisonError::into_inner) = version;
    }
}

/// The tokens that a daemon has kept in our own namespace, where they are still
/// good for a group.
pub(crate) async fn current_tokens(
    group: &Group<'_>,
    access: &Access,
) -> Result<Option<Filled>, Failure> {
    if !group.form.has_logins() {
        return Ok(None);
    }
    let kept = TokenKeeper::new(group, access)?.read().await;
    Ok(kept.map(Filled::Logins))
}

/// The name of the Secret with the tokens of a group, by the name of its
/// configuration.
pub(crate) fn token_secret(config: &str) -> String {
    format!("iamra-{}-token", config.replace('.', "-"))
}

/// Whose the tokens are, and who issues them; `None` where that cannot be told
/// before anybody is asked.
fn principal(group: &Group<'_>) -> Result<Option<String>, Failure> {
    let settings = &group.context.settings;
    let Some(key) = Tokens::principal(&group.context)? else {
        return Ok(None);
    };
    let mut parts = vec![key];
    for endpoint in ["ecr-endpoint", "ecr-public-endpoint"] {
        parts.push(settings.text(endpoint)?.unwrap_or_default());
    }
    let parts = parts.iter().map(String::as_bytes);
    Ok(Some(digest_of_parts(parts)))
}
