//! How the AWS SDK for Rust reads a profile file.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use aws_runtime::env_config::{
    file::{EnvConfigFileKind, EnvConfigFiles},
    section::EnvConfigSections,
    source,
};
use aws_types::os_shim_internal::{Env, Fs};
use k8s_sinks::file::{EditedProfile, ProfileCredentials, ProfileEdit, ProfileFile, Setting};

pub(crate) const KEYS: [&str; 3] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
];

/// Reads one file as the SDK does; `None` where it refuses.
pub(crate) fn read(file: ProfileFile, contents: &[u8]) -> Option<EnvConfigSections> {
    let kind = match file {
        ProfileFile::Credentials => EnvConfigFileKind::Credentials,
        ProfileFile::Config => EnvConfigFileKind::Config,
    };
    let text = String::from_utf8(contents.to_vec()).ok()?;
    let files = EnvConfigFiles::builder().with_contents(kind, text).build();
    let (env, fs) = (Env::from_slice(&[]), Fs::from_slice(&[]));
    let mut load = pin!(source::load(&env, &fs, &files));
    let Poll::Ready(source) = load.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("nothing to wait for: the contents are at hand");
    };
    EnvConfigSections::parse(source.unwrap()).ok()
}

/// The three keys of a profile, as the SDK reads them.
pub(crate) fn keys(file: ProfileFile, contents: &[u8], profile: &str) -> [Option<String>; 3] {
    let sections = read(file, contents).expect("the SDK refuses the file");
    let value = |key| Some(sections.get_profile(profile)?.get(key)?.to_owned());
    KEYS.map(value)
}

pub(crate) fn credentials(generation: u32) -> ProfileCredentials {
    ProfileCredentials {
        access_key_id: format!("ASIA{generation}"),
        secret_access_key: format!("secret/{generation}+").into(),
        session_token: format!("token{generation}==").into(),
    }
}

/// What the keys should read as.
pub(crate) fn expected(generation: u32) -> [Option<String>; 3] {
    [
        Some(format!("ASIA{generation}")),
        Some(format!("secret/{generation}+")),
        Some(format!("token{generation}==")),
    ]
}

pub(crate) fn edit(
    file: ProfileFile,
    profile: &str,
    settings: Vec<Setting>,
    contents: &[u8],
) -> Result<EditedProfile, k8s_sinks::Error> {
    ProfileEdit::new(file, profile.parse().unwrap(), settings).apply(contents)
}

/// Sets the keys of one generation in a credentials file.
pub(crate) fn put(
    contents: &[u8],
    profile: &str,
    generation: u32,
) -> Result<EditedProfile, k8s_sinks::Error> {
    let settings = credentials(generation).settings().unwrap();
    edit(ProfileFile::Credentials, profile, settings, contents)
}
