use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgMatches};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use vault_pki::{Mount, Revocable, Revocation, Vault};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::identity::KeyFiles;

/// The flags that name it. They are no settings: neither a variable nor a
/// config file revokes anything. Those that contradict each other are refused.
pub(super) fn flags() -> [Arg; 4] {
    [
        flag("out-dir", "FOLDER")
            .help("The folder with the certificate to revoke, cert.pem, and its key, private.pem")
            .conflicts_with_all(["certificate", "private-key", "serial"]),
        flag("certificate", "FILE")
            .help("The certificate to revoke, in PEM; its key may stand in the same file")
            .conflicts_with("serial"),
        flag("private-key", "FILE")
            .help("Its private key in PEM: revoke-with-key is then enough of a policy")
            .requires("certificate")
            .conflicts_with("serial"),
        flag("serial", "SERIAL")
            .help("The serial number in hexadecimal, without the certificate")
            .long_help(
                "The serial number in hexadecimal, without the certificate. The policy must allow to \
                 revoke all certificates of the mount, and Vault must have stored this one \
                 (no_store=false). With the certificate and its key, revoke-with-key is enough.",
            ),
    ]
}

fn flag(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name(value)
        .help_heading("Certificate to revoke, named on the command line")
}

/// What is revoked, and by what right.
pub(super) enum Target {
    /// By the policy `revoke`, which is one over all certificates of the mount.
    Serial(String),
    /// The same, with the certificate at hand: Vault need not have stored it.
    Certificate(rolesanywhere::Certificate),
    /// By the proof that the key is ours.
    Key {
        certificate: rolesanywhere::Certificate,
        private_key: Zeroizing<PrivateKeyDer<'static>>,
    },
}

impl Target {
    /// What the command line names, and nothing else does: a variable or a
    /// config file that is there for something else revokes nothing.
    pub(super) async fn named(matches: &ArgMatches) -> Result<Self, Failure> {
        let named = |name: &str| {
            let text = matches.get_one::<String>(name);
            text.filter(|text| !text.is_empty())
        };
        if let Some(text) = named("serial") {
            return serial(text).map(Self::Serial);
        }
        if let Some(folder) = named("out-dir").map(Path::new) {
            let files = KeyFiles::new(folder.join("cert.pem"), Some(folder.join("private.pem")));
            return Self::of_files(&Arc::new(files)).await;
        }
        let Some(certificate) = named("certificate") else {
            return Err(Failure::configuration("config.missing", "there is nothing to revoke").with_hint(
                "name it on the command line: --out-dir FOLDER, --certificate FILE with --private-key FILE, or --serial SERIAL",
            ));
        };
        let files = KeyFiles::new(certificate.into(), named("private-key").map(PathBuf::from));
        Self::of_files(&Arc::new(files)).await
    }

    async fn of_files(files: &Arc<KeyFiles>) -> Result<Self, Failure> {
        let key_file = files.private_key.as_ref().unwrap_or(&files.certificate);
        let content = key_file.read()?;
        let private_key = PrivateKeyDer::from_pem_slice(&content).map(Zeroizing::new);
        match private_key {
            Ok(private_key) => Ok(Self::Key {
                // Checks that the key is the certificate's.
                certificate: files.read().await?.certificate().clone(),
                private_key,
            }),
            Err(_) if files.private_key.is_none() => {
                tracing::info!(
                    "there is no key beside the certificate: Vault's policy decides whether it may be revoked"
                );
                Ok(Self::Certificate(files.read_certificates()?.0))
            }
            Err(_) => Err(unusable_key(files, &content).await),
        }
    }

    pub(super) async fn revoke(
        &self,
        vault: &Vault,
        mount: &Mount,
    ) -> Result<Revocation, vault_pki::Error> {
        match self {
            Self::Serial(serial) => {
                let revocable = Revocable::Serial(serial.clone());
                vault.revoke(mount, &revocable).await
            }
            Self::Certificate(certificate) => {
                let revocable = Revocable::Certificate(certificate.der().clone());
                vault.revoke(mount, &revocable).await
            }
            Self::Key {
                certificate,
                private_key,
            } => {
                vault
                    .revoke_with_key(mount, certificate.der(), private_key)
                    .await
            }
        }
    }

    pub(super) fn certificate(&self) -> Option<&rolesanywhere::Certificate> {
        match self {
            Self::Serial(_) => None,
            Self::Certificate(certificate) | Self::Key { certificate, .. } => Some(certificate),
        }
    }

    pub(super) fn serial(&self) -> String {
        match self {
            Self::Serial(serial) => serial.clone(),
            Self::Certificate(certificate) | Self::Key { certificate, .. } => {
                certificate.serial_hex()
            }
        }
    }
}

/// What is the matter with the key. Vault wants it as it is, so that one behind
/// a passphrase is no use.
async fn unusable_key(files: &Arc<KeyFiles>, content: &[u8]) -> Failure {
    let failure = files.read().await.err().unwrap_or_else(|| {
        Failure::configuration("identity.invalid", "the private key cannot be read")
    });
    let is_encrypted = content.windows(9).any(|word| word == b"ENCRYPTED");
    if is_encrypted {
        failure.with_hint(
            "decrypt it first: openssl pkcs8 -in KEY -out NEW (and keep NEW at mode 0600)",
        )
    } else {
        failure
    }
}

/// Vault's form of a serial number: `0f:a1:…`; OpenSSL's has other separators
/// or none.
fn serial(text: &str) -> Result<String, Failure> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-')).collect();
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digits.is_empty() || !digits.len().is_multiple_of(2) || digits.len() > 40 || !is_hex {
        return Err(Failure::configuration(
            "config.invalid",
            format!("--serial: {text:?} is no serial number in hexadecimal, such as 0f:a1:22"),
        ));
    }
    let pairs = digits.as_bytes().chunks(2).map(String::from_utf8_lossy);
    Ok(pairs.collect::<Vec<_>>().join(":").to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_read_in_every_usual_form() {
        for text in ["0F:A1:22", "0fa122", "0f-a1-22"] {
            assert_eq!(serial(text).unwrap(), "0f:a1:22");
        }
        for text in ["", "0", "xyz1", "0x12", "12 34", &"ab".repeat(21)] {
            assert!(serial(text).is_err(), "{text}");
        }
    }
}
