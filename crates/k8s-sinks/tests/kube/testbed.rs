//! A real kube-apiserver, one for all tests of a program, each in namespaces of
//! its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use destination::{ClientIdentity, Destination, HttpClient, Roots};
use http::{Method, Request, Uri};
use k8s_sinks::kubernetes::{Cluster, NoAuthorization, Token};
use serde_json::{Value, json};

/// The apiserver, and its administrator.
pub(crate) struct Testbed {
    folder: tempfile::TempDir,
    base: Uri,
    /// Its stdin is ours: it ends when we do.
    process: Child,
}

/// What is left of one that was killed: its state, and where it listened.
pub(crate) struct Killed {
    folder: tempfile::TempDir,
    port: u16,
}

impl Killed {
    /// It is back, as it was.
    pub(crate) fn revive(self) -> Testbed {
        Testbed::launch(&program().unwrap(), self.folder, self.port)
    }
}

static TESTBED: LazyLock<Option<Testbed>> = LazyLock::new(Testbed::start);
static NUMBER: AtomicUsize = AtomicUsize::new(0);

impl Testbed {
    /// The running one; `None`, and a loud word, where there is no program for it.
    pub(crate) fn get() -> Option<&'static Self> {
        TESTBED.as_ref()
    }

    /// One of the caller's own, which may be killed.
    pub(crate) fn start() -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        Some(Self::launch(&program, folder, 0))
    }

    /// Killed, without a word to anybody.
    pub(crate) fn kill(mut self) -> Killed {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let port = self.base.port_u16().unwrap();
        Killed {
            folder: self.folder,
            port,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    fn launch(program: &Path, folder: tempfile::TempDir, port: u16) -> Self {
        let at = |name: &str| folder.path().join(name);
        let _ = std::fs::remove_file(at("ready"));
        let mut process = Command::new(program)
            .arg("-dir")
            .arg(at("state"))
            .arg("-kubeconfig")
            .arg(at("kubeconfig"))
            .arg("-ready-file")
            .arg(at("ready"))
            .arg("-exit-with-stdin")
            .arg("-port")
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(at("log")).unwrap())
            .spawn()
            .unwrap();
        for _ in 0..600 {
            if at("ready").exists() {
                return Self {
                    base: server(&at("kubeconfig")),
                    folder,
                    process,
                };
            }
            assert!(process.try_wait().unwrap().is_none(), "{}", log(&at("log")));
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the apiserver is not ready: {}", log(&at("log")));
    }

    /// Where it listens: `https://127.0.0.1:PORT`.
    pub(crate) fn base(&self) -> &Uri {
        &self.base
    }

    /// The administrator's kubeconfig, by a token.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// What is in the folder of its state: `ca.crt`, `kubeconfig.nobody`.
    pub(crate) fn state(&self, name: &str) -> PathBuf {
        self.folder.path().join("state").join(name)
    }

    /// The trust in it, without being anybody.
    pub(crate) fn trusting(&self) -> Destination {
        Destination {
            roots: Roots::File(self.state("ca.crt")),
            timeout: Duration::from_secs(30),
            ..Destination::default()
        }
    }

    /// It as the sinks see it, as its administrator.
    pub(crate) fn cluster(&self) -> Cluster {
        self.cluster_at(self.base.clone())
    }

    /// The same behind another address.
    pub(crate) fn cluster_at(&self, base: Uri) -> Cluster {
        let destination = Destination {
            client_identity: Some(ClientIdentity::Files {
                certificate: self.state("admin.crt"),
                private_key: self.state("admin.key"),
            }),
            ..self.trusting()
        };
        let http = HttpClient::new(destination).unwrap();
        Cluster::new(http, base, Arc::new(NoAuthorization))
    }

    /// The same as whoever has this token.
    pub(crate) fn cluster_of(&self, token: &str) -> Cluster {
        let http = HttpClient::new(self.trusting()).unwrap();
        let token = Arc::new(Token::new(token.into()));
        Cluster::new(http, self.base.clone(), token)
    }

    /// What it answers the administrator, be it a success or not.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let form = match method {
            Method::PATCH => "application/merge-patch+json",
            _ => "application/json",
        };
        self.send(method, path, (form, serde_json::to_vec(body).unwrap()))
            .await
    }

    /// The same with a body of any form.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        (form, body): (&str, Vec<u8>),
    ) -> (u16, Value) {
        let address = format!("{}{path}", self.base.to_string().trim_end_matches('/'));
        let request = Request::builder().method(method).uri(address);
        let request = request.header("content-type", form);
        let request = request.body(Bytes::from(body)).unwrap();
        // Its connections end with the runtime of the test that made them.
        let http = administrator(&self.folder.path().join("state"));
        let answer = http.send(request).await.unwrap();
        let said = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        (answer.status.as_u16(), said)
    }

    /// An object that must be there.
    pub(crate) async fn object(&self, path: &str) -> Value {
        let (status, object) = self.ask(Method::GET, path, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {object}");
        object
    }

    /// What the Secret of a namespace holds.
    pub(crate) async fn login(&self, namespace: &str) -> Value {
        let object = self.object(&pull(namespace)).await;
        object["data"]["login"].clone()
    }

    /// Somebody else changes it.
    pub(crate) async fn edit(&self, namespace: &str, data: &str) {
        let edit = json!({"data": {"login": data}});
        let (status, said) = self.ask(Method::PATCH, &pull(namespace), &edit).await;
        assert_eq!(status, 200, "{said}");
    }

    /// Somebody deletes something.
    pub(crate) async fn delete(&self, path: &str) {
        let (status, said) = self.ask(Method::DELETE, path, &Value::Null).await;
        assert_eq!(status, 200, "{said}");
    }

    /// Makes an object.
    pub(crate) async fn create(&self, path: &str, object: &Value) -> Value {
        let (status, made) = self.ask(Method::POST, path, object).await;
        assert_eq!(status, 201, "{path}: {made}");
        made
    }

    /// A new namespace, which only the caller knows.
    pub(crate) async fn namespace(&self, labels: Value) -> String {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test-{}-{number}", std::process::id());
        self.create(
            "/api/v1/namespaces",
            &json!({"metadata": {"name": name, "labels": labels}}),
        )
        .await;
        name
    }
}

