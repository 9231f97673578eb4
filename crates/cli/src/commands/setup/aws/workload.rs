use crate::commands::setup::host_name::is_host_name;
use crate::failure::Failure;

/// A workload: the common name of its certificates, and its role.
#[derive(Clone, Debug)]
pub(super) struct Workload {
    pub(super) common_name: String,
    pub(super) role: String,
    /// What labels are made of: no two workloads have one that differs only in
    /// what labels cannot have.
    pub(super) label: String,
    /// The service account whose pods have it, if it is one of a cluster.
    pub(super) account: Option<Account>,
}

/// A service account, in its namespace.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Account {
    /// As people write it.
    pub(super) fn text(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

impl Workload {
    /// `NAME`; what `setup vault` wants to know after a `=` says nothing here.
    pub(super) fn parse(text: &str, prefix: &str) -> Result<Self, Failure> {
        let invalid = |reason: &str| {
            let message = format!("--workload {text:?}: {reason}");
            Failure::configuration("config.invalid", message)
                .with_hint("for example: --workload app.example.test")
        };
        let name = text.split_once('=').map_or(text, |(name, _)| name);
        if !is_host_name(name, 64) {
            return Err(invalid(
                "the name must be a host name in lower case, of at most 64 characters: it is the certificate's common name",
            ));
        }
        let role = format!("{prefix}{name}");
        if role.len() > LONGEST_ROLE {
            return Err(invalid(
                "with --role-prefix the role's name is longer than 64 characters",
            ));
        }
        Ok(Self {
            common_name: name.to_owned(),
            label: role.clone(),
            role,
            account: None,
        })
    }

    /// A name for what has no dots in its names. Host names have no underscore:
    /// no two become the same.
    pub(super) fn underscored(&self) -> String {
        self.label.replace('.', "_")
    }
}

/// [IAM User Guide: quotas](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)
pub(super) const LONGEST_ROLE: usize = 64;

/// By which a service account says its role, where nothing else is agreed.
pub(super) const ROLE_ANNOTATION: &str = "iamra.dev/role-arn";

/// A name in letters and digits only. Names have no capitals: no two become the
/// same.
pub(super) fn alphanumeric(name: &str) -> String {
    name.chars()
        .map(|character| match character {
            '.' => "Dot".to_owned(),
            '-' => "Dash".to_owned(),
            '_' => "Underscore".to_owned(),
            '/' => "Slash".to_owned(),
            other => other.to_string(),
        })
        .collect()
}
