use refresh::Schedule;

use super::{SessionCredentials, SessionKey, open};
use crate::aws::Aws;
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::IdentitySource;
use crate::shared::{Sharing, Store, default_folder};

/// The session that processes share, if they do.
pub(super) struct Shared(Option<Store<SessionCredentials>>);

impl Shared {
    /// As the settings say. On by itself only with Vault, where each session
    /// costs a login and a certificate besides.
    pub(super) fn named(context: &Context<'_>, source: &IdentitySource) -> Result<Self, Failure> {
        let named = context.settings.text("session-cache")?;
        let folder = match named.as_deref() {
            Some("off") => None,
            Some(_) => context.settings.path("session-cache")?,
            None if source.is_costly() => default_folder(context.settings.environment()),
            None => None,
        };
        let Some(folder) = folder else {
            return Ok(Self(None));
        };
        let key = source.key(context, &SessionKey::new(context)?)?;
        Ok(Self(key.map(|key| Store::in_folder(&folder, key.as_str()))))
    }

    /// One that is not due, or else one that is opened now; where that fails,
    /// the last one while it is good.
    pub(super) async fn credentials(
        &self,
        context: &Context<'_>,
        aws: &Aws,
        source: &IdentitySource,
    ) -> Result<SessionCredentials, Failure> {
        let opening = async || {
            let opened = open(context, aws, source).await?;
            Ok(SessionCredentials::from(&opened.session))
        };
        let Some(store) = &self.0 else {
            return opening().await;
        };
        let sharing = Sharing {
            store,
            clock: &*context.clock,
            schedule: Schedule::SESSION,
        };
        sharing.value(opening).await
    }
}