/// The Secret that the sinks' tests write.
fn pull(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/secrets/pull")
}

/// By its certificate.
fn administrator(state: &Path) -> HttpClient {
    let destination = Destination {
        roots: Roots::File(state.join("ca.crt")),
        client_identity: Some(ClientIdentity::Files {
            certificate: state.join("admin.crt"),
            private_key: state.join("admin.key"),
        }),
        // Whoever edits is known by this name, and is not us.
        user_agent: "somebody-else/1".to_owned(),
        ..Destination::default()
    };
    HttpClient::new(destination).unwrap()
}

fn server(kubeconfig: &Path) -> Uri {
    let text = std::fs::read_to_string(kubeconfig).unwrap();
    let lines = text.lines().map(str::trim);
    let mut servers = lines.filter_map(|line| line.strip_prefix("server: "));
    servers.next().unwrap().parse().unwrap()
}

fn log(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<_> = text.lines().rev().take(20).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// The one that the variable names, or that stands on the `PATH`.
#[expect(
    clippy::disallowed_methods,
    reason = "which peers there are, the environment says"
)]
fn program() -> Option<PathBuf> {
    let named = std::env::var_os("IAMRA_TEST_KUBE").filter(|value| !value.is_empty());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = named.map(PathBuf::from).or_else(|| {
        let mut programs = std::env::split_paths(&path).map(|folder| folder.join("kube-testbed"));
        programs.find(|program| program.is_file())
    });
    if found.is_none() {
        skipped();
    }
    found
}

/// A test that did not happen must not look as if it had.
fn skipped() {
    let what = "SKIPPED: IAMRA_TEST_KUBE is not set, and kube-testbed is not on the PATH";
    let _ = writeln!(std::io::stderr(), "{what}");
}
