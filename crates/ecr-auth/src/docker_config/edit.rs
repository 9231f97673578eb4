use std::fmt;

use jsonc_parser::ast::Value;
use zeroize::Zeroizing;

use super::layout::Layout;
use super::object::{EditedMember, EditedObject, concat};
use super::{AUTHS, DockerConfigError, object};
use crate::json_object::JsonObject;
use crate::registry_host::is_key_of;
use crate::registry_login::bare_host;
use crate::{InvalidLogin, RegistryLogin};

/// Logins to be made and ended in an auth file of docker, podman, helm or oras,
/// everything else left byte for byte.
///
/// A pure function from the bytes of a file to its new bytes:
///
/// - A login is `auths[host] = {"auth": …}`, which is all that docker writes. An
///   entry that is there is replaced in its place, with whatever else it held: an
///   `identitytoken` would win over the password.
/// - Entries under other spellings of the host (`https://host`, `host/v2/`, …)
///   go, or kubelet and docker would find an old password there.
/// - Entries for parts of a registry (`host/team`) and globs stay.
/// - What is added looks like its neighbours; a new or empty file looks like
///   docker's. A file of white space counts as empty, as for docker.
/// - Refused is what readers read in different ways: two equal names at the top
///   or in `auths`, `auths` in another case, a byte order mark, anything that is
///   not JSON to the letter.
///
/// ```
/// use ecr_auth::{DockerConfigEdit, RegistryLogin};
///
/// let login = RegistryLogin::new("public.ecr.aws", "AWS", "secret".into())?;
/// let edit = DockerConfigEdit::new().log_in(login);
/// let edited = edit.apply(Some(br#"{"detachKeys": "ctrl-e", "auths": {}}"#))?;
/// assert_eq!(
///     edited.contents.unwrap().as_slice(),
///     br#"{"detachKeys": "ctrl-e", "auths": {"public.ecr.aws": {"auth": "QVdTOnNlY3JldA=="}}}"#,
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct DockerConfigEdit {
    changes: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    LogIn(RegistryLogin),
    LogOut(String),
}

/// A docker config with the logins made.
#[non_exhaustive]
pub struct EditedDockerConfig {
    /// All of the file; none if it is right as it is, or need not be there.
    pub contents: Option<Zeroizing<Vec<u8>>>,
    /// What was found of each host, in the order of the edit.
    pub hosts: Vec<EditedHost>,
}

/// What an edit found of one host.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EditedHost {
    /// The host as the edit has it.
    pub host: String,
    /// The names of the entries that are gone: other spellings, and at a logout
    /// the host itself.
    pub removed: Vec<String>,
}

impl DockerConfigEdit {
    /// An edit that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has the file hold this login. Of several changes for one host the last
    /// one counts.
    #[must_use]
    pub fn log_in(self, login: RegistryLogin) -> Self {
        self.with(Change::LogIn(login))
    }

    /// Has the file hold no login to all of `host`, which is a bare one or has a
    /// port.
    pub fn log_out(self, host: &str) -> Result<Self, InvalidLogin> {
        Ok(self.with(Change::LogOut(bare_host(host)?)))
    }

    /// What becomes of the file; of none at all if there is none.
    pub fn apply(&self, contents: Option<&[u8]>) -> Result<EditedDockerConfig, DockerConfigError> {
        let contents = contents
            .filter(|it| !it.trim_ascii().is_empty())
            .unwrap_or(b"{}");
        let top = JsonObject::parse(contents)?;
        let source = top.source;
        let auths = object(&top, AUTHS)?;
        let layout = Layout::of_file(&top);
        let auths_layout = layout.of_member(&auths);
        let mut auths = EditedObject::new(auths, auths_layout);
        let hosts = self.changes.iter().map(|it| it.apply(&mut auths)).collect();
        let contents = auths.changed().then(|| {
            let mut top = EditedObject::new(top, layout);
            top.set(AUTHS, auths.render());
            around(source, &top.render())
        });
        Ok(EditedDockerConfig { contents, hosts })
    }

    fn with(mut self, change: Change) -> Self {
        self.changes
            .retain(|other| !is_key_of(other.host(), change.host()));
        self.changes.push(change);
        self
    }
}

impl Change {
    fn host(&self) -> &str {
        match self {
            Self::LogIn(login) => login.host(),
            Self::LogOut(host) => host,
        }
    }

    fn apply(&self, auths: &mut EditedObject<'_>) -> EditedHost {
        let host = self.host();
        let kept = matches!(self, Self::LogIn(_)).then_some(host);
        let removed = auths.take(|key| is_key_of(key, host) && Some(key) != kept);
        if let Self::LogIn(login) = self {
            let auth = login.auth();
            if !auths.get(host).is_some_and(|entry| is_login(entry, &auth)) {
                let mut entry = EditedObject::new(JsonObject::empty(), auths.layout().deeper());
                // Nothing in base64 needs an escape.
                entry.set("auth", concat(&["\"", &auth, "\""]));
                auths.set(host, entry.render());
            }
        }
        EditedHost {
            host: host.to_owned(),
            removed,
        }
    }
}

/// Whether an entry says this and nothing else.
fn is_login(entry: &EditedMember<'_>, auth: &str) -> bool {
    let Some(Value::Object(entry)) = entry.value() else {
        return false;
    };
    match &entry.properties[..] {
        [only] => {
            let value = only.value.as_string_lit();
            only.name.as_str() == "auth" && value.is_some_and(|it| it.value == auth)
        }
        _ => false,
    }
}

/// The object with the white space that was around the old one.
fn around(text: &str, object: &str) -> Zeroizing<Vec<u8>> {
    let space = |at: char| at.is_ascii_whitespace();
    let before = &text[..text.len() - text.trim_start_matches(space).len()];
    let behind = &text[text.trim_end_matches(space).len()..];
    let size = before.len() + object.len() + behind.len();
    let mut contents = Zeroizing::new(Vec::with_capacity(size));
    for piece in [before, object, behind] {
        contents.extend_from_slice(piece.as_bytes());
    }
    contents
}

/// Shows what was found and how large the file is, never what is in it.
impl fmt::Debug for EditedDockerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EditedDockerConfig")
            .field("bytes", &self.contents.as_ref().map(|it| it.len()))
            .field("hosts", &self.hosts)
            .finish()
    }
}
