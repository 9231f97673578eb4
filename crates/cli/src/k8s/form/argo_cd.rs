use std::time::SystemTime;

use ecr_auth::{RegistryHost, RegistryLogin};
use k8s_sinks::kubernetes::{SecretData, SecretForm};
use secrecy::ExposeSecret as _;

use super::{LoginForm, Served, check_one_registry, only, value};
use crate::context::Context;
use crate::failure::Failure;

/// A login as Argo CD finds it by its label: that of one repository, or that of
/// all whose URLs begin with the registry.
///
/// Charts of Helm in an OCI registry; the URL has no scheme then. One Secret has
/// one URL, and so one registry.
///
/// [Declarative setup](https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repositories)
#[derive(Debug)]
pub(crate) struct ArgoCd {
    secret_type: &'static str,
    served: Served,
}

impl ArgoCd {
    pub(super) fn repository(context: &Context<'_>) -> Result<Self, Failure> {
        Self::new("repository", context)
    }

    pub(super) fn repo_creds(context: &Context<'_>) -> Result<Self, Failure> {
        Self::new("repo-creds", context)
    }

    fn new(secret_type: &'static str, context: &Context<'_>) -> Result<Self, Failure> {
        check_one_registry(context)?;
        let served = Served::configured(context)?;
        Ok(Self {
            secret_type,
            served,
        })
    }

    /// The label that Argo CD looks for.
    pub(super) fn label(&self) -> (&'static str, &'static str) {
        ("argocd.argoproj.io/secret-type", self.secret_type)
    }
}

impl SecretForm for ArgoCd {
    fn secret_type(&self) -> &'static str {
        "Opaque"
    }

    fn keys(&self) -> Vec<String> {
        [TYPE, URL, ENABLE_OCI, USERNAME, PASSWORD]
            .map(str::to_owned)
            .into()
    }

    /// A login of ECR's user to all of a registry that we serve.
    fn is_replaceable(&self, foreign: &SecretData) -> bool {
        let says = |key, value: &str| text(foreign, key) == Some(value);
        says(TYPE, HELM)
            && says(ENABLE_OCI, "true")
            && says(USERNAME, "AWS")
            && text(foreign, URL).is_some_and(|url| self.served.has(url))
    }

    /// Their repository may be a part of our registry: only user and password are
    /// ours.
    fn merged(&self, foreign: &SecretData, ours: &SecretData) -> Result<SecretData, String> {
        let [theirs, own] = [foreign, ours].map(|data| text(data, URL).and_then(registry));
        if theirs.is_none() || theirs != own {
            return Err("url: it is of another registry than ours".to_owned());
        }
        let mut merged = foreign.clone();
        for key in [USERNAME, PASSWORD] {
            if let Some(value) = ours.get(key) {
                merged.insert(key.to_owned(), value.clone());
            }
        }
        Ok(merged)
    }
}

impl LoginForm for ArgoCd {
    fn data(&self, logins: &[RegistryLogin], _: SystemTime) -> Result<SecretData, Failure> {
        self.served.learn(logins);
        let login = only(logins)?;
        let values = [
            (TYPE, HELM),
            (URL, login.host()),
            (ENABLE_OCI, "true"),
            (USERNAME, login.username()),
            (PASSWORD, login.password().expose_secret()),
        ];
        Ok(values
            .map(|(key, text)| (key.to_owned(), value(text)))
            .into())
    }
}

fn text<'a>(data: &'a SecretData, key: &str) -> Option<&'a str> {
    std::str::from_utf8(data.get(key)?).ok()
}

fn registry(url: &str) -> Option<RegistryHost> {
    let url = url.strip_prefix("oci://").unwrap_or(url);
    RegistryHost::in_reference(url).ok()
}

const TYPE: &str = "type";
const URL: &str = "url";
const ENABLE_OCI: &str = "enableOCI";
const USERNAME: &str = "username";
const PASSWORD: &str = "password";
const HELM: &str = "helm";

#[cfg(test)]
mod tests;
