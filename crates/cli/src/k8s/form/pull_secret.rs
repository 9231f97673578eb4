use std::time::SystemTime;

use ecr_auth::{
    AuthForm, DockerConfigEdit, DockerConfigError, EditedDockerConfig, EntryForm, PullSecretLogins,
    RegistryLogin, docker_config_json, dockercfg_json,
};
use k8s_sinks::kubernetes::{SecretData, SecretForm};

use super::{LoginForm, Served};
use crate::context::Context;
use crate::failure::Failure;
use crate::resolved::chain;

/// Logins as docker, kubelet and whoever reads docker's files find them.
///
/// [Pull secrets](https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets)
#[derive(Debug)]
pub(crate) struct PullSecret {
    document: Document,
    entries: EntryForm,
    served: Served,
}

/// What kind of file the Secret holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Document {
    /// A docker client's file, for programs that have it mounted.
    ConfigJson,
    /// The same for kubelet.
    DockerConfigJson,
    /// The older form, for kubelet too.
    DockerCfg,
}

impl PullSecret {
    /// With entries as the settings want them.
    pub(super) fn chosen(document: Document, context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let auth = if settings.switch("auth-only")? {
            AuthForm::AuthOnly
        } else {
            AuthForm::Full
        };
        let mut entries = EntryForm::from(auth);
        if settings.switch("registry-scheme")? {
            entries = entries.with_scheme();
        }
        Ok(Self {
            document,
            entries,
            served: Served::configured(context)?,
        })
    }
}

impl Document {
    pub(super) fn secret_type(self) -> &'static str {
        match self {
            Self::ConfigJson => "Opaque",
            Self::DockerConfigJson => "kubernetes.io/dockerconfigjson",
            Self::DockerCfg => "kubernetes.io/dockercfg",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::ConfigJson => "config.json",
            Self::DockerConfigJson => ".dockerconfigjson",
            Self::DockerCfg => ".dockercfg",
        }
    }

    fn logins(self, document: &[u8]) -> Result<PullSecretLogins, DockerConfigError> {
        match self {
            Self::ConfigJson | Self::DockerConfigJson => PullSecretLogins::of_pull_secret(document),
            Self::DockerCfg => PullSecretLogins::of_dockercfg(document),
        }
    }

    /// `theirs` with the entries of `ours`.
    fn merge(
        self,
        theirs: Option<&[u8]>,
        ours: &[u8],
    ) -> Result<EditedDockerConfig, DockerConfigError> {
        match self {
            Self::ConfigJson | Self::DockerConfigJson => {
                DockerConfigEdit::of_pull_secret(ours)?.apply(theirs)
            }
            Self::DockerCfg => DockerConfigEdit::of_dockercfg(ours)?.apply_to_dockercfg(theirs),
        }
    }
}

impl SecretForm for PullSecret {
    fn secret_type(&self) -> &str {
        self.document.secret_type()
    }

    fn keys(&self) -> Vec<String> {
        vec![self.document.key().to_owned()]
    }

    /// Logins to registries that we serve, in any spelling, and nothing else.
    fn is_replaceable(&self, foreign: &SecretData) -> bool {
        let document = foreign.get(self.document.key());
        let logins = document.map(|document| self.document.logins(document));
        let Some(Ok(logins)) = logins else {
            return false;
        };
        !logins.has_more() && logins.keys().iter().all(|key| self.served.has(key))
    }

    /// Kubelet takes no pull secret of a pod where one entry of one of them is
    /// broken: ours would be lost beside it.
    fn merged(&self, foreign: &SecretData, ours: &SecretData) -> Result<SecretData, String> {
        let key = self.document.key();
        let mut merged = foreign.clone();
        if let Some(ours) = ours.get(key) {
            let theirs = foreign.get(key).map(|document| document.as_slice());
            let edited = self.document.merge(theirs, ours);
            let edited = edited.map_err(|error| format!("{key}: {}", chain(&error)))?;
            if let Some(contents) = edited.contents {
                merged.insert(key.to_owned(), contents);
            }
        }
        let document = merged.get(key).map_or(&[][..], |it| it.as_slice());
        let read = self.document.logins(document);
        read.map_err(|error| format!("{key}: {}", chain(&error)))?;
        Ok(merged)
    }
}

impl LoginForm for PullSecret {
    fn data(&self, logins: &[RegistryLogin], _: SystemTime) -> Result<SecretData, Failure> {
        self.served.learn(logins);
        let document = match self.document {
            Document::ConfigJson | Document::DockerConfigJson => {
                docker_config_json(logins, self.entries)
            }
            Document::DockerCfg => dockercfg_json(logins, self.entries),
        };
        Ok([(self.document.key().to_owned(), document)].into())
    }
}

#[cfg(test)]
mod tests;
