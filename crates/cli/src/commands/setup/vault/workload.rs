use super::login::LoginKind;
use crate::commands::setup::host_name::is_host_name;

/// A workload: the common name of its certificate, which is the name of its
/// roles, too, and who may log in as it.
pub(super) struct Workload {
    pub(super) name: String,
    pub(super) who: Who,
}

/// Who may log in.
pub(super) enum Who {
    /// A service account of Kubernetes.
    ServiceAccount(Account),
    /// The subject of a JWT.
    Subject(String),
    /// Whoever has the role's secret id, or a certificate of that name.
    Holder,
}

/// A service account, in its namespace.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) namespace: String,
}

impl Workload {
    /// `NAME`, or `NAME=WHO` where the login says who may be it.
    pub(super) fn parse(text: &str, kind: LoginKind) -> Result<Self, &'static str> {
        let (name, who) = match text.split_once('=') {
            Some((name, who)) => (name, Some(who)),
            None => (text, None),
        };
        if !is_host_name(name, 64) {
            return Err(
                "the name must be a host name in lower case, of at most 64 characters: it becomes the common name",
            );
        }
        let name = name.to_owned();
        let who = match (kind, who) {
            (LoginKind::Kubernetes, Some(who)) => Who::ServiceAccount(Account::parse(who)?),
            (LoginKind::Kubernetes, None) => {
                return Err("the service account is missing: NAME=ACCOUNT@NAMESPACE");
            }
            (LoginKind::Jwt, Some(who)) => subject(who)?,
            (LoginKind::Jwt, None) => return Err("the token's subject is missing: NAME=SUBJECT"),
            (LoginKind::AppRole | LoginKind::Certificate, None) => Who::Holder,
            (LoginKind::AppRole | LoginKind::Certificate, Some(_)) => {
                return Err("with this login there is nothing to say after `=`");
            }
        };
        Ok(Self { name, who })
    }
}

impl Account {
    /// `ACCOUNT@NAMESPACE`.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (name, namespace) = text
            .split_once('@')
            .ok_or("the service account is written ACCOUNT@NAMESPACE")?;
        if !is_host_name(name, 253) || !is_host_name(namespace, 63) || namespace.contains('.') {
            return Err("Kubernetes has no such names for a service account and a namespace");
        }
        Ok(Self {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
        })
    }
}

/// Vault compares it with the whole `sub`, character by character.
fn subject(who: &str) -> Result<Who, &'static str> {
    if who.is_empty() || who.chars().any(char::is_control) {
        return Err("the subject is empty, or has control characters");
    }
    Ok(Who::Subject(who.to_owned()))
}
