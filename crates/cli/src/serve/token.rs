use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand;
use credential_server::TokenSource;
use private_file::{Edit, Options, Target, read_private};
use refresh::{Clock, FaultKind};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{Access, Role};
use crate::context::Context;
use crate::failure::Failure;

/// The token of a route: a file's content, read again when it changes, or one
/// that is told to a single child.
pub(crate) enum Token {
    File {
        path: PathBuf,
        clock: Arc<dyn Clock>,
        last: Mutex<Option<Seen>>,
    },
    Told(Arc<SecretString>),
}

/// What stood in the file when it was last looked at.
pub(crate) struct Seen {
    at: SystemTime,
    stamp: Stamp,
    token: Arc<SecretString>,
}

/// What changes when a file is replaced or written.
type Stamp = (Option<SystemTime>, u64, u64);

impl Token {
    /// The token in this file; one is made where there is none.
    pub(crate) fn in_file(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let token = Self::File {
            path: path.to_owned(),
            clock,
            last: Mutex::default(),
        };
        // Whoever has made it has said who may read it, and it may be mounted
        // read-only.
        if token.token().is_none() {
            make(path)?;
        }
        if token.token().is_none() {
            let message = format!("there is no token in {}", path.display());
            return Err(Failure::configuration("file.invalid", message));
        }
        Ok(token)
    }

    /// A new one that nobody else knows.
    pub(crate) fn told() -> Result<Self, Failure> {
        Ok(Self::Told(Arc::new(random()?.as_str().into())))
    }

    /// Where clients find it, if it is in a file.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Told(_) => None,
        }
    }
}

/// Looking at the file at each request would be a sixth of its cost. A new token
/// counts from the first request that shows it, and the old one no longer than a
/// tenth of a second.
impl TokenSource for Token {
    fn token(&self) -> Option<Arc<SecretString>> {
        let (clock, last) = match self {
            Self::Told(token) => return Some(Arc::clone(token)),
            Self::File { clock, last, .. } => (clock, last),
        };
        let last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = &*last
            && is_recent(seen.at, clock.now())
        {
            return Some(Arc::clone(&seen.token));
        }
        drop(last);
        self.token_now()
    }

    fn token_now(&self) -> Option<Arc<SecretString>> {
        let (path, clock, last) = match self {
            Self::Told(token) => return Some(Arc::clone(token)),
            Self::File { path, clock, last } => (path, clock, last),
        };
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        // What is not there any longer lets nobody in from now on.
        let seen = last.take();
        let (at, stamp) = (clock.now(), stamp(path)?);
        let token = match seen.filter(|seen| seen.stamp == stamp) {
            Some(seen) => seen.token,
            None => Arc::new(read(path)?),
        };
        *last = Some(Seen {
            at,
            stamp,
            token: Arc::clone(&token),
        });
        Some(token)
    }
}

/// Writes a new token, unless somebody else has done so meanwhile.
fn make(path: &Path) -> Result<(), Failure> {
    let target = Target::new(path, Options::new().create_folder());
    let fresh = random()?;
    target.update(|old| {
        let is_there = old.is_some_and(|old| !old.trim_ascii().is_empty());
        Ok::<_, private_file::Error>(if is_there {
            Edit::Unchanged
        } else {
            Edit::Replace(fresh.as_bytes().to_vec().into())
        })
    })?;
    Ok(())
}

/// A clock that was set makes it old.
fn is_recent(at: SystemTime, now: SystemTime) -> bool {
    now.duration_since(at).is_ok_and(|age| age < MOMENT)
}

fn read(path: &Path) -> Option<SecretString> {
    let content = read_private(path).ok()?;
    let text = std::str::from_utf8(&content).ok()?.trim();
    (!text.is_empty()).then(|| text.into())
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let inode = 0;
    Some((metadata.modified().ok(), metadata.len(), inode))
}

/// 256 random bits, in letters that any header and shell takes.
fn random() -> Result<Zeroizing<String>, Failure> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(&mut *bytes).map_err(|_| {
        let message = "the system has no random numbers for a token";
        Failure::new("runtime.failed", FaultKind::Failed, message)
    })?;
    let mut text = Zeroizing::new(String::with_capacity(64));
    for byte in *bytes {
        let digits = b"0123456789abcdef";
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from(digits[usize::from(nibble)]));
        }
    }
    Ok(text)
}

/// The token of each role: that of a route stands beside the main one.
pub(super) fn of_roles(
    context: &Context<'_>,
    access: Access,
    roles: &[Role],
) -> Result<Vec<Arc<Token>>, Failure> {
    if !access.wants_token() {
        let told = roles.iter().map(|_| Token::told().map(Arc::new));
        return told.collect();
    }
    let main = match context.settings.path("authorization-token-file")? {
        Some(path) => path,
        None => default_path(context)?,
    };
    let tokens = roles.iter().enumerate().map(|(index, role)| {
        let path = match index {
            0 => main.clone(),
            _ => PathBuf::from(format!("{}.{}", main.display(), role.label)),
        };
        Token::in_file(&path, Arc::clone(&context.clock)).map(Arc::new)
    });
    tokens.collect()
}

