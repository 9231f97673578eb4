use std::path::Path;

use ecr_auth::{DockerConfig, DockerConfigEdit, EditedDockerConfig, RegistryHost};
use private_file::{Change, Edit, Options, Target};

use self::tool::Tool;
use crate::audit;
use crate::context::Context;
use crate::failure::Failure;

mod tool;

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
        let tool = Tool::chosen(settings)?;
        let path = match settings.path("auth-file")? {
            Some(path) => path,
            None => tool.file(settings.environment())?,
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

#[cfg(test)]
mod tests {
    use super::*;

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
