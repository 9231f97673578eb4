use std::path::{Path, PathBuf};

use iamra_sandbox::{Sandbox, ServiceAccount};
use private_file::{Options, Target};
use refresh::FaultKind;
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use crate::failure::Failure;

/// A folder that lives as long as the sandbox: its CA files, the service
/// account's token, the credentials file, and `iamra` itself in `bin`.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new(sandbox: &Sandbox) -> Result<Self, Failure> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("iamra-sandbox-");
        // For us alone, whatever the umask lets others do.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = Self(builder.tempdir()?);
        let account = ServiceAccount::default();
        let token = sandbox
            .service_account_token(&account)
            .map_err(super::unbound)?;
        folder.write("service-account-token", token.expose_secret())?;
        if let (Some(vault), Some(aws)) = (sandbox.vault_ca_pem(), sandbox.aws_ca_pem()) {
            folder.write("vault-ca.pem", vault)?;
            folder.write("aws-ca.pem", aws)?;
        }
        folder.place_ourselves()?;
        Ok(folder)
    }

    /// What the sandbox's clients are told, with the files of this folder.
    pub(super) fn environment(&self, sandbox: &Sandbox) -> Vec<(String, String)> {
        let path = |name: &str| self.path(name).display().to_string();
        let mut variables = sandbox.environment();
        let mut add = |name: &str, value: String| variables.push((name.to_owned(), value));
        add("IAMRA_JWT_FILE", path("service-account-token"));
        // Nobody's own token gets into it.
        add("BAO_TOKEN_PATH", path("vault-token"));
        // Nor do its sessions and tokens into anybody's own.
        add("IAMRA_SESSION_CACHE", path("sessions"));
        add("IAMRA_CACHE_DIR", path("tokens"));
        add("AWS_SHARED_CREDENTIALS_FILE", path("credentials"));
        add("AWS_CONFIG_FILE", path("config"));
        if sandbox.aws_ca_pem().is_some() {
            add("VAULT_CACERT", path("vault-ca.pem"));
            add("AWS_CA_BUNDLE", path("aws-ca.pem"));
        }
        variables
    }

    /// The folder to put first on `PATH`.
    pub(super) fn bin(&self) -> PathBuf {
        self.path("bin")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        Target::new(self.path(name), Options::new()).replace(text.as_bytes())?;
        Ok(())
    }

    fn place_ourselves(&self) -> Result<(), Failure> {
        let ourselves = std::env::current_exe()?;
        create_private(&self.bin())?;
        for name in NAMES {
            link(&ourselves, &self.bin().join(name))
                .map_err(|error| Failure::new("sandbox.failed", FaultKind::Failed, error))?;
        }
        Ok(())
    }
}

/// The names by which the programs in the sandbox call us.
const NAMES: &[&str] = &[
    "iamra",
    #[cfg(feature = "ecr")]
    "docker-credential-iamra",
    #[cfg(feature = "ecr")]
    "iamra-credential-provider",
];

#[cfg(unix)]
fn create_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    std::fs::DirBuilder::new().mode(0o700).create(folder)
}

/// The rights are those of the folder around it.
#[cfg(not(unix))]
fn create_private(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir(folder)
}

#[cfg(unix)]
fn link(original: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

#[cfg(not(unix))]
fn link(original: &Path, link: &Path) -> std::io::Result<()> {
    std::fs::copy(original, link.with_extension("exe")).map(|_| ())
}
