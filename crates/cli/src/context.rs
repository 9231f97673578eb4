use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use refresh::{Clock, SystemClock};
use zeroize::Zeroizing;

use crate::config_file::ConfigFile;
use crate::failure::Failure;
use crate::resolved::{Overlay, Resolved};

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

    /// The user's home folder, where there is a usable one.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.settings.environment().home()
    }
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
