//! The sink of `creds file`: a profile of the credentials file, of the config
//! file where one is named, and who is told when they have changed.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_partition::Region;
use k8s_sinks::file::{ConfigFile, CredentialsFile, ProfileName, Setting};
use refresh::{Backoff, Clock, Expires as _};

use crate::context::Context;
use crate::daemon::Hooks;
use crate::failure::Failure;
use crate::session::{Earlier, SessionCredentials, SessionDaemon, SessionKey};
use crate::{audit, files};

mod health;
mod record;

use health::Health;
use record::Record;

/// Where a session's credentials are written.
pub(crate) struct ProfileSink {
    files: Arc<Files>,
    hooks: Hooks,
    /// Whether the hooks are owed word of what was written.
    owes: AtomicBool,
    /// The access key that this process has told them of last.
    told: Mutex<Option<String>>,
    health: Health,
    clock: Arc<dyn Clock>,
}

struct Files {
    credentials: CredentialsFile,
    config: Option<(ConfigFile, Region)>,
    profile: ProfileName,
    record: Record,
}

impl ProfileSink {
    /// From the settings; writes nothing. `region` is the session's, where it
    /// has one.
    pub(crate) fn new(context: &Context<'_>, region: Option<&Region>) -> Result<Self, Failure> {
        let profile: ProfileName = context.settings.parse("profile")?.unwrap_or_default();
        let mut options = files::options(context)?;
        if context.settings.switch("keep-inode")? {
            options = options.keep_inode();
        }
        let path = files::credentials_file(context)?;
        let config = context.settings.path("config-file")?;
        let config = config.map(|path| {
            let region = region.cloned().map_or_else(|| own_region(context), Ok)?;
            let file = ConfigFile::new(path, profile.clone(), options);
            Ok::<_, Failure>((file, region))
        });
        Ok(Self {
            files: Arc::new(Files {
                record: Record::beside(&path, &profile),
                credentials: CredentialsFile::new(path, profile.clone(), options),
                config: config.transpose()?,
                profile,
            }),
            hooks: Hooks::new(context)?,
            owes: AtomicBool::new(false),
            told: Mutex::default(),
            health: Health::default(),
            clock: Arc::clone(&context.clock),
        })
    }

    /// Finds what an earlier process has written, if it is the session of a key
    /// and still valid.
    pub(crate) fn left_behind(&self) -> Earlier {
        let (files, clock) = (Arc::clone(&self.files), Arc::clone(&self.clock));
        Box::new(move |key| files.left_behind(key, clock.now()))
    }

    /// Writes them, and tells the hooks where they have not been told.
    pub(crate) async fn bring(
        &self,
        credentials: &SessionCredentials,
        key: Option<&SessionKey>,
    ) -> Result<(), Failure> {
        let delivered = self.deliver(credentials, key).await;
        self.health
            .note(delivered.is_ok().then(|| credentials.lifetime()));
        delivered?;
        self.tell(credentials, key).await
    }

    /// Writes whatever the session brings, for as long as this is awaited, and
    /// tells the hooks.
    pub(crate) async fn keep(&self, session: &SessionDaemon) -> Infallible {
        let mut attempts = session.attempts();
        let mut misses = 0;
        loop {
            let wait = match self.pass(session).await {
                Ok(()) => {
                    misses = 0;
                    LONGEST_WAIT
                }
                Err(failure) => {
                    let (code, hint) = (failure.code(), failure.hint());
                    tracing::warn!(code, hint, "{failure}");
                    misses += 1;
                    backoff(misses)
                }
            };
            tokio::select! {
                () = self.clock.sleep(wait) => {}
                _ = attempts.changed() => {}
            }
        }
    }

    /// What there is to do now. Where no session is open, nothing: that is said
    /// elsewhere.
    async fn pass(&self, session: &SessionDaemon) -> Result<(), Failure> {
        match session.credentials().await {
            Ok(credentials) => self.bring(&credentials, credentials.key()).await,
            Err(_) => Ok(()),
        }
    }

