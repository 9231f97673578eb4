#[cfg(any(feature = "ecr", feature = "vault"))]
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use refresh::{Clock, SystemClock};
use zeroize::Zeroizing;

use crate::config_file::ConfigFile;
#[cfg(any(feature = "ecr", feature = "vault"))]
use crate::daemon::OUR_OWN;
#[cfg(feature = "kubernetes")]
use crate::environment::Environment;
use crate::failure::Failure;
use crate::resolved::{Overlay, Resolved};
#[cfg(any(feature = "ecr", feature = "vault"))]
use crate::setting::{Setting, Value};
#[cfg(any(feature = "ecr", feature = "vault"))]
use crate::settings;

/// What every command has: its settings and the clock.
pub(crate) struct Context<'a> {
    pub(crate) settings: Resolved<'a>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(settings: Resolved<'a>) -> Self {
        Self {
            settings,
            clock: Arc::new(SystemClock),
        }
    }

    /// The same for a part of the command with settings of its own.
    pub(crate) fn overlaid(&self, overlay: Overlay) -> Self {
        Self {
            settings: self.settings.overlaid(overlay),
            clock: Arc::clone(&self.clock),
        }
    }

    /// The same for a part of the command without settings of its own.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn again(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            clock: Arc::clone(&self.clock),
        }
    }

    /// The same in another environment.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn within<'b>(&self, environment: &'b Environment) -> Context<'b>
    where
        'a: 'b,
    {
        Context {
            settings: self.settings.within(environment),
            clock: Arc::clone(&self.clock),
        }
    }

    /// The same with another config file.
    pub(crate) fn reread(&self, config: ConfigFile) -> Self {
        Self {
            settings: self.settings.reread(config),
            clock: Arc::clone(&self.clock),
        }
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Whether programs read stdout.
    pub(crate) fn wants_json(&self) -> Result<bool, Failure> {
        match self.settings.sourced("output")? {
            None => Ok(false),
            Some(format) => match format.value.as_str() {
                "text" => Ok(false),
                "json" => Ok(true),
                _ => Err(format.origin.invalid("it must be text or json")),
            },
        }
    }

    /// The environment of a program that is not ours: without the variables of
    /// our secrets, and without those through which a service manager listens to
    /// us alone. The SDKs' own credentials are not ours: a program may ask AWS.
    #[cfg(any(feature = "ecr", feature = "vault"))]
    pub(crate) fn environment_of_others(&self) -> Vec<(OsString, OsString)> {
        self.settings.environment().without(&kept_from_others())
    }

    /// The user's home folder, where there is a usable one.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.settings.environment().home()
    }
}

#[cfg(any(feature = "ecr", feature = "vault"))]
fn kept_from_others() -> Vec<String> {
    let is_of_sdks = |setting: &Setting| {
        let sdks = settings::ALL.iter().filter(|group| is_of_sdks(group));
        let mut sdks = sdks.flat_map(|group| group.settings);
        sdks.any(|other| other.name == setting.name)
    };
    let secrets = settings::all()
        .filter(|setting| setting.value == Value::SecretVariable && !is_of_sdks(setting))
        .flat_map(Setting::all_variables);
    secrets.chain(OUR_OWN.map(str::to_owned)).collect()
}

#[cfg(any(feature = "ecr", feature = "vault"))]
fn is_of_sdks(group: &crate::setting::Group) -> bool {
    let own = [
        settings::CONTAINER_ENDPOINT.heading,
        #[cfg(feature = "ecr")]
        settings::AMBIENT.heading,
    ];
    own.contains(&group.heading)
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

/// Reads a file that may hold a secret: a regular file, of bounded size.
pub(crate) fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let content = private_file::read_private(path)?;
    if content.is_empty() {
        let message = format!("{} is empty", path.display());
        return Err(Failure::configuration("file.empty", message));
    }
    Ok(content)
}

/// The same as text.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let content = read_file(path)?;
    String::from_utf8(content.to_vec()).map_err(|_| {
        let message = format!("{} is not UTF-8", path.display());
        Failure::configuration("file.invalid", message)
    })
}

#[cfg(all(test, any(feature = "ecr", feature = "vault")))]
mod tests {
    use super::*;

    #[test]
    fn others_may_ask_aws_and_do_not_see_our_secrets() {
        let kept = kept_from_others();
        for (name, is_kept) in [
            ("VAULT_TOKEN", true),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", false),
            ("NOTIFY_SOCKET", true),
            ("AWS_SECRET_ACCESS_KEY", false),
            ("AWS_SESSION_TOKEN", false),
        ] {
            assert_eq!(kept.iter().any(|other| other == name), is_kept, "{name}");
        }
    }
}
