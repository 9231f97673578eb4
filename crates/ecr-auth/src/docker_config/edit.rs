use std::fmt;

use jsonc_parser::ast::Value;
use zeroize::Zeroizing;

use super::layout::Layout;
use super::object::{EditedMember, EditedObject, concat};
use super::{AUTHS, DockerConfigError, object};
use crate::json_object::{JsonObject, Member};
use crate::registry_host::{host_of, is_key_of};
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
    Put(Entry),
    LogOut(String),
}

/// An entry as it is to stand there.
#[derive(Clone)]
struct Entry {
    key: String,
    text: Zeroizing<String>,
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

    /// An edit that has the file hold the entries of this pull secret as they
    /// stand in it, under their very keys.
    ///
    /// For one by [`docker_config_json`](crate::docker_config_json).
    pub fn of_pull_secret(document: &[u8]) -> Result<Self, DockerConfigError> {
        let top = JsonObject::parse(document)?;
        Ok(Self::putting(object(&top, AUTHS)?))
    }

    /// The same for one by [`dockercfg_json`](crate::dockercfg_json).
    pub fn of_dockercfg(document: &[u8]) -> Result<Self, DockerConfigError> {
        Ok(Self::putting(JsonObject::parse(document)?))
    }

    fn putting(auths: JsonObject<'_>) -> Self {
        let put = |edit: Self, member: Member<'_>| {
            edit.with(Change::Put(Entry {
                key: member.name,
                text: concat(&[member.text]),
            }))
        };
        auths.members.into_iter().fold(Self::new(), put)
    }

    /// What becomes of the file; of none at all if there is none.
    pub fn apply(&self, contents: Option<&[u8]>) -> Result<EditedDockerConfig, DockerConfigError> {
        let contents = or_empty(contents);
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

    /// The same for a file of the old form, which has no level `auths`.
    pub fn apply_to_dockercfg(
        &self,
        contents: Option<&[u8]>,
    ) -> Result<EditedDockerConfig, DockerConfigError> {
        let top = JsonObject::parse(or_empty(contents))?;
        let source = top.source;
        let layout = Layout::of_file(&top);
        let mut auths = EditedObject::new(top, layout);
        let hosts = self.changes.iter().map(|it| it.apply(&mut auths)).collect();
        let contents = auths.changed().then(|| around(source, &auths.render()));
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
            Self::Put(entry) => host_of(&entry.key),
            Self::LogOut(host) => host,
        }
    }

    /// Under which key the host stands there afterwards, if it does.
    fn key(&self) -> Option<&str> {
        match self {
            Self::LogIn(login) => Some(login.host()),
            Self::Put(entry) => Some(&entry.key),
            Self::LogOut(_) => None,
        }
    }

    fn apply(&self, auths: &mut EditedObject<'_>) -> EditedHost {
        let (host, kept) = (self.host(), self.key());
        let removed = auths.take(|key| is_key_of(key, host) && Some(key) != kept);
        match self {
            Self::LogIn(login) => log_in(login, auths),
            Self::Put(Entry { key, text }) => {
                if auths.get(key).is_none_or(|entry| entry.text() != **text) {
                    auths.set(key, text.clone());
                }
            }
            Self::LogOut(_) => {}
        }
        EditedHost {
            host: host.to_owned(),
            removed,
        }
    }
}

fn log_in(login: &RegistryLogin, auths: &mut EditedObject<'_>) {
    let (host, auth) = (login.host(), login.auth());
    if !auths.get(host).is_some_and(|entry| is_login(entry, &auth)) {
        let mut entry = EditedObject::new(JsonObject::empty(), auths.layout().deeper());
        // Nothing in base64 needs an escape.
        entry.set("auth", concat(&["\"", &auth, "\""]));
        auths.set(host, entry.render());
    }
}

/// A file without anything in it is one without logins.
fn or_empty(contents: Option<&[u8]>) -> &[u8] {
    contents
        .filter(|it| !it.trim_ascii().is_empty())
        .unwrap_or(b"{}")
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

/// Shows whose entry it is, never what it says.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &[u8] = br#"{"auths":{"https://a":{"auth":"QTpi"},"b":{"auth":"QTpj"}}}"#;

    #[test]
    fn entries_are_put_where_another_spelling_was_and_all_else_stays() {
        let edit = DockerConfigEdit::of_pull_secret(OURS).unwrap();
        let foreign = br#"{ "x" : 1, "auths":{"a":{"auth":"Zm9v"}, "z": { "auth" : "eDp5" } } }"#;
        let edited = edit.apply(Some(foreign)).unwrap();
        let contents = edited.contents.unwrap();
        assert_eq!(
            str::from_utf8(&contents).unwrap(),
            concat!(
                r#"{ "x" : 1, "auths":{ "z": { "auth" : "eDp5" }, "#,
                r#""https://a" : {"auth":"QTpi"}, "b" : {"auth":"QTpj"} } }"#
            )
        );
        let hosts = edited.hosts.iter();
        let hosts: Vec<_> = hosts.map(|it| (&*it.host, it.removed.len())).collect();
        assert_eq!(hosts, [("a", 1), ("b", 0)]);
        assert!(edit.apply(Some(&contents)).unwrap().contents.is_none());
    }

    #[test]
    fn the_old_form_has_its_entries_at_the_top() {
        let edit = DockerConfigEdit::of_dockercfg(br#"{"a":{"auth":"QTpi"}}"#).unwrap();
        let foreign = br#"{"z":{"auth":"eDp5"},"https://a/":{"auth":"Zm9v"}}"#;
        let edited = edit.apply_to_dockercfg(Some(foreign)).unwrap();
        let contents = edited.contents.unwrap();
        assert_eq!(
            str::from_utf8(&contents).unwrap(),
            r#"{"z":{"auth":"eDp5"},"a":{"auth":"QTpi"}}"#
        );
        let again = edit.apply_to_dockercfg(Some(&contents)).unwrap();
        assert!(again.contents.is_none());
        assert!(edit.apply_to_dockercfg(Some(b"[]")).is_err());
    }

    #[test]
    fn entries_are_not_shown() {
        let edit = DockerConfigEdit::of_dockercfg(br#"{"a":{"auth":"QTpi"}}"#).unwrap();
        assert_eq!(
            format!("{edit:?}"),
            r#"DockerConfigEdit { changes: [Put(Entry { key: "a", .. })] }"#
        );
    }
}
