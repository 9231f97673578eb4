use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use docker_credential::{CredentialRetrievalError, DockerCredential};
use oci_client::secrets::RegistryAuth;
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};

use super::{Caller, Fault};

/// Who we are for this registry.
pub(super) fn login(caller: &Caller, registry: &str) -> Result<RegistryAuth, Fault> {
    if let Some(password) = &caller.password {
        return Ok(basic(caller.username.clone(), password));
    }
    if !config().is_some_and(|file| file.is_file()) {
        return Ok(RegistryAuth::Anonymous);
    }
    of_docker(asked(registry)?, registry)
}

/// The one line that `iamra ecr token` prints.
pub(super) fn password(input: &mut dyn std::io::Read) -> Result<SecretString, Fault> {
    let mut text = Zeroizing::new(String::new());
    let read = input.take(LONGEST).read_to_string(&mut text);
    read.map_err(|error| Fault::new(format!("the password on standard input: {error}")))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() || password.contains('\n') {
        return Err(Fault::new(
            "standard input has no password of one line, as `iamra ecr token` prints it",
        ));
    }
    Ok(password.into())
}

/// A folder with a `config.json` of this login; nobody else may read it.
pub(super) fn docker_folder(
    registry: &str,
    username: &str,
    password: &SecretString,
) -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let login = Zeroizing::new(format!("{username}:{}", password.expose_secret()));
    let login = Zeroizing::new(BASE64_STANDARD.encode(&*login));
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let text = Zeroizing::new(format!(
        "{{\"auths\":{{{}:{{\"auth\":\"{}\"}}}}}}",
        quoted(registry),
        *login
    ));
    let mut file = tempfile::NamedTempFile::new_in(folder.path())?;
    file.write_all(text.as_bytes())?;
    file.persist(folder.path().join("config.json"))?;
    Ok(folder)
}

/// docker's answer, which may be that of a helper: a program that may hang.
fn asked(registry: &str) -> Result<Answer, Fault> {
    let (sender, receiver) = mpsc::channel();
    let asked = registry.to_owned();
    // One that hangs ends with us.
    std::thread::spawn(move || sender.send(docker_credential::get_credential(&asked)));
    receiver.recv_timeout(PATIENCE).map_err(|_| {
        Fault::new(format!(
            "docker's credential helper for {registry} does not answer"
        ))
    })
}

type Answer = Result<DockerCredential, CredentialRetrievalError>;

fn of_docker(answer: Answer, registry: &str) -> Result<RegistryAuth, Fault> {
    match answer {
        Ok(DockerCredential::UsernamePassword(name, password)) => {
            Ok(basic(name, &SecretString::from(password)))
        }
        Ok(DockerCredential::IdentityToken(_)) => Err(Fault::new(format!(
            "docker has an identity token for {registry}, which is not supported: \
             give a password by --password-stdin"
        ))),
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(RegistryAuth::Anonymous),
        Err(CredentialRetrievalError::HelperFailure {
            helper,
            stdout,
            stderr,
        }) => {
            // By their protocol helpers complain on standard output.
            let said = [stderr, stdout];
            if said.iter().any(|text| text.contains(NONE)) {
                return Ok(RegistryAuth::Anonymous);
            }
            let mut lines = said.iter().flat_map(|text| text.lines());
            let line = lines.find(|line| !line.trim().is_empty());
            let line = line.unwrap_or("no word why");
            Err(Fault::new(format!("{helper} for {registry}: {line}")))
        }
        Err(error) => Err(Fault::new(format!(
            "docker's config.json, for {registry}: {error}"
        ))),
    }
}

fn basic(name: String, password: &SecretString) -> RegistryAuth {
    RegistryAuth::Basic(name, password.expose_secret().to_owned())
}

/// Where docker keeps its logins.
fn config() -> Option<PathBuf> {
    let folder = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".docker"));
    Some(folder.or_else(home)?.join("config.json"))
}

/// What every helper says that has none.
const NONE: &str = "credentials not found in native keychain";
const PATIENCE: Duration = Duration::from_secs(60);
const LONGEST: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line() {
        let read = |mut text: &[u8]| password(&mut text);
        assert_eq!(read(b"token\r\n").unwrap().expose_secret(), "token");
        for text in [&b""[..], b"\n", b"a\nb"] {
            assert!(read(text).is_err());
        }
    }

    #[test]
    fn what_docker_says_is_a_login_or_none() {
        let failed = |stdout: &str, stderr: &str| {
            Err(CredentialRetrievalError::HelperFailure {
                helper: "docker-credential-x".to_owned(),
                stdout: stdout.to_owned(),
                stderr: stderr.to_owned(),
            })
        };
        let known = DockerCredential::UsernamePassword("AWS".to_owned(), "b".to_owned());
        let none = of_docker(failed(NONE, ""), "registry.example");
        assert_eq!(none.unwrap(), RegistryAuth::Anonymous);
        let login = of_docker(Ok(known), "registry.example").unwrap();
        assert_eq!(login, RegistryAuth::Basic("AWS".to_owned(), "b".to_owned()));
        let refused = of_docker(failed("", "\nVault is sealed\nhint"), "registry.example");
        let refused = refused.unwrap_err().to_string();
        assert_eq!(
            refused,
            "docker-credential-x for registry.example: Vault is sealed"
        );
    }
}
