//! The sink of `creds file`: a profile of the credentials file, of the config
//! file where one is named, and who is told when they have changed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_partition::Region;
use k8s_sinks::file::{ConfigFile, CredentialsFile, ProfileName, Setting};
use refresh::{Backoff, Clock};

use crate::context::Context;
use crate::daemon::Hooks;
use crate::failure::Failure;
use crate::session::{Earlier, SessionCredentials, SessionDaemon, SessionKey};
use crate::{audit, files};

mod record;

use record::Record;

/// Where a session's credentials are written.
pub(crate) struct ProfileSink {
    files: Arc<Files>,
    hooks: Hooks,
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
            clock: Arc::clone(&context.clock),
        })
    }

    /// Finds what an earlier process has written, if it is the session of a key
    /// and still valid.
    pub(crate) fn left_behind(&self) -> Earlier {
        let (files, clock) = (Arc::clone(&self.files), Arc::clone(&self.clock));
        Box::new(move |key| files.left_behind(key, clock.now()))
    }

    /// Writes them; whether the credentials in the file were others.
    pub(crate) async fn deliver(
        &self,
        credentials: &SessionCredentials,
        key: Option<&SessionKey>,
    ) -> Result<bool, Failure> {
        let (files, credentials) = (Arc::clone(&self.files), credentials.clone());
        let key = key.cloned();
        let delivery = move || files.deliver(&credentials, key.as_ref());
        files::aside(delivery).await?
    }

    /// Writes whatever the session brings, for as long as this is awaited, and
    /// tells the hooks.
    pub(crate) async fn keep(&self, session: &SessionDaemon) -> Infallible {
        let mut attempts = session.attempts();
        let (mut misses, mut untold) = (0, false);
        loop {
            let wait = match self.pass(session, &mut untold).await {
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
    async fn pass(&self, session: &SessionDaemon, untold: &mut bool) -> Result<(), Failure> {
        let Ok(credentials) = session.credentials().await else {
            return Ok(());
        };
        *untold |= self.deliver(&credentials, credentials.key()).await?;
        if *untold {
            self.tell(&credentials).await?;
            *untold = false;
        }
        Ok(())
    }

    /// Runs the hooks.
    pub(crate) async fn tell(&self, credentials: &SessionCredentials) -> Result<(), Failure> {
        if self.hooks.is_empty() {
            return Ok(());
        }
        let file = self.files.credentials.path().display().to_string();
        let facts = [
            ("IAMRA_CHANGED_FILE", file),
            ("IAMRA_CHANGED_PROFILE", self.files.profile.to_string()),
            ("IAMRA_CHANGED_NOT_AFTER", credentials.expiration.clone()),
        ];
        self.hooks.run(&facts).await
    }
}

impl Files {
    fn deliver(
        &self,
        credentials: &SessionCredentials,
        key: Option<&SessionKey>,
    ) -> Result<bool, Failure> {
        let receipt = self.credentials.deliver(&credentials.of_profile())?;
        if receipt.changed {
            files::delivered(&receipt);
            audit::handed_out(&credentials.access_key_id, "credentials file");
        }
        if let Some(key) = key {
            self.record.write(key, credentials);
        }
        if let Some((sink, region)) = &self.config {
            // The credentials are there; what is left to do is the lesser part.
            let region = Setting::new("region", region.as_str().into())?;
            let delivered = sink.deliver(vec![region]);
            let delivered = delivered.map_err(|error| Failure::from(error).after_others())?;
            if delivered.changed {
                files::delivered(&delivered);
            }
        }
        Ok(receipt.changed)
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
