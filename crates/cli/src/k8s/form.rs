//! The forms of Secrets: one file each, chosen by `--secret-format`.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use ecr_auth::RegistryLogin;
use k8s_sinks::kubernetes::{SecretData, SecretForm};
use refresh::FaultKind;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::ecr::Registries;
use crate::failure::Failure;
use crate::resolved::Resolved;

mod argo_cd;
pub(super) mod aws_credentials;
mod basic_auth;
mod pull_secret;
mod served;
mod template;
#[cfg(feature = "vault")]
pub(super) mod tls;

use argo_cd::ArgoCd;
use aws_credentials::AwsCredentials;
use basic_auth::BasicAuth;
use pull_secret::{Document, PullSecret};
use served::Served;
use template::Template;
#[cfg(feature = "vault")]
use tls::Tls;

/// What the Secrets are: their type, and what goes under which key.
///
/// A form knows the registries that it is for, by which it tells the Secrets of
/// older tools from those of strangers: each group of targets has its own.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    PullSecret(Arc<PullSecret>),
    ArgoCd(Arc<ArgoCd>),
    BasicAuth(Arc<BasicAuth>),
    Template(Arc<Template>),
    #[cfg(feature = "vault")]
    Tls(Arc<Tls>),
    AwsCredentials(Arc<AwsCredentials>),
}

/// What a form is filled with.
pub(crate) enum Filling<'a> {
    Logins(&'a dyn LoginForm),
    /// A certificate from Vault.
    #[cfg(feature = "vault")]
    Certificate,
    /// A session of Roles Anywhere.
    Session,
}

/// A form that holds logins to registries.
pub(crate) trait LoginForm: fmt::Debug {
    /// The values with these logins in them, all of which are good until
    /// `expires_at`.
    fn data(&self, logins: &[RegistryLogin], expires_at: SystemTime)
    -> Result<SecretData, Failure>;
}

impl Form {
    /// The one that the settings name.
    pub(crate) fn chosen(context: &Context<'_>) -> Result<Self, Failure> {
        let name = name(&context.settings)?;
        let pull_secret = |document| PullSecret::chosen(document, context);
        Ok(match name.as_str() {
            "dockercfg" => Self::PullSecret(pull_secret(Document::DockerCfg)?.into()),
            "config-json" => Self::PullSecret(pull_secret(Document::ConfigJson)?.into()),
            "argocd-repository" => Self::ArgoCd(ArgoCd::repository(context)?.into()),
            "argocd-repo-creds" => Self::ArgoCd(ArgoCd::repo_creds(context)?.into()),
            "basic-auth" => Self::BasicAuth(BasicAuth::chosen(context)?.into()),
            TEMPLATE => Self::Template(Template::chosen(context)?.into()),
            #[cfg(feature = "vault")]
            TLS => Self::Tls(Tls.into()),
            AWS_CREDENTIALS => Self::AwsCredentials(AwsCredentials::chosen(context)?.into()),
            _ => Self::PullSecret(pull_secret(Document::DockerConfigJson)?.into()),
        })
    }

    /// As the sink takes it.
    pub(crate) fn secret_form(&self) -> Arc<dyn SecretForm> {
        match self {
            Self::PullSecret(form) => Arc::clone(form) as _,
            Self::ArgoCd(form) => Arc::clone(form) as _,
            Self::BasicAuth(form) => Arc::clone(form) as _,
            Self::Template(form) => Arc::clone(form) as _,
            #[cfg(feature = "vault")]
            Self::Tls(form) => Arc::clone(form) as _,
            Self::AwsCredentials(form) => Arc::clone(form) as _,
        }
    }

    /// As it is filled.
    pub(crate) fn filling(&self) -> Filling<'_> {
        match self {
            Self::PullSecret(form) => Filling::Logins(&**form),
            Self::ArgoCd(form) => Filling::Logins(&**form),
            Self::BasicAuth(form) => Filling::Logins(&**form),
            Self::Template(form) => Filling::Logins(&**form),
            #[cfg(feature = "vault")]
            Self::Tls(_) => Filling::Certificate,
            Self::AwsCredentials(_) => Filling::Session,
        }
    }

    /// Whether it holds logins to registries, which others may have at hand.
    pub(crate) fn has_logins(&self) -> bool {
        matches!(self.filling(), Filling::Logins(_))
    }

    /// The labels by which its readers find it.
    pub(crate) fn labels(&self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::ArgoCd(form) => vec![form.label()],
            _ => Vec::new(),
        }
    }

    /// Whether it is a pull secret of kubelet's, which service accounts can have
    /// among their `imagePullSecrets`.
    pub(crate) fn is_for_kubelet(&self) -> bool {
        let form = self.secret_form();
        [
            Document::DockerConfigJson.secret_type(),
            Document::DockerCfg.secret_type(),
        ]
        .contains(&form.secret_type())
    }
}

/// The name of the form. A template that is named need not be called one.
fn name(settings: &Resolved<'_>) -> Result<String, Failure> {
    let template = settings.sourced("secret-template")?;
    match (settings.sourced("secret-format")?, template) {
        (None, None) => Ok(NAMES[0].to_owned()),
        (None, Some(_)) => Ok(TEMPLATE.to_owned()),
        (Some(format), _) if !NAMES.contains(&format.value.as_str()) => {
            let reason = format!("it must be one of {}", NAMES.join(", "));
            Err(format.origin.invalid(&reason))
        }
        (Some(format), Some(template)) if format.value != TEMPLATE => {
            let reason = format!("the format is {}, which has no template", format.value);
            Err(template.origin.invalid(&reason))
        }
        (Some(format), _) => Ok(format.value),
    }
}

/// Refuses to begin where a Secret of this form would need one login, and the
/// settings name several registries.
fn check_one_registry(context: &Context<'_>) -> Result<(), Failure> {
    match Registries::hosts(context)?.len() {
        0 | 1 => Ok(()),
        several => Err(not_one_login(several)),
    }
}

/// The login of a form that holds one.
fn only(logins: &[RegistryLogin]) -> Result<&RegistryLogin, Failure> {
    match logins {
        [one] => Ok(one),
        _ => Err(not_one_login(logins.len())),
    }
}

fn not_one_login(count: usize) -> Failure {
    let message = format!("such a Secret holds the login to one registry, and there are {count}");
    Failure::configuration("config.invalid", message).with_hint(OTHERS)
}

/// A failure of our own making.
fn failed(why: impl Into<String>) -> Failure {
    Failure::new("output.failed", FaultKind::Failed, why.into())
}

/// A value as Secrets hold it, in one buffer of its size.
fn value(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_vec())
}

/// Somebody else's values with ours under our keys.
fn overlaid(foreign: &SecretData, ours: &SecretData) -> SecretData {
    let both = foreign.iter().chain(ours);
    both.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The default first.
const NAMES: &[&str] = &[
    "dockerconfigjson",
    "dockercfg",
    "config-json",
    "argocd-repository",
    "argocd-repo-creds",
    "basic-auth",
    TEMPLATE,
    #[cfg(feature = "vault")]
    TLS,
    AWS_CREDENTIALS,
];
const TEMPLATE: &str = "template";
#[cfg(feature = "vault")]
const TLS: &str = "tls";
const AWS_CREDENTIALS: &str = "aws-credentials";
/// What to do where one Secret has no room.
const OTHERS: &str = "give each its own: --registry with --secret-name and --config-name";

#[cfg(test)]
mod kubelet;
#[cfg(test)]
pub(in crate::k8s) mod tests;
