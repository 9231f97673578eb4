use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;

/// A certificate set on disk, and who uses it.
pub(crate) struct KeyFiles {
    folder: PathBuf,
}

impl KeyFiles {
    /// Has the sandbox's Vault issue one below `scratch`.
    pub(crate) fn issue(scratch: &Path) -> Result<Self> {
        let folder = scratch.join("certificate");
        Tool::new(iamra())
            .words("cert issue --key-type ec-p256 --out-dir")
            .arg(&folder)
            .output()?;
        Ok(Self { folder })
    }

    /// A command of ours with them.
    pub(crate) fn ours(&self, command: &str) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec![iamra().into()];
        words.extend(self::words(command));
        words.extend(self.identity());
        words
    }

    /// The same of `aws_signing_helper`; none where it is not on `PATH`.
    pub(crate) fn helpers(&self, command: &str) -> Result<Option<Vec<OsString>>> {
        if Tool::new(HELPER).arg("version").output().is_err() {
            return Ok(None);
        }
        let mut words: Vec<OsString> = vec![HELPER.into()];
        words.extend(self::words(command));
        words.extend(self.identity());
        for (flag, name) in [
            ("--trust-anchor-arn", "ANCHOR_ARN"),
            ("--profile-arn", "PROFILE_ARN"),
            ("--role-arn", "ROLE_ARN"),
            ("--region", "AWS_REGION"),
            ("--endpoint", "AWS_ENDPOINT_URL_ROLESANYWHERE"),
        ] {
            words.extend([flag.into(), variable(name)?.into()]);
        }
        Ok(Some(words))
    }

    fn identity(&self) -> Vec<OsString> {
        [
            ("--certificate", "cert.pem"),
            ("--intermediates", "chain.pem"),
            ("--private-key", "private.pem"),
        ]
        .into_iter()
        .flat_map(|(flag, name)| [flag.into(), self.folder.join(name).into()])
        .collect()
    }
}

pub(crate) fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

pub(crate) fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|_| Failure::new(format!("the sandbox did not set {name}")))
}

/// The sandbox puts the binary that it is first on the path.
pub(crate) fn iamra() -> PathBuf {
    PathBuf::from("iamra")
}

const HELPER: &str = "aws_signing_helper";
