use std::path::PathBuf;

use crate::ecr::cache_folder::is_root;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::resolved::{Resolved, Sourced};

/// Whose file it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tool {
    /// And oras, which reads the same file.
    Docker,
    Podman,
    Helm,
}

impl Tool {
    pub(super) fn chosen(settings: &Resolved<'_>) -> Result<Self, Failure> {
        let Some(Sourced { value, origin }) = settings.sourced("tool")? else {
            return Ok(Self::Docker);
        };
        match value.as_str() {
            "docker" | "oras" => Ok(Self::Docker),
            "podman" => Ok(Self::Podman),
            "helm" => Ok(Self::Helm),
            _ => Err(origin.invalid("it must be docker, podman, helm or oras")),
        }
    }

    /// Where it looks.
    pub(super) fn file(self, environment: &Environment) -> Result<PathBuf, Failure> {
        let file = match self {
            Self::Docker => docker(environment),
            Self::Podman => podman(environment, is_root()),
            Self::Helm => helm(environment),
        };
        file.ok_or_else(|| {
            let message = "there is no home folder, so no place for the logins";
            Failure::configuration("config.missing", message)
                .with_hint("name the file: --auth-file FILE")
        })
    }
}

/// [docker's config.json](https://docs.docker.com/reference/cli/docker/#configuration-files)
fn docker(environment: &Environment) -> Option<PathBuf> {
    let named = environment.folder("DOCKER_CONFIG");
    let folder = named.or_else(|| Some(environment.home()?.join(".docker")))?;
    Some(folder.join("config.json"))
}

/// On Linux the file of the moment is read first, and for root there always is
/// a place for one; others may not make theirs, and read the next one.
///
/// [containers-auth.json(5)](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md)
fn podman(environment: &Environment, is_root: bool) -> Option<PathBuf> {
    if let Some(file) = environment.folder("REGISTRY_AUTH_FILE") {
        return Some(file);
    }
    let runtime = environment.folder("XDG_RUNTIME_DIR");
    let runtime = runtime.map(|folder| folder.join("containers"));
    let runtime = runtime.or_else(|| is_root.then(|| PathBuf::from("/run/containers/0")));
    let folder = match runtime {
        Some(folder) if cfg!(target_os = "linux") => folder,
        _ => environment.config_folder()?.join("containers"),
    };
    Some(folder.join("auth.json"))
}

/// [Helm's HELM_REGISTRY_CONFIG](https://helm.sh/docs/helm/helm/)
fn helm(environment: &Environment) -> Option<PathBuf> {
    let own = || {
        let folder = environment.folder("HELM_CONFIG_HOME");
        let folder = folder.or_else(|| Some(environment.config_folder()?.join("helm")))?;
        Some(folder.join("registry/config.json"))
    };
    environment.folder("HELM_REGISTRY_CONFIG").or_else(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_has_its_file() {
        type Place = fn(&Environment) -> Option<PathBuf>;
        let of_a_user: Place = |environment| podman(environment, false);
        let of_root: Place = |environment| podman(environment, true);
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
                of_a_user,
                &[("HOME", "/h")],
                Some("/h/.config/containers/auth.json"),
            ),
            (of_a_user, &[], None),
            (
                of_root,
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
            let expected = expected.map(PathBuf::from);
            assert_eq!(place(&environment), expected, "{variables:?}");
        }
    }

    /// As skopeo looks for it.
    #[cfg(target_os = "linux")]
    #[test]
    fn on_linux_the_file_of_the_moment_comes_first() {
        for (is_root, variables, expected) in [
            (true, &[("HOME", "/h")][..], "/run/containers/0/auth.json"),
            (
                true,
                &[("XDG_RUNTIME_DIR", "/r")],
                "/r/containers/auth.json",
            ),
            (
                false,
                &[("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r")],
                "/r/containers/auth.json",
            ),
        ] {
            let environment: Environment = variables.iter().copied().collect();
            let file = podman(&environment, is_root);
            assert_eq!(file, Some(expected.into()), "{variables:?}");
        }
    }
}
