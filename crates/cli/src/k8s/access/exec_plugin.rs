use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use destination::ClientIdentity;
use http::HeaderValue;
use k8s_sinks::kubernetes::{Authorization, Error, Token};
use refresh::{Clock, Fault as _, FaultKind};
use secrecy::SecretString;
use tokio::sync::Mutex;

use super::kubeconfig::{ClusterEntry, ExecEntry, invalid};
use crate::context::Context;
use crate::explanation::cluster;
use crate::failure::Failure;
use crate::program::{Bounds, NoOutput, Program};

mod credential;
mod info;

use credential::Credential;

/// A program that says who we are: `aws eks get-token`, kubelogin, `tsh`.
///
/// It is run without a shell and nobody can answer it. What it says is kept for
/// as long as it says, and asked for anew when the cluster refuses it.
///
/// [Client-go credential plugins](https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins)
pub(super) struct ExecPlugin {
    program: Program,
    environment: Vec<(OsString, OsString)>,
    api_version: String,
    install_hint: Option<String>,
    clock: Arc<dyn Clock>,
    /// Locked while the program runs: others wait for what it says.
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    credential: Option<Credential>,
    obtained: Option<SystemTime>,
    /// The certificate that the connection shows, which cannot be changed.
    shown: Option<Vec<u8>>,
}

impl ExecPlugin {
    /// As a user of a kubeconfig has it; runs nothing yet.
    pub(super) fn new(
        entry: &ExecEntry,
        cluster: &ClusterEntry,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        let Some(command) = entry.command.get() else {
            return Err(invalid("the user's exec plugin has no command"));
        };
        let wrong = |why: String| invalid(format!("exec plugin {command}: {why}"));
        let api_version = entry.api_version.as_str();
        if !API_VERSIONS.contains(&api_version) {
            let why = format!(
                "its apiVersion {api_version:?} is none of {}",
                API_VERSIONS.join(", ")
            );
            return Err(wrong(why).with_hint("a newer version of the plugin speaks one of them"));
        }
        if entry.interactive_mode.get() == Some("Always") {
            let why = "it wants somebody to answer it (interactiveMode: Always)";
            return Err(wrong(why.to_owned()).with_hint("use another user of the kubeconfig here"));
        }
        let mut environment = context.environment_of_others();
        let own = entry.env.iter().map(|variable| {
            let (name, value) = (variable.name.as_str(), variable.value.as_str());
            (name.into(), value.into())
        });
        environment.extend(own);
        let info = info::info(entry, cluster)?;
        environment.push(("KUBERNETES_EXEC_INFO".into(), info.into()));
        let arguments = entry
            .args
            .iter()
            .map(|argument| argument.as_str().to_owned());
        Ok(Self {
            program: Program::with_arguments(command.to_owned(), arguments),
            environment,
            api_version: api_version.to_owned(),
            install_hint: entry.install_hint.get().map(str::to_owned),
            clock: Arc::clone(&context.clock),
            kept: Mutex::default(),
        })
    }

    /// Asks for the first time; the client certificate, where that is the
    /// answer, is what the connection has to show from then on.
    pub(super) async fn client_identity(&self) -> Result<Option<ClientIdentity>, Failure> {
        let mut kept = self.kept.lock().await;
        let credential = self.ask().await?;
        let identity = credential.client_identity();
        kept.shown = credential.certificate().map(<[u8]>::to_vec);
        kept.keep(credential, self.clock.now());
        Ok(identity)
    }

    /// The token that is used now.
    pub(super) async fn token(&self) -> Option<SecretString> {
        self.kept.lock().await.credential.as_ref()?.token.clone()
    }

