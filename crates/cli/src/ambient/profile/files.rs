use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use k8s_sinks::file::{ProfileFile, ProfileName, ProfileReader};
use private_file::Error;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::ambient::Facts;
use crate::context::Context;
use crate::failure::{self, Failure};

/// Where the two files are; none where there is no home folder.
///
/// [Location of the shared files](https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html)
pub(super) struct Places {
    config: Option<PathBuf>,
    credentials: Option<PathBuf>,
}

/// The two files as they are now. A missing one is empty.
pub(super) struct ProfileFiles {
    config: File,
    credentials: File,
}

struct File {
    path: PathBuf,
    kind: ProfileFile,
    contents: Zeroizing<Vec<u8>>,
}

/// What both files say of one profile: for each key, the credentials file is
/// stronger.
pub(super) struct Profile {
    pub(super) name: String,
    values: BTreeMap<&'static str, SecretString>,
}

impl Places {
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let folder = context.home().map(|home| home.join(".aws"));
        let usual = |name: &str| folder.as_ref().map(|folder| folder.join(name));
        let settings = &context.settings;
        let config = settings.path("aws-config-file")?;
        // The variable alone: the setting `credentials-file`, which it sets too,
        // is where other sinks write to.
        let credentials = settings.variable(&[CREDENTIALS_FILE.to_owned()])?;
        let credentials = credentials.map(|named| named.into_path(settings.environment()));
        let credentials = credentials.transpose()?.map(|path| path.value);
        Ok(Self {
            config: config.or_else(|| usual("config")),
            credentials: credentials.or_else(|| usual("credentials")),
        })
    }

    /// For people.
    pub(super) fn shown(&self) -> String {
        let paths = [&self.config, &self.credentials].into_iter().flatten();
        let paths: Vec<String> = paths.map(|path| path.display().to_string()).collect();
        if paths.is_empty() {
            "any file: there is no home folder".to_owned()
        } else {
            paths.join(" or ")
        }
    }

    pub(super) fn facts(&self) -> Facts {
        let paths = [("config", &self.config), ("credentials", &self.credentials)];
        let known = paths
            .into_iter()
            .filter_map(|(name, path)| Some((name, path.as_deref()?)));
        known.fold(Facts::default(), |facts, (name, path)| {
            facts.with_path(name, path)
        })
    }
}

impl ProfileFiles {
    pub(super) fn read(places: &Places) -> Result<Self, Failure> {
        Ok(Self {
            config: File::read(places.config.as_deref(), ProfileFile::Config)?,
            credentials: File::read(places.credentials.as_deref(), ProfileFile::Credentials)?,
        })
    }

    /// The profile of that name, if one of the files has it.
    pub(super) fn profile(&self, name: &str) -> Result<Option<Profile>, Failure> {
        let known: ProfileName = name
            .parse()
            .map_err(|error: k8s_sinks::Error| failure::ambient::invalid(error.to_string()))?;
        let mut values = BTreeMap::new();
        let mut is_there = false;
        for file in [&self.config, &self.credentials] {
            let reader = file.reader(&known)?;
            is_there |= reader.has_profile();
            let found = KEYS
                .into_iter()
                .filter_map(|key| Some((key, reader.value(key)?)));
            values.extend(found.filter(|(_, value)| !value.expose_secret().is_empty()));
        }
        Ok(is_there.then(|| Profile {
            name: name.to_owned(),
            values,
        }))
    }
}

impl File {
    fn read(path: Option<&Path>, kind: ProfileFile) -> Result<Self, Failure> {
        let contents = match path.map(private_file::read_private) {
            Some(Ok(contents)) => contents,
            None | Some(Err(Error::Missing { .. })) => Zeroizing::default(),
            // That is how one says that there shall be no file.
            Some(Err(Error::NotRegular { path, .. })) if is_null_device(&path) => {
                Zeroizing::default()
            }
            Some(Err(error)) => return Err(error.into()),
        };
        Ok(Self {
            path: path.map(Path::to_owned).unwrap_or_default(),
            kind,
            contents,
        })
    }

    fn reader<'a>(&'a self, profile: &'a ProfileName) -> Result<ProfileReader<'a>, Failure> {
        ProfileReader::new(&self.contents, self.kind, profile).map_err(|error| {
            let message = format!("{}: {error}", self.path.display());
            failure::ambient::invalid(message).with_hint("mend that line")
        })
    }
}

impl Profile {
    /// The value of one of the [`KEYS`] that is no secret.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(SecretString::expose_secret)
    }

    pub(super) fn secret(&self, key: &str) -> Option<&SecretString> {
        self.values.get(key)
    }

    /// The value of a key as a `T`; an error names profile and key.
    pub(super) fn parsed<T>(&self, key: &str) -> Result<Option<T>, Failure>
    where
        T: std::str::FromStr<Err: std::error::Error>,
    {
        let parsed = self.text(key).map(str::parse).transpose();
        parsed.map_err(|error: T::Err| self.invalid(&format!("{key}: {error}")))
    }

    /// A failure that says which profile is wrong.
    pub(super) fn invalid(&self, why: &str) -> Failure {
        failure::ambient::invalid(format!("profile {}: {why}", self.name))
    }
}

/// Whether it is the device that is always empty, by whichever name.
#[cfg(unix)]
fn is_null_device(path: &Path) -> bool {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

    let device = |path| {
        let metadata = std::fs::metadata(path).ok()?;
        let is_device = metadata.file_type().is_char_device();
        is_device.then(|| metadata.rdev())
    };
    let found = device(path);
    found.is_some() && found == device(Path::new("/dev/null"))
}

#[cfg(not(unix))]
fn is_null_device(path: &Path) -> bool {
    path.as_os_str().eq_ignore_ascii_case("NUL")
}

const CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";

/// The keys that are read.
pub(super) const KEYS: [&str; 18] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "credential_process",
    "credential_source",
    "duration_seconds",
    "external_id",
    "login_session",
    "region",
    "role_arn",
    "role_session_name",
    "source_profile",
    "sso_account_id",
    "sso_region",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];
