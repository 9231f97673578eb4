use std::path::{Path, PathBuf};

use ecr_auth::{DockerConfig, DockerConfigEdit, EditedDockerConfig, RegistryHost};
use private_file::{Change, Edit, Options, Target};

use crate::audit;
use crate::context::Context;
use crate::environment::Environment;
use crate::failure::Failure;

/// The file in which a client of registries has its logins.
#[derive(Debug)]
pub(crate) struct AuthFile(Target);

/// Who keeps a registry's login for a client.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Keeper {
    /// The file itself.
    File,
    /// A credential helper that makes them itself: ours, or the one that ours
    /// stands in for.
    OurHelper(String),
    /// Somebody else's credential helper: a keychain, as a rule.
    Helper(String),
}

impl AuthFile {
    /// The one that the settings name, or the tool's.
    pub(crate) fn named(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let path = match settings.path("auth-file")? {
            Some(path) => path,
            None => default_path(context)?,
        };
        Ok(Self(Target::new(path, Options::new().create_folder())))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Who keeps the logins of these registries.
    pub(crate) fn keepers(&self, hosts: &[RegistryHost]) -> Result<Vec<Keeper>, Failure> {
        let contents = match private_file::read_private(self.path()) {
            Ok(contents) => contents,
            Err(
                private_file::Error::Missing { .. } | private_file::Error::FolderMissing { .. },
            ) => return Ok(hosts.iter().map(|_| Keeper::File).collect()),
            Err(error) => return Err(error.into()),
        };
        let config = DockerConfig::parse(&contents).map_err(|error| self.about(error))?;
        let keeper = |host: &RegistryHost| Keeper::of(config.helper_for(host.as_str()));
        Ok(hosts.iter().map(keeper).collect())
    }

    /// Changes the logins in it, and nothing else.
    pub(crate) fn edit(&self, edit: &DockerConfigEdit) -> Result<EditedDockerConfig, Failure> {
        let mut edited = None;
        let change = self.0.update(|old| {
            let outcome = edit.apply(old).map_err(|error| self.about(error))?;
            let new = outcome.contents.clone();
            edited = Some(outcome);
            Ok::<_, Failure>(new.map_or(Edit::Unchanged, Edit::Replace))
        })?;
        audit::written(self.path(), change == Change::Written);
        edited.ok_or_else(|| Failure::configuration("file.failed", "the file was not looked at"))
    }

    fn about(&self, error: ecr_auth::DockerConfigError) -> Failure {
        Failure::from(error).about(&self.path().display().to_string())
    }
}

impl Keeper {
    fn of(helper: Option<&str>) -> Self {
        match helper {
            None => Self::File,
            Some(helper @ ("iamra" | "ecr-login")) => Self::OurHelper(helper.to_owned()),
            Some(helper) => Self::Helper(helper.to_owned()),
        }
    }
}

/// Where each tool looks.
fn default_path(context: &Context<'_>) -> Result<PathBuf, Failure> {
    let settings = &context.settings;
    let environment = settings.environment();
    let tool = settings.sourced("tool")?;
    let name = tool.as_ref().map_or("docker", |tool| tool.value.as_str());
    let path = match name {
        "docker" | "oras" => docker(environment),
        "podman" => podman(environment),
        "helm" => helm(environment),
        _ => {
            let origin = tool.map(|tool| tool.origin);
            let reason = "it must be docker, podman, helm or oras";
            return Err(origin.map_or_else(
                || Failure::configuration("config.invalid", reason),
                |origin| origin.invalid(reason),
            ));
        }
    };
    path.ok_or_else(|| {
        let message = "there is no home folder, so no place for the logins";
        Failure::configuration("config.missing", message)
            .with_hint("name the file: --auth-file FILE")
    })
}

/// [docker's config.json](https://docs.docker.com/reference/cli/docker/#configuration-files)
fn docker(environment: &Environment) -> Option<PathBuf> {
    let named = folder(environment, "DOCKER_CONFIG");
    let folder = named.or_else(|| Some(environment.home()?.join(".docker")))?;
    Some(folder.join("config.json"))
}

/// [containers-auth.json(5)](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md)
fn podman(environment: &Environment) -> Option<PathBuf> {
    let runtime = || {
        let folder = folder(environment, "XDG_RUNTIME_DIR")?;
        Some(folder.join("containers/auth.json"))
    };
    let home = || Some(config_folder(environment)?.join("containers/auth.json"));
    folder(environment, "REGISTRY_AUTH_FILE")
        .or_else(runtime)
        .or_else(home)
}

/// [Helm's HELM_REGISTRY_CONFIG](https://helm.sh/docs/helm/helm/)
fn helm(environment: &Environment) -> Option<PathBuf> {
    let own = || {
        let folder = folder(environment, "HELM_CONFIG_HOME");
        let folder = folder.or_else(|| Some(config_folder(environment)?.join("helm")))?;
        Some(folder.join("registry/config.json"))
    };
    folder(environment, "HELM_REGISTRY_CONFIG").or_else(own)
}

fn config_folder(environment: &Environment) -> Option<PathBuf> {
    let named = folder(environment, "XDG_CONFIG_HOME");
    named.or_else(|| Some(environment.home()?.join(".config")))
}

fn folder(environment: &Environment, variable: &str) -> Option<PathBuf> {
    environment.value(variable).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_has_its_file() {
        type Place = fn(&Environment) -> Option<PathBuf>;
        for (place, variables, expected) in [
            (
                docker as Place,
                &[("HOME", "/h")][..],
                Some("/h/.docker/config.json"),
            ),
            (
                docker,
                &[("HOME", "/h"), ("DOCKER_CONFIG", "/d")],
                Some("/d/config.json"),
            ),
            (docker, &[], None),
            (
                podman,
                &[("HOME", "/h")],
                Some("/h/.config/containers/auth.json"),
            ),
            (
                podman,
                &[("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r")],
                Some("/r/containers/auth.json"),
            ),
            (
                podman,
                &[("XDG_RUNTIME_DIR", "/r"), ("REGISTRY_AUTH_FILE", "/a.json")],
                Some("/a.json"),
            ),
            (
                helm,
                &[("HOME", "/h")],
                Some("/h/.config/helm/registry/config.json"),
            ),
            (
                helm,
                &[("HOME", "/h"), ("XDG_CONFIG_HOME", "/c")],
                Some("/c/helm/registry/config.json"),
            ),
            (
                helm,
                &[("HELM_CONFIG_HOME", "/hc"), ("XDG_CONFIG_HOME", "/c")],
                Some("/hc/registry/config.json"),
            ),
            (helm, &[("HELM_REGISTRY_CONFIG", "/f")], Some("/f")),
        ] {
            let environment: Environment = variables.iter().copied().collect();
            assert_eq!(
                place(&environment),
                expected.map(PathBuf::from),
                "{variables:?}"
            );
        }
    }

    #[test]
    fn our_own_helper_needs_no_login() {
        for (helper, keeper) in [
            (None, Keeper::File),
            (Some("iamra"), Keeper::OurHelper("iamra".to_owned())),
            (Some("ecr-login"), Keeper::OurHelper("ecr-login".to_owned())),
            (Some("pass"), Keeper::Helper("pass".to_owned())),
        ] {
            assert_eq!(Keeper::of(helper), keeper);
        }
    }
}
