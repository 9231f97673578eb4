//! The pod of the two sidecars that this replaces, with their own variables:
//! both containers, one in place of both, and either alone.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use destination::{Destination, HttpClient};
use http::Request;
use iamra_sandbox::Operation;
use serde::Deserialize;

use crate::daemon::{Daemon, free_address};
use crate::laboratory::Laboratory;
use crate::run::as_user;

const POD: &str = include_str!("../../testdata/seed/sidecars.yaml");
const DEPLOYMENT: &str = include_str!("../../../../deploy/kubernetes/sidecar.yaml");
/// Whom the pod runs as where nobody says root.
const USER: u32 = 65534;

/// Both containers as they were, and the second one first: it waits, and its
/// health says so.
#[test]
fn both_containers_work_together_in_any_order() {
    let stage = Stage::new();
    let health = stage.port("LISTEN_PORT");
    let Some(mut watch) = stage.start(&stage.watcher, &[("LISTEN_PORT", health.clone())]) else {
        return;
    };
    let health = format!("http://127.0.0.1:{health}/healthz");
    watch.until("unhealthy", || status(&health) == Some(503));
    assert!(!stage.credentials().exists(), "nothing half is written");
    let serve = stage.start(&stage.server, &[]).unwrap();
    watch.until("healthy", || status(&health) == Some(200));
    watch.until("written", || stage.credentials().exists());
    assert_eq!(stage.access_key_in_file(), stage.served("127.0.0.1"));
    assert_eq!(stage.sessions(), 1);
    let (code, said) = watch.end();
    assert_eq!(code, Some(0), "{said}");
    // It has written what is there, and nothing else.
    assert!(!stage.folder.join("config").exists());
    serve.end();
}

#[test]
fn one_container_with_the_first_ones_variables_writes_the_file() {
    let stage = Stage::new();
    let mut both = stage.server.clone();
    both.args.clone_from(&stage.watcher.args);
    // The second one's variables may come along: they do not win.
    let more = stage.watcher.env.clone().unwrap_or_default();
    both.env.get_or_insert_default().extend(more);
    let Some(mut watch) = stage.start(&both, &[]) else {
        return;
    };
    watch.until("written", || stage.credentials().exists());
    assert_eq!(stage.sessions(), 1);
    let first = stage.access_key_in_file();
    // The file comes first, and then the record beside it.
    watch.until("noted", || stage.has_record());
    watch.end();
    // A restart finds the session beside the file.
    let mut watch = stage.start(&both, &[]).unwrap();
    watch.until_said("a session is there already", 1);
    watch.end();
    assert_eq!((stage.access_key_in_file(), stage.sessions()), (first, 1));
}

#[test]
fn the_first_container_alone_serves_the_pod_and_no_browser() {
    let stage = Stage::new();
    let Some(mut serve) = stage.start(&stage.server, &[]) else {
        return;
    };
    serve.until("served", || status(&stage.uri("127.0.0.1")) == Some(200));
    let first = stage.served("127.0.0.1");
    let port = stage.port("LISTEN");
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        assert_eq!(stage.served("[::1]"), first, "both loopbacks");
    }
    assert_eq!(stage.served("localhost"), first);
    let browser = Request::get(stage.uri("127.0.0.1")).header("Origin", "http://example.com");
    let rebound = Request::get(stage.uri("127.0.0.1")).header("Host", "example.com");
    for request in [browser, rebound] {
        assert_eq!(answer(request).unwrap().0, 403);
    }
    assert_eq!(stage.sessions(), 1, "one for all who ask");
    // The pod's own address is not served, whatever LISTEN says.
    if let Some(own) = own_address() {
        let elsewhere = std::net::TcpStream::connect((own, port.parse().unwrap()));
        assert!(elsewhere.is_err(), "{own}");
    }
    let (code, said) = serve.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("without a token").count(), 1, "{said}");
}