/// Where the token goes when nobody has said: where systemd, the login or the
/// system keeps what belongs to running programs.
fn default_path(context: &Context<'_>) -> Result<PathBuf, Failure> {
    let environment = context.settings.environment();
    let folder = |name| environment.value(name).map(PathBuf::from);
    if let Some(runtime) = folder("RUNTIME_DIRECTORY") {
        return Ok(runtime.join(NAME));
    }
    if let Some(runtime) = folder("XDG_RUNTIME_DIR") {
        return Ok(runtime.join("iamra").join(NAME));
    }
    let folder = own_temporary_folder(&std::env::temp_dir())?;
    Ok(folder.join(NAME))
}

/// A folder below the temporary one that is ours alone. One that somebody else
/// has made would let them choose the token.
#[cfg(unix)]
fn own_temporary_folder(temporary: &Path) -> Result<PathBuf, Failure> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    let user = rustix::process::geteuid().as_raw();
    let folder = temporary.join(format!("iamra-{user}"));
    let refused = |why: String| {
        let message = format!(
            "there is no safe place for the token: {}: {why}",
            folder.display()
        );
        Failure::configuration("config.missing", message)
            .with_hint("name its file: --authorization-token-file FILE")
    };
    let made = std::fs::DirBuilder::new().mode(0o700).create(&folder);
    if let Err(error) = made
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(refused(error.to_string()));
    }
    let found = std::fs::symlink_metadata(&folder).map_err(|error| refused(error.to_string()))?;
    if !found.is_dir() || found.uid() != user || found.mode() & 0o077 != 0 {
        return Err(refused("it is not ours alone".to_owned()));
    }
    Ok(folder)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
fn own_temporary_folder(temporary: &Path) -> Result<PathBuf, Failure> {
    Ok(temporary.join("iamra"))
}

const NAME: &str = "authorization-token";
const MOMENT: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use refresh::ManualClock;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn text(token: &Token) -> String {
        token.token().unwrap().expose_secret().to_owned()
    }

    #[test]
    fn one_is_made_once_and_read_again_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/token");
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        let in_file = || Token::in_file(&path, Arc::new(clock.clone())).unwrap();
        let token = in_file();
        let made = text(&token);
        assert_eq!(made.len(), 64);
        assert_eq!(text(&in_file()), made, "a restart keeps it");
        let replace = |text: &[u8]| {
            let target = Target::new(&path, Options::new());
            target.replace(text).unwrap();
        };
        replace(b"other\n");
        assert_eq!(text(&token), made, "it was looked at a moment ago");
        clock.advance(MOMENT);
        assert_eq!(text(&token), "other");
        replace(b"another\n");
        let now = token.token_now().unwrap();
        assert_eq!(now.expose_secret(), "another", "somebody shows it");
        assert_eq!(text(&token), "another");
        std::fs::remove_file(&path).unwrap();
        clock.advance(MOMENT);
        assert!(token.token().is_none(), "nobody is let in");
        assert!(token.token().is_none(), "nor a moment later");
        assert_ne!(text(&Token::told().unwrap()), text(&Token::told().unwrap()));
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nothing_recent() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(10);
        assert!(is_recent(at, at));
        assert!(!is_recent(at, at + MOMENT));
        assert!(!is_recent(at, at - Duration::from_nanos(1)));
    }

    #[cfg(unix)]
    #[test]
    fn one_that_was_given_is_read_as_it_is() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        Target::new(&path, Options::new())
            .replace(b"given")
            .unwrap();
        let clock = || Arc::new(ManualClock::new(SystemTime::UNIX_EPOCH));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o440)).unwrap();
        // As a Secret is mounted.
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("token", &link).unwrap();
        for place in [&path, &link] {
            assert_eq!(text(&Token::in_file(place, clock()).unwrap()), "given");
            assert_eq!(mode(&path), 0o440, "its readers still read it");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_may_enter_is_no_place_for_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let site = tempfile::tempdir().unwrap();
        let folder = own_temporary_folder(site.path()).unwrap();
        assert_eq!(
            std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
            0o700
        );
        assert!(own_temporary_folder(site.path()).is_ok());
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o770)).unwrap();
        assert!(own_temporary_folder(site.path()).is_err());
        std::fs::remove_dir(&folder).unwrap();
        std::os::unix::fs::symlink("/", &folder).unwrap();
        assert!(own_temporary_folder(site.path()).is_err());
    }
}
