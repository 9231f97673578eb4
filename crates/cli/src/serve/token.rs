use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand;
use credential_server::TokenSource;
use private_file::{Edit, Fingerprint, Options, Target, read_private};
use refresh::{Clock, FaultKind};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::{Access, Role};
use crate::context::Context;
use crate::explanation::files;
use crate::failure::Failure;

mod folder;

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

/// What a look at the file has found.
pub(crate) struct Seen {
    at: SystemTime,
    look: Fingerprint,
    token: Arc<SecretString>,
}

impl Token {
    /// The token in this file, which need not be there yet.
    pub(crate) fn of_file(path: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self::File {
            path,
            clock,
            last: Mutex::default(),
        }
    }

    /// Sees to it that there is one: where there is no such file, a token is
    /// made. Whoever has made the file has said who may read it, and may have
    /// mounted it read-only: it is only read.
    pub(crate) fn ensure(&self) -> Result<(), Failure> {
        let Self::File { path, .. } = self else {
            return Ok(());
        };
        folder::check(path)?;
        match read(path) {
            Err(private_file::Error::Missing { .. }) | Ok(None) => {
                make(path)?;
                // Somebody may have been faster.
                folder::check(path)?;
            }
            Err(error) => return Err(error.into()),
            Ok(Some(_)) => {}
        }
        let why = match read(path)? {
            Some(token) if is_good(&token) => return Ok(()),
            Some(_) => format!("is shorter than {SHORTEST} characters, or not ASCII"),
            None => "is no text".to_owned(),
        };
        let message = format!("the token in {} {why}", path.display());
        Err(Failure::configuration("file.invalid", message).with_hint(files::TOKEN_FILE.fix))
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
        let (at, look) = (clock.now(), Fingerprint::of([path.as_path()]));
        let token = match seen.filter(|seen| seen.look == look) {
            Some(seen) => seen.token,
            // Nobody is let in by what can be guessed.
            None => Arc::new(read(path).ok().flatten().filter(is_good)?),
        };
        *last = Some(Seen {
            at,
            look,
            token: Arc::clone(&token),
        });
        Some(token)
    }
}

/// A clock that was set makes it old.
fn is_recent(at: SystemTime, now: SystemTime) -> bool {
    now.duration_since(at).is_ok_and(|age| age < MOMENT)
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

/// What is in the file; `None` where that is nothing, or no text.
fn read(path: &Path) -> Result<Option<SecretString>, private_file::Error> {
    let content = read_private(path)?;
    let text = std::str::from_utf8(&content).unwrap_or_default().trim();
    Ok((!text.is_empty()).then(|| text.into()))
}

/// Long enough, and what a header can hold.
fn is_good(token: &SecretString) -> bool {
    let token = token.expose_secret();
    token.len() >= SHORTEST && token.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// 256 random bits, in letters that any header and shell takes.
fn random() -> Result<Zeroizing<String>, Failure> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(&mut *bytes).map_err(|_| {
        let message = "the system has no random numbers for a token";
        Failure::new("runtime.failed", FaultKind::Failed, message)
    })?;
    Ok(Zeroizing::new(hex::encode(*bytes)))
}

/// The token of each role: that of a route stands beside the main one. Where
/// nobody has named a file, it is called `name`. Nothing is written.
pub(super) fn of_roles(
    context: &Context<'_>,
    access: Access,
    roles: &[Role],
    name: &str,
) -> Result<Vec<Arc<Token>>, Failure> {
    if !access.wants_token() {
        let told = roles.iter().map(|_| Token::told().map(Arc::new));
        return told.collect();
    }
    let main = match context.settings.path("authorization-token-file")? {
        Some(path) => path,
        None => folder::default(context).join(name),
    };
    let tokens = roles.iter().enumerate().map(|(index, role)| {
        let path = match index {
            0 => main.clone(),
            _ => PathBuf::from(format!("{}.{}", main.display(), role.label)),
        };
        Ok(Arc::new(Token::of_file(path, Arc::clone(&context.clock))))
    });
    tokens.collect()
}

/// How the file of a token is called where nobody has named one.
pub(crate) const FILE_NAME: &str = "authorization-token";
/// What can be guessed keeps nobody out.
const SHORTEST: usize = 16;
const MOMENT: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use refresh::ManualClock;

    use super::*;

    fn in_file(path: &Path, clock: &ManualClock) -> Result<Token, Failure> {
        let token = Token::of_file(path.to_owned(), Arc::new(clock.clone()));
        token.ensure().map(|()| token)
    }

    fn text(token: &Token) -> String {
        token.token().unwrap().expose_secret().to_owned()
    }

    fn clock() -> ManualClock {
        ManualClock::new(SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn one_is_made_once_and_read_again_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/token");
        let clock = clock();
        let token = in_file(&path, &clock).unwrap();
        let made = text(&token);
        assert_eq!(made.len(), 64);
        let again = in_file(&path, &clock).unwrap();
        assert_eq!(text(&again), made, "a restart keeps it");
        let replace = |text: &[u8]| {
            let target = Target::new(&path, Options::new());
            target.replace(text).unwrap();
        };
        replace(b"other-and-long-enough\n");
        assert_eq!(text(&token), made, "it was looked at a moment ago");
        clock.advance(MOMENT);
        assert_eq!(text(&token), "other-and-long-enough");
        replace(b"another-and-long-enough\n");
        let now = token.token_now().unwrap();
        assert_eq!(
            now.expose_secret(),
            "another-and-long-enough",
            "somebody shows it"
        );
        for useless in [&b"x"[..], "länger-als-sechzehn-zeichen".as_bytes()] {
            replace(useless);
            clock.advance(MOMENT);
            assert!(token.token().is_none(), "guessed, or in no header");
            assert!(token.ensure().is_err());
        }
        std::fs::remove_file(&path).unwrap();
        clock.advance(MOMENT);
        assert!(token.token().is_none(), "nobody is let in");
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
        let target = Target::new(&path, Options::new());
        target.replace(b"given-by-somebody").unwrap();
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        set(&path, 0o440);
        // As a Secret is mounted.
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("token", &link).unwrap();
        set(folder.path(), 0o1777);
        for place in [&path, &link] {
            assert_eq!(
                text(&in_file(place, &clock()).unwrap()),
                "given-by-somebody"
            );
            let mode = path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o440, "its readers still read it");
        }
    }
}
