use std::path::{Path, PathBuf};

use private_file::{Change, Edit, Options, Target};

use super::{ProfileCredentials, ProfileEdit, ProfileFile, ProfileName, ProfileReader, Setting};
use crate::{Error, Receipt, Warning};

/// Delivers a session's credentials into a profile of `~/.aws/credentials`.
#[derive(Clone, Debug)]
pub struct CredentialsFile(ProfileSink);

impl CredentialsFile {
    /// The profile of this file. Nothing happens yet.
    pub fn new(path: impl Into<PathBuf>, profile: ProfileName, options: Options) -> Self {
        Self(ProfileSink::new(
            ProfileFile::Credentials,
            path.into(),
            profile,
            options,
        ))
    }

    /// Sets the three keys; writes nothing if they are set already.
    pub fn deliver(&self, credentials: &ProfileCredentials) -> Result<Receipt, Error> {
        self.0.deliver(credentials.settings()?)
    }

    /// What stands in the profile; `None` where one of the three keys is
    /// missing, or there is no file.
    pub fn read(&self) -> Result<Option<ProfileCredentials>, Error> {
        let path = self.0.target.path();
        let contents = match private_file::read_private(path) {
            Ok(contents) => contents,
            Err(private_file::Error::Missing { .. }) => return Ok(None),
            Err(source) => return Err(Failure::Write(source).at(path)),
        };
        let reader = ProfileReader::new(&contents, self.0.file, &self.0.profile);
        let reader = reader.map_err(|error| Failure::Edit(error).at(path))?;
        Ok(ProfileCredentials::from_values(|key| reader.value(key)))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.0.target.path()
    }
}

/// Delivers settings (`region`, `credential_process`) into a profile of
/// `~/.aws/config`.
#[derive(Clone, Debug)]
pub struct ConfigFile(ProfileSink);

impl ConfigFile {
    /// The profile of this file. Nothing happens yet.
    pub fn new(path: impl Into<PathBuf>, profile: ProfileName, options: Options) -> Self {
        Self(ProfileSink::new(
            ProfileFile::Config,
            path.into(),
            profile,
            options,
        ))
    }

    /// Sets the keys; writes nothing if they are set already.
    pub fn deliver(&self, settings: Vec<Setting>) -> Result<Receipt, Error> {
        self.0.deliver(settings)
    }
}

#[derive(Clone, Debug)]
struct ProfileSink {
    file: ProfileFile,
    profile: ProfileName,
    target: Target,
}

impl ProfileSink {
    fn new(file: ProfileFile, path: PathBuf, profile: ProfileName, options: Options) -> Self {
        Self {
            file,
            profile,
            target: Target::new(path, options),
        }
    }

    fn deliver(&self, settings: Vec<Setting>) -> Result<Receipt, Error> {
        let edit = ProfileEdit::new(self.file, self.profile.clone(), settings);
        let mut warnings = Vec::new();
        let path = self.target.path();
        let change = self.target.update(|old| apply(&edit, old, &mut warnings));
        let change = change.map_err(|failure| failure.at(path))?;
        Ok(Receipt {
            changed: change == Change::Written,
            path: path.to_owned(),
            warnings,
        })
    }
}

/// The warnings are those of the last time that the edit was asked for.
fn apply(
    edit: &ProfileEdit,
    old: Option<&[u8]>,
    warnings: &mut Vec<Warning>,
) -> Result<Edit, Failure> {
    let old = old.unwrap_or_default();
    let edited = edit.apply(old).map_err(Failure::Edit)?;
    *warnings = edited.warnings;
    let unchanged = edited.contents.as_slice() == old;
    Ok(if unchanged {
        Edit::Unchanged
    } else {
        Edit::Replace(edited.contents)
    })
}

/// What can go wrong inside an update, before the path is said.
enum Failure {
    Edit(Error),
    Write(private_file::Error),
}

impl Failure {
    fn at(self, path: &Path) -> Error {
        let path = path.to_owned();
        match self {
            Self::Edit(source) => Error::NotEdited {
                path,
                source: Box::new(source),
            },
            Self::Write(source) => Error::NotWritten { path, source },
        }
    }
}

impl From<private_file::Error> for Failure {
    fn from(error: private_file::Error) -> Self {
        Self::Write(error)
    }
}