/// What `deploy` has for who comes from the two sidecars.
#[test]
fn the_manifest_to_start_from_writes_the_file_for_a_group() {
    let mut stage = Stage::new();
    let manifest: Manifest = serde_saphyr::from_str(DEPLOYMENT).unwrap();
    let mut container = manifest.spec.template.spec.init_containers[0].clone();
    let places = [
        ("=/aws/", format!("={}/", stage.folder.display())),
        (
            "0.0.0.0:9464",
            format!("127.0.0.1:{}", stage.port("LISTEN_PORT")),
        ),
    ];
    for (from, to) in places {
        let argument = container.args.iter_mut().find(|it| it.contains(from));
        let argument = argument.unwrap();
        *argument = argument.replace(from, &to);
    }
    // The group is the one that the container runs in.
    stage.user = 65532;
    let Some(mut watch) = stage.start(&container, &[]) else {
        return;
    };
    let ready = format!("http://127.0.0.1:{}/readyz", stage.port("LISTEN_PORT"));
    watch.until("ready", || status(&ready) == Some(200));
    watch.until("written", || stage.credentials().exists());
    let metadata = stage.credentials().metadata().unwrap();
    let owner = (metadata.uid(), metadata.gid(), metadata.mode() & 0o777);
    assert_eq!(owner, (65532, 65532, 0o640));
    watch.end();
}

/// The two containers, with an emptyDir for the consumer, and the Secrets
/// mounted as they were: readable to everybody.
struct Stage {
    laboratory: Laboratory,
    server: Container,
    watcher: Container,
    folder: PathBuf,
    user: u32,
    ports: BTreeMap<&'static str, String>,
}

impl Stage {
    fn new() -> Self {
        let laboratory = Laboratory::new();
        let manifest: Manifest = serde_saphyr::from_str(POD).unwrap();
        let mut containers = manifest.spec.template.spec.containers.into_iter();
        let (server, watcher) = (containers.next().unwrap(), containers.nth(1).unwrap());
        let folder = laboratory.path("root/.aws");
        std::fs::create_dir_all(&folder).unwrap();
        allow(&folder, 0o777);
        allow(laboratory.home(), 0o755);
        for file in laboratory.key_files("iamra").iter().skip(1).step_by(2) {
            allow(Path::new(file), 0o644);
        }
        let free = |name| {
            let address = free_address();
            (name, address.rsplit(':').next().unwrap().to_owned())
        };
        Self {
            laboratory,
            server,
            watcher,
            folder,
            user: USER,
            ports: ["LISTEN", "LISTEN_PORT"].map(free).into(),
        }
    }

    fn port(&self, name: &str) -> String {
        self.ports[name].clone()
    }

