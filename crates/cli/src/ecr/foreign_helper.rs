use std::process::Stdio;
use std::time::Duration;

use ecr_auth::{HelperCredentials, RegistryLogin};
use refresh::FaultKind;
use secrecy::ExposeSecret as _;
use tokio::io::AsyncWriteExt as _;

use crate::context::Context;
use crate::failure::Failure;
use crate::program::{Program, ending};

/// Somebody else's credential helper, which keeps logins for docker.
///
/// [Credential helper protocol](https://github.com/docker/docker-credential-helpers)
pub(crate) struct ForeignHelper<'a> {
    name: &'a str,
    context: &'a Context<'a>,
}

impl<'a> ForeignHelper<'a> {
    /// `docker-credential-NAME`, which is looked for on the `PATH`.
    pub(crate) fn new(name: &'a str, context: &'a Context<'a>) -> Self {
        Self { name, context }
    }

    /// Has it keep a login.
    pub(crate) async fn store(&self, login: &RegistryLogin) -> Result<(), Failure> {
        let (host, username) = (login.host(), login.username());
        let credentials = HelperCredentials::new(host, username, login.password().clone());
        let said = self.run("store", &credentials.to_json()).await?;
        // One that repeats what it was told repeats the password.
        let secret = login.password().expose_secret();
        self.judged(said, |text| !repeats(text, secret))
    }

    /// Has it forget one.
    pub(crate) async fn erase(&self, host: &str) -> Result<(), Failure> {
        let said = self.run("erase", host.as_bytes()).await?;
        self.judged(said, |_| true)
    }

    async fn run(&self, action: &str, input: &[u8]) -> Result<Said, Failure> {
        let ended = tokio::time::timeout(TIMEOUT, self.exchange(action, input)).await;
        ended.unwrap_or_else(|_| {
            let message = format!("it took longer than {} s", TIMEOUT.as_secs());
            Err(self.failed(FaultKind::Unavailable, &message))
        })
    }

    async fn exchange(&self, action: &str, input: &[u8]) -> Result<Said, Failure> {
        let program = Program::with_argument(format!("docker-credential-{}", self.name), action);
        let environment = self.context.environment_of_others();
        let started = program.start_reading(environment, Stdio::piped(), Stdio::piped());
        let cannot = |error: std::io::Error| {
            let message = format!("it cannot be run: {error}");
            self.failed(FaultKind::Configuration, &message)
        };
        let mut running = started.map_err(cannot)?;
        let stdin = running.child.stdin.take();
        let told = async {
            if let Some(mut stdin) = stdin {
                // One that does not read says why it has ended.
                let _ = stdin.write_all(input).await;
            }
        };
        let ((), output) = tokio::join!(told, running.output(LIMIT));
        let (text, status) = output.map_err(cannot)?;
        if text.len() > LIMIT {
            let message = format!("it prints more than {LIMIT} bytes");
            return Err(self.failed(FaultKind::Failed, &message));
        }
        // What it has left in the background is an agent, and stays.
        running.let_go();
        Ok(Said {
            text: String::from_utf8_lossy(&text).into_owned(),
            complaint: (!status.success()).then(|| ending(status)),
        })
    }

    /// Helpers say on stdout why they have failed.
    fn judged(&self, said: Said, may_be_shown: impl Fn(&str) -> bool) -> Result<(), Failure> {
        let Some(complaint) = said.complaint else {
            return Ok(());
        };
        let printable = said
            .text
            .chars()
            .map(|it| if it.is_control() { ' ' } else { it });
        let printable: String = printable.take(SHOWN).collect();
        let printable = printable.split_whitespace().collect::<Vec<_>>().join(" ");
        let message = if printable.is_empty() || !may_be_shown(&said.text) {
            format!("it {complaint}")
        } else {
            format!("it {complaint}: {printable}")
        };
        Err(self.failed(FaultKind::Failed, &message))
    }

    fn failed(&self, kind: FaultKind, message: &str) -> Failure {
        let message = format!("docker-credential-{}: {message}", self.name);
        Failure::new("docker.helper-failed", kind, message).with_hint(
            "the client's auth file names this helper (credsStore, credHelpers), so it reads no login from the file",
        )
    }
}

/// Whether a part of the secret stands in a text, however it is broken up.
fn repeats(text: &str, secret: &str) -> bool {
    let breaks = |it: &char| it.is_whitespace() || *it == '\\';
    let text: Vec<char> = text.chars().filter(|it| !breaks(it)).collect();
    let length = PIECE.min(secret.len()).max(1);
    let mut pieces = text.windows(length);
    pieces.any(|piece| secret.contains(&piece.iter().collect::<String>()))
}

/// What a helper printed, and how it failed, if it did.
struct Said {
    text: String,
    complaint: Option<String>,
}

/// A keychain may ask its user.
const TIMEOUT: Duration = Duration::from_secs(60);
/// More than any reason.
const LIMIT: usize = 64 * 1024;
/// Of a secret that is too much to be shown.
const PIECE: usize = 12;
/// Of a reason that is shown.
const SHOWN: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_piece_of_a_password_is_shown() {
        let secret = "abcdefghijklmnopqrstuvwxyz0123456789";
        for (text, found) in [
            ("the keychain is locked", false),
            ("", false),
            (secret, true),
            ("Secret: abcdefghijklmn", true),
            ("abcdef\nghijklmn", true),
            ("abc\\/defghij", false),
            ("ijklmnopqrst\\uvw", true),
        ] {
            assert_eq!(repeats(text, secret), found, "{text:?}");
        }
        assert!(repeats("a", "a"));
    }
}
