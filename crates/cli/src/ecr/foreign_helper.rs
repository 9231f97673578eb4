use std::time::Duration;

use ecr_auth::{HelperCredentials, RegistryLogin};
use refresh::FaultKind;
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::explanation::ecr;
use crate::failure::Failure;
use crate::program::{Bounds, NoOutput, Program, ending};
use crate::said;

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
        let program = Program::with_argument(format!("docker-credential-{}", self.name), action);
        let environment = self.context.environment_of_others();
        // What it leaves in the background is an agent, and stays.
        let answered = program.answered(environment, input, BOUNDS).await;
        let (text, status) = answered.map_err(|error| {
            let kind = match error {
                NoOutput::TooLong { .. } => FaultKind::Unavailable,
                NoOutput::TooMuch { .. } => FaultKind::Failed,
                _ => FaultKind::Configuration,
            };
            self.failed(kind, &error.to_string())
        })?;
        Ok(Said {
            text: Zeroizing::new(String::from_utf8_lossy(&text).into_owned()),
            complaint: (!status.success()).then(|| ending(status)),
        })
    }

    /// Helpers say on stdout why they have failed.
    fn judged(&self, said: Said, may_be_shown: impl Fn(&str) -> bool) -> Result<(), Failure> {
        let Some(complaint) = said.complaint else {
            return Ok(());
        };
        let shown = Some(&said.text).filter(|text| may_be_shown(text));
        let shown = shown.map(|text| said::one_line(text, SHOWN));
        let message = match shown {
            Some(shown) if !shown.is_empty() => format!("it {complaint}: {shown}"),
            _ => format!("it {complaint}"),
        };
        Err(self.failed(FaultKind::Failed, &message))
    }

    fn failed(&self, kind: FaultKind, message: &str) -> Failure {
        let message = format!("docker-credential-{}: {message}", self.name);
        Failure::new("docker.helper-failed", kind, message).with_hint(ecr::HELPER.fix)
    }
}

/// Whether a part of the secret stands in a text, however it is broken up.
fn repeats(text: &str, secret: &str) -> bool {
    let breaks = |it: &char| it.is_whitespace() || *it == '\\';
    // With room for all of it: what grows leaves copies behind.
    let mut kept = Zeroizing::new(Vec::with_capacity(text.len()));
    kept.extend(text.chars().filter(|it| !breaks(it)));
    let length = PIECE.min(secret.len()).max(1);
    let mut pieces = kept.windows(length);
    pieces.any(|piece| secret.contains(&piece.iter().collect::<String>()))
}

/// What a helper printed, and how it failed, if it did.
struct Said {
    text: Zeroizing<String>,
    complaint: Option<String>,
}

const BOUNDS: Bounds = Bounds {
    // More than any reason.
    limit: 64 * 1024,
    // A keychain may ask its user.
    timeout: Duration::from_secs(60),
};
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