    /// The container's process as its user; none, said aloud, where that is not
    /// possible.
    #[expect(
        clippy::print_stderr,
        reason = "a test that did not happen must not look as if it had"
    )]
    fn start(&self, container: &Container, more: &[(&str, String)]) -> Option<Daemon> {
        let Some(mut command) = as_user(self.user) else {
            eprintln!("SKIPPED: not root, or no setpriv: the pod is not run as another user");
            return None;
        };
        self.equip(&mut command, container, more);
        let own = self.laboratory.path(&container.args[..2].join("-"));
        std::fs::create_dir_all(&own).unwrap();
        Some(Daemon::start(&mut command, &own))
    }

    fn equip(&self, command: &mut Command, container: &Container, more: &[(&str, String)]) {
        let aws = self.laboratory.sandbox.aws_url();
        // The container's root is a folder here.
        let root = self.laboratory.path("root");
        let arguments = container.args.iter();
        let arguments = arguments.map(|argument| match argument.strip_prefix("/root/") {
            Some(path) => root.join(path).display().to_string(),
            None => argument.clone(),
        });
        command
            .args(arguments)
            .env("HOME", self.laboratory.path("root"))
            // The sandbox is not where AWS is.
            .env("AWS_ENDPOINT_URL_ROLESANYWHERE", aws)
            .envs(self.environment(container))
            .envs(more.iter().map(|(name, value)| (name, value)))
            .current_dir("/");
    }

    /// The container's variables, with the test's files, port and ARNs in place
    /// of the pod's.
    fn environment(&self, container: &Container) -> BTreeMap<String, String> {
        let file = |name: &str| self.laboratory.path(name).display().to_string();
        let sandbox = &self.laboratory.sandbox;
        let env = container.env.iter().flatten().map(|variable| {
            let value = match variable.name.as_str() {
                "PRIVATE_KEY_ID" => file("key.pem"),
                "CERTIFICATE_ID" => file("cert.pem"),
                "ROLE_ARN" => sandbox.role_arn().to_owned(),
                "PROFILE_ARN" => sandbox.profile_arn().to_owned(),
                "TRUST_ANCHOR_ID" => sandbox.trust_anchor_arn().to_owned(),
                _ => variable.value.replace("8080", &self.port("LISTEN")),
            };
            (variable.name.clone(), value)
        });
        env.collect()
    }

    fn credentials(&self) -> PathBuf {
        self.folder.join("credentials")
    }

    /// Whether it is noted beside the file until when the session is valid.
    fn has_record(&self) -> bool {
        let mut files = std::fs::read_dir(&self.folder).unwrap();
        files.any(|file| {
            let name = file.unwrap().file_name();
            name.as_encoded_bytes().ends_with(b".iamra")
        })
    }

    /// What the consumer reads in its folder.
    #[track_caller]
    fn access_key_in_file(&self) -> String {
        let metadata = self.credentials().metadata().unwrap();
        assert_eq!((metadata.uid(), metadata.mode() & 0o777), (USER, 0o600));
        let text = std::fs::read_to_string(self.credentials()).unwrap();
        let lines: Vec<(&str, &str)> = text
            .lines()
            .skip(1)
            .map(|line| line.split_once('=').unwrap())
            .collect();
        let names: Vec<&str> = lines.iter().map(|(name, _)| name.trim()).collect();
        assert_eq!(text.lines().next(), Some("[default]"));
        assert_eq!(
            names,
            [
                "aws_access_key_id",
                "aws_secret_access_key",
                "aws_session_token"
            ]
        );
        assert!(lines.iter().all(|(_, value)| !value.trim().is_empty()));
        lines[0].1.trim().to_owned()
    }

    fn uri(&self, host: &str) -> String {
        format!("http://{host}:{}/creds", self.port("LISTEN"))
    }

    /// What a consumer gets at the endpoint, without a token.
    #[track_caller]
    fn served(&self, host: &str) -> String {
        let (status, body) = answer(Request::get(self.uri(host))).unwrap();
        assert_eq!(status, 200, "{host}");
        let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
        for name in ["SecretAccessKey", "Token", "Expiration"] {
            assert!(!document[name].as_str().unwrap().is_empty(), "{name}");
        }
        assert_eq!(document["RoleArn"], self.laboratory.sandbox.role_arn());
        document["AccessKeyId"].as_str().unwrap().to_owned()
    }

    fn sessions(&self) -> usize {
        let requests = self.laboratory.sandbox.requests();
        requests.count(Operation::CreateSession)
    }
}

fn allow(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn status(uri: &str) -> Option<u16> {
    Some(answer(Request::get(uri))?.0)
}

/// This machine's address beyond loopback, if it has one. Nothing is sent.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().unwrap().ip();
    (!address.is_loopback()).then_some(address)
}

/// Status and body, if somebody answers.
fn answer(request: http::request::Builder) -> Option<(u16, Vec<u8>)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let client = HttpClient::new(Destination::default()).unwrap();
    let request = request.body(Bytes::new()).unwrap();
    let answer = runtime.unwrap().block_on(client.send(request)).ok()?;
    Some((answer.status.as_u16(), answer.body.to_vec()))
}

#[derive(Deserialize)]
struct Manifest {
    spec: Outer,
}

#[derive(Deserialize)]
struct Outer {
    template: Template,
}

#[derive(Deserialize)]
struct Template {
    spec: Pod,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pod {
    #[serde(default)]
    init_containers: Vec<Container>,
    containers: Vec<Container>,
}

#[derive(Clone, Deserialize)]
struct Container {
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: Option<Vec<Variable>>,
}

#[derive(Clone, Deserialize)]
struct Variable {
    name: String,
    value: String,
}
