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

    /// The same for a command that takes no flags.
    #[cfg(unix)]
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let path = |name: &str| self.folder.join(name).display().to_string();
        FILES
            .iter()
            .map(|(_, variable, name)| ((*variable).to_owned(), path(name)))
            .collect()
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
        FILES
            .iter()
            .flat_map(|(flag, _, name)| [(*flag).into(), self.folder.join(name).into()])
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

/// The flag and the variable for each file.
const FILES: [(&str, &str, &str); 3] = [
    ("--certificate", "IAMRA_CERTIFICATE", "cert.pem"),
    ("--intermediates", "IAMRA_INTERMEDIATES", "chain.pem"),
    ("--private-key", "IAMRA_PRIVATE_KEY", "private.pem"),
];

const HELPER: &str = "aws_signing_helper";
