use clap::Command;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use vault_pki::{Mount, Revocable, Revocation, Vault};
use zeroize::Zeroizing;

use self::aftermath::Aftermath;
use crate::commands::verb;
use crate::context::{Context, read_file};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::identity::KeyFiles;
use crate::resolved::Origin;
use crate::setting::{with_named, with_settings};
use crate::vault::{VaultClient, pki_mount};
use crate::{audit, output, settings};

mod aftermath;

pub(crate) fn command() -> Command {
    verb(
        "revoke",
        "Have Vault revoke a certificate, and say what stays valid all the same",
        |command| {
            let command = with_settings(
                command,
                &[
                    &settings::REVOCATION,
                    &settings::PEM_FILES,
                    &settings::KEY_FILE,
                    &settings::VAULT_LOGIN,
                    &settings::VAULT_CONNECTION,
                    &settings::PROXIES,
                    &settings::OUTPUT,
                ],
            );
            with_named(command, &["pki-mount", "out-dir"]).mut_arg("out-dir", |folder| {
                let help = "The folder with the certificate to revoke, cert.pem, and its key, \
                            private.pem";
                folder.help(help).long_help(help)
            })
        },
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let mount = pki_mount(&context.settings)?;
    let target = Target::named(context)?;
    let client = VaultClient::new(context)?;
    let revoked = target.revoke(&client.vault, &mount).await;
    if revoked.is_ok() {
        let address = client.vault.settings().address.to_string();
        audit::certificate_revoked(&target.serial(), &address);
    }
    client.finish().await;
    let revoked_at = revoked?.revoked_at.unwrap_or_else(|| context.now());
    let certificate = target.certificate();
    let aftermath = Aftermath::new(
        (target.serial(), certificate),
        (client.vault.settings(), &mount),
        (revoked_at, context.now()),
    );
    if wants_json {
        output::print_json(&aftermath)?;
    } else {
        output::print(&aftermath.text())?;
    }
    Ok(Exit::Done)
}

/// What is revoked, and by what right.
enum Target {
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
    /// What the command line names. A variable or a config file that is there
    /// for something else revokes nothing.
    fn named(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let mut named = Vec::new();
        for name in ["serial", "certificate", "out-dir"] {
            let sourced = settings.sourced(name)?;
            named.extend(sourced.filter(|sourced| matches!(sourced.origin, Origin::Flag(_))));
        }
        match &named[..] {
            [one] if one.origin == Origin::Flag("serial") => serial(&one.value).map(Self::Serial),
            [one] if one.origin == Origin::Flag("out-dir") => {
                let folder = settings.path("out-dir")?.unwrap_or_default();
                Self::of_files(&KeyFiles {
                    certificate: folder.join("cert.pem"),
                    private_key: Some(folder.join("private.pem")),
                    intermediates: None,
                })
            }
            [_] => Self::of_files(&super::check::files(context)?),
            [] => Err(unnamed("there is nothing to revoke")),
            _ => Err(unnamed("there is more than one to revoke")),
        }
    }

    fn of_files(files: &KeyFiles) -> Result<Self, Failure> {
        let key_file = files.private_key.as_ref().unwrap_or(&files.certificate);
        let content = read_file(key_file)?;
        let private_key = PrivateKeyDer::from_pem_slice(&content).map(Zeroizing::new);
        match private_key {
            Ok(private_key) => Ok(Self::Key {
                // Checks that the key is the certificate's.
                certificate: files.read()?.certificate().clone(),
                private_key,
            }),
            Err(_) if files.private_key.is_none() => {
                tracing::info!(
                    "there is no key beside the certificate: Vault's policy decides whether it may be revoked"
                );
                Ok(Self::Certificate(files.read_certificates()?.0))
            }
            // Says what is the matter with the key.
            Err(_) => Err(files.read().err().unwrap_or_else(|| {
                Failure::configuration("identity.invalid", "the private key cannot be read")
            })),
        }
    }

    async fn revoke(&self, vault: &Vault, mount: &Mount) -> Result<Revocation, vault_pki::Error> {
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

    fn certificate(&self) -> Option<&rolesanywhere::Certificate> {
        match self {
            Self::Serial(_) => None,
            Self::Certificate(certificate) | Self::Key { certificate, .. } => Some(certificate),
        }
    }

    fn serial(&self) -> String {
        match self {
            Self::Serial(serial) => serial.clone(),
            Self::Certificate(certificate) | Self::Key { certificate, .. } => {
                certificate.serial_hex()
            }
        }
    }
}

fn unnamed(message: &str) -> Failure {
    Failure::configuration("config.missing", message).with_hint(
        "name it on the command line: --out-dir FOLDER, --certificate FILE with --private-key FILE, or --serial SERIAL",
    )
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