    async fn deliver(
        &self,
        credentials: &SessionCredentials,
        key: Option<&SessionKey>,
    ) -> Result<(), Failure> {
        let hooks = match (self.hooks.is_empty(), self.told(credentials)) {
            (true, _) => Audience::Nobody,
            (false, true) => Audience::Told,
            (false, false) => Audience::Unsure,
        };
        let (files, own, key) = (self.files(), credentials.clone(), key.cloned());
        let is_owed = files::aside(move || files.deliver(&own, key.as_ref(), hooks)).await??;
        if is_owed {
            self.told
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
        }
        self.owes.fetch_or(is_owed, Ordering::Relaxed);
        // The credentials are there; what is left to do is the lesser part.
        let files = self.files();
        let delivered = files::aside(move || files.deliver_region()).await?;
        delivered.map_err(Failure::after_others)
    }

    /// Runs the hooks, where there is something that they have not been told.
    async fn tell(
        &self,
        credentials: &SessionCredentials,
        key: Option<&SessionKey>,
    ) -> Result<(), Failure> {
        if !self.owes.load(Ordering::Relaxed) {
            return Ok(());
        }
        let file = self.files.credentials.path().display().to_string();
        let facts = [
            ("IAMRA_CHANGED_FILE", file),
            ("IAMRA_CHANGED_PROFILE", self.files.profile.to_string()),
            ("IAMRA_CHANGED_NOT_AFTER", credentials.expiration.clone()),
        ];
        self.hooks.run(&facts).await?;
        self.owes.store(false, Ordering::Relaxed);
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(credentials.access_key_id.clone());
        let (files, credentials, key) = (self.files(), credentials.clone(), key.cloned());
        files::aside(move || files.record.write(key.as_ref(), &credentials, false)).await
    }

    /// Whether this process has told of these.
    fn told(&self, credentials: &SessionCredentials) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.as_ref() == Some(&credentials.access_key_id)
    }

    fn files(&self) -> Arc<Files> {
        Arc::clone(&self.files)
    }
}

/// Who wants to know of a change.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Audience {
    Nobody,
    /// Hooks that this process has told of these credentials.
    Told,
    /// Hooks that another process may have told, or not.
    Unsure,
}

impl Files {
    /// Writes the credentials; whether the hooks are owed word of it, by an
    /// earlier process perhaps.
    fn deliver(
        &self,
        credentials: &SessionCredentials,
        key: Option<&SessionKey>,
        hooks: Audience,
    ) -> Result<bool, Failure> {
        let was_owed = hooks == Audience::Unsure && self.record.owes(&credentials.access_key_id);
        let receipt = self.credentials.deliver(&credentials.of_profile())?;
        let is_owed = hooks != Audience::Nobody && (receipt.changed || was_owed);
        // Before it is said: whoever hears of it may end us, and start the next one.
        if key.is_some() || hooks != Audience::Nobody {
            self.record.write(key, credentials, is_owed);
        }
        if receipt.changed {
            files::delivered(&receipt);
            audit::handed_out(&credentials.access_key_id, "credentials file");
        }
        Ok(is_owed)
    }

    fn deliver_region(&self) -> Result<(), Failure> {
        let Some((sink, region)) = &self.config else {
            return Ok(());
        };
        let delivered = sink.deliver(vec![Setting::new("region", region.as_str().into())?])?;
        if delivered.changed {
            files::delivered(&delivered);
        }
        Ok(())
    }

    fn left_behind(&self, key: &SessionKey, now: SystemTime) -> Option<SessionCredentials> {
        let standing = self.credentials.read().ok()??;
        self.record.read(key, standing, now)
    }
}

/// The region of who has no trust anchor: never a guess.
fn own_region(context: &Context<'_>) -> Result<Region, Failure> {
    if let Some(region) = context.settings.parse("region")? {
        return Ok(region);
    }
    let environment = context.settings.environment();
    let names = ["AWS_REGION".to_owned(), "AWS_DEFAULT_REGION".to_owned()];
    let found = environment
        .first(&names)
        .and_then(|(_, value)| value.to_str());
    let region = found.and_then(|region| region.parse().ok());
    region.ok_or_else(|| {
        let message = "--config-file: there is no region to write into it";
        Failure::configuration("config.missing", message).with_hint("set --region, or AWS_REGION")
    })
}

fn backoff(misses: u32) -> Duration {
    let wait = Backoff::LOOP.delay(misses, fastrand::f64(), None);
    wait.clamp(SHORTEST_WAIT, LONGEST_WAIT)
}

/// Without a look at the file: somebody may have removed it.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