    async fn ask(&self) -> Result<Credential, Failure> {
        let environment = self.environment.iter().cloned();
        let printed = self.program.printed(environment, BOUNDS).await;
        let printed = printed.map_err(|error| match error {
            NoOutput::NotStarted(error) => self.not_run(&error),
            NoOutput::TooMuch { .. } => self.failed(FaultKind::Configuration, &error.to_string()),
            // Why it failed is its own to say: its stderr is ours.
            error => self.failed(FaultKind::Unavailable, &error.to_string()),
        })?;
        let credential = Credential::parse(&printed, &self.api_version);
        credential.map_err(|why| self.failed(FaultKind::Configuration, &why))
    }

    fn not_run(&self, error: &std::io::Error) -> Failure {
        let why = format!("it cannot be run: {error}");
        let failure = self.failed(FaultKind::Configuration, &why);
        match &self.install_hint {
            Some(hint) => failure.with_hint(in_one_line(hint)),
            None => failure.with_hint(cluster::NO_PLUGIN.fix),
        }
    }

    /// Its arguments may be secrets.
    fn failed(&self, kind: FaultKind, why: &str) -> Failure {
        let message = format!("exec plugin {}: {why}", self.program.name());
        Failure::new("kubernetes.exec-plugin", kind, message)
    }
}

#[async_trait::async_trait]
impl Authorization for ExecPlugin {
    async fn header(&self) -> Result<Option<HeaderValue>, Error> {
        let mut kept = self.kept.lock().await;
        if !kept.is_fresh(self.clock.now()) {
            let asked = self.ask().await;
            let credential = asked.map_err(|failure| Error::NoAuthorization {
                reason: failure.to_string(),
                may_pass: failure.fault().is_transient(),
            })?;
            kept.keep(credential, self.clock.now());
        }
        kept.header().await
    }

    /// Many requests may be refused at once: what is new is not thrown away
    /// for what was refused before it was there.
    async fn refused(&self) -> bool {
        let mut kept = self.kept.lock().await;
        if !kept.is_new(self.clock.now()) {
            kept.credential = None;
        }
        true
    }
}

impl Kept {
    fn keep(&mut self, credential: Credential, now: SystemTime) {
        self.credential = Some(credential);
        self.obtained = Some(now);
    }

    fn is_fresh(&self, now: SystemTime) -> bool {
        let Some(credential) = &self.credential else {
            return false;
        };
        credential.expires.is_none_or(|end| now + EARLY < end) || self.is_new(now)
    }

    /// Whether it was asked for only now. A clock that was set back says no.
    fn is_new(&self, now: SystemTime) -> bool {
        let age = self.obtained.and_then(|then| now.duration_since(then).ok());
        age.is_some_and(|age| age < NEW)
    }

    async fn header(&self) -> Result<Option<HeaderValue>, Error> {
        let Some(credential) = &self.credential else {
            return Ok(None);
        };
        if credential.certificate() != self.shown.as_deref() {
            return Err(Error::NoAuthorization {
                reason: "the exec plugin gives another client certificate now, and only a new connection \
                         can show it"
                    .to_owned(),
                may_pass: false,
            });
        }
        match &credential.token {
            Some(token) => Token::new(token.clone()).header().await,
            None => Ok(None),
        }
    }
}

/// Shows the program: variables and arguments may be secrets.
impl fmt::Debug for ExecPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecPlugin")
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

fn in_one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    line.chars()
        .filter(|it| !it.is_control())
        .take(SHOWN)
        .collect()
}

const API_VERSIONS: [&str; 2] = [
    "client.authentication.k8s.io/v1",
    "client.authentication.k8s.io/v1beta1",
];
/// What a program that asks somebody over the network may take.
const BOUNDS: Bounds = Bounds {
    limit: 256 * 1024,
    timeout: Duration::from_secs(60),
};
/// How long before its end a token counts as over.
const EARLY: Duration = Duration::from_secs(10);
/// How long a program is not asked again in any case.
const NEW: Duration = Duration::from_secs(10);
/// Of a hint that is shown.
const SHOWN: usize = 500;

#[cfg(test)]
mod tests;
