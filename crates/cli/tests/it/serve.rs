//! `creds serve`: one session for all who ask, and never anything wrong.

use std::os::unix::net::UnixStream;
use std::thread;

use iamra_sandbox::Operation;
use rustix::process::Signal;

use crate::daemon::{Daemon, free_address};
use crate::http::{Answer, ask, exchange, get};
use crate::laboratory::Laboratory;

/// A server with a certificate from files, and how to reach it.
pub(crate) struct Served {
    pub(crate) daemon: Daemon,
    pub(crate) address: String,
    pub(crate) token: String,
}

impl Served {
    pub(crate) fn start(laboratory: &Laboratory, more: &[&str]) -> Self {
        let files = laboratory.key_files("iamra");
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        Self::with(laboratory, &[&files[..], more].concat())
    }

    fn with(laboratory: &Laboratory, more: &[&str]) -> Self {
        let address = free_address();
        let words = ["creds", "serve", "--listen", &address];
        let token = ["--authorization-token-file", "token"];
        let mut command = laboratory.command(&[&words[..], &token, more].concat());
        let mut daemon = Daemon::start(&mut command, laboratory.home());
        daemon.until("listens", || ask(&address, ("GET", "/"), &[]).is_some());
        Self {
            daemon,
            token: laboratory.read("token"),
            address,
        }
    }

    fn imds_token(&self) -> String {
        let ttl = [("X-aws-ec2-metadata-token-ttl-seconds", "60")];
        let answer = ask(&self.address, ("PUT", "/latest/api/token"), &ttl);
        answer.unwrap().body
    }

    fn creds(&self) -> Answer {
        get(&self.address, "/creds", &[("Authorization", &self.token)])
    }
}

/// What was said while somebody came to every door.
pub(crate) struct Conversation {
    pub(crate) printed: String,
    pub(crate) log: String,
    /// The tokens that clients showed.
    pub(crate) tokens: Vec<String>,
}

pub(crate) fn conversation(laboratory: &Laboratory, logging: &[&str]) -> Conversation {
    let socket = laboratory.path("talk.sock");
    let listen = format!("unix:{}", socket.display());
    let served = Served::start(laboratory, &[&["--listen", &listen], logging].concat());
    assert_eq!(served.creds().status, 200);
    let stream = UnixStream::connect(&socket).unwrap();
    let answer = exchange(stream, "localhost", ("GET", "/creds"), &[]).unwrap();
    assert_eq!(answer.status, 200);
    let imds = served.imds_token();
    let token = [("X-aws-ec2-metadata-token", imds.as_str())];
    let roles = "/latest/meta-data/iam/security-credentials/";
    let role = get(&served.address, roles, &token).body;
    assert_eq!(
        get(&served.address, &format!("{roles}{role}"), &token).status,
        200
    );
    let wrong = [("Authorization", "a-wrong-token-of-somebody")];
    assert_eq!(get(&served.address, "/creds", &wrong).status, 401);
    let printed = served.daemon.printed();
    let tokens = vec![served.token.clone(), imds, "a-wrong-token".to_owned()];
    let (code, log) = served.daemon.end();
    assert_eq!(code, Some(0), "{log}");
    Conversation {
        printed,
        log,
        tokens,
    }
}

#[test]
fn both_doors_give_the_session() {
    let laboratory = Laboratory::new();
    let served = Served::start(&laboratory, &["--route", &route(&laboratory)]);
    let creds = served.creds();
    assert_eq!(creds.status, 200, "{creds:?}");
    let creds = creds.json();
    assert_eq!(creds["RoleArn"], laboratory.sandbox.role_arn());
    let token = served.imds_token();
    let token = [("X-aws-ec2-metadata-token", token.as_str())];
    let roles = "/latest/meta-data/iam/security-credentials/";
    let role = get(&served.address, roles, &token).body;
    let document = get(&served.address, &format!("{roles}{role}"), &token).json();
    assert_eq!(document["Code"], "Success");
    assert_eq!(document["AccessKeyId"], creds["AccessKeyId"], "one session");
    let region = get(
        &served.address,
        "/latest/meta-data/placement/region",
        &token,
    );
    assert_eq!(region.body, "us-east-1");
    // The route's own token, and no other.
    let other = |token: &str| get(&served.address, "/other", &[("Authorization", token)]);
    assert_eq!(other(&served.token).status, 401);
    let found = other(&laboratory.read("token.other"));
    assert_ne!(
        found.json()["AccessKeyId"],
        creds["AccessKeyId"],
        "a session of its own"
    );
    assert_eq!(
        laboratory
            .sandbox
            .requests()
            .count(Operation::CreateSession),
        2
    );
    let printed = served.daemon.printed();
    let uri = format!(
        "export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://{}/creds",
        served.address
    );
    assert!(printed.contains(&uri), "{printed}");
    let (code, said) = served.daemon.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("with token main"),
        "the audit names the caller: {said}"
    );
}

fn route(laboratory: &Laboratory) -> String {
    format!("other={}", laboratory.sandbox.role_arn())
}

#[test]
fn twenty_clients_at_once_cost_one_session() {
    let laboratory = Laboratory::new();
    // AWS is slow, so that they all come while the session is being opened.
    laboratory
        .sandbox
        .faults()
        .add("roles-anywhere=slow:1".parse().unwrap());
    let served = Served::start(&laboratory, &[]);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let asking: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| served.creds().status))
            .collect();
        asking.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(statuses, [200; 20]);
    assert_eq!(
        laboratory
            .sandbox
            .requests()
            .count(Operation::CreateSession),
        1
    );
}

/// The helper served empty credentials with Code Success (its bug 8).
#[test]
fn without_a_session_nothing_is_handed_out() {
    let laboratory = Laboratory::new();
    laboratory
        .sandbox
        .faults()
        .add("roles-anywhere=status:403".parse().unwrap());
    let mut served = Served::start(&laboratory, &["--aws-timeout", "2"]);
    served.daemon.until_said("ERROR", 1);
    let answer = served.creds();
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.head.contains("retry-after: "), "{answer:?}");
    assert_eq!(answer.json()["code"], "CredentialsUnavailable");
    // AWS is back: what failed was no reason to end.
    laboratory.sandbox.faults().clear();
    let mut creds = None;
    served.daemon.signal(Signal::HUP);
    let address = served.address.clone();
    let token = served.token.clone();
    served.daemon.until("there are credentials", || {
        let answer = get(&address, "/creds", &[("Authorization", &token)]);
        creds = (answer.status == 200).then(|| answer.json());
        creds.is_some()
    });
}

/// The helper ended when a file was empty for a moment, and signed with a
/// mismatched pair or the old algorithm's name after a rotation (bugs 3, 4).
#[test]
fn files_may_rotate_badly() {
    let laboratory = Laboratory::new();
    let mut served = Served::start(&laboratory, &[]);
    let first = served.creds().json();
    let key = laboratory.read("key.pem");
    laboratory.write("key.pem", "");
    served.daemon.signal(Signal::HUP);
    served
        .daemon
        .until_said("the certificate from before is used", 1);
    served.daemon.until_said("opened a session", 2);
    let second = served.creds().json();
    assert_ne!(first["AccessKeyId"], second["AccessKeyId"]);
    laboratory.write("key.pem", &key);
    // Another kind of key takes its place.
    laboratory.key_files("rsa-3072");
    served.daemon.signal(Signal::HUP);
    served.daemon.until_said("opened a session", 3);
    assert_ne!(served.creds().json()["AccessKeyId"], second["AccessKeyId"]);
}

#[test]
fn strangers_are_refused() {
    let laboratory = Laboratory::new();
    let served = Served::start(&laboratory, &["--allowed-host", "creds.example"]);
    let ours = ("Authorization", served.token.as_str());
    for (path, headers, expected) in [
        ("/creds", &[][..], 401),
        ("/creds", &[("Authorization", "wrong")], 401),
        ("/creds", &[ours, ("Host", "evil.example")], 403),
        ("/creds", &[ours, ("Host", "creds.example:80")], 200),
        ("/creds", &[ours, ("X-Forwarded-For", "10.0.0.1")], 403),
        ("/creds/more", &[ours], 404),
        ("/latest/meta-data/", &[], 401),
        ("/metrics", &[ours], 404),
    ] {
        let answer = get(&served.address, path, headers);
        assert_eq!(answer.status, expected, "{path} {headers:?}: {answer:?}");
    }
    // A new token counts at once, and takes the place of the old one.
    laboratory.write("token", "rotated-by-somebody");
    let rotated = [("Authorization", "rotated-by-somebody")];
    let rotated = get(&served.address, "/creds", &rotated);
    assert_eq!(rotated.status, 200);
    assert_eq!(served.creds().status, 401);
}

#[test]
fn a_unix_socket_is_for_its_users() {
    let laboratory = Laboratory::new();
    let path = laboratory.path("iamra.sock");
    let listen = format!("unix:{}", path.display());
    let served = Served::start(&laboratory, &["--listen", &listen]);
    let stream = UnixStream::connect(&path).unwrap();
    let answer = exchange(stream, "localhost", ("GET", "/creds"), &[]).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let mode = std::fs::metadata(&path).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&mode.permissions());
    assert_eq!(mode & 0o777, 0o600);
    let (_, said) = served.daemon.end();
    assert!(said.contains("caller=uid "), "{said}");
    assert!(!path.exists(), "it goes with us");
}

#[test]
fn what_cannot_be_served_safely_is_not_served() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let somebody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let occupied = somebody.local_addr().unwrap().to_string();
    for (more, expected) in [
        (&["--listen", "0.0.0.0:0"][..], "with TLS only"),
        (
            &["--listen", "nowhere"],
            "it must be ADDRESS:PORT or unix:PATH",
        ),
        (&["--protocol", "http"], "it must be container or imds"),
        (&["--route", "a"], "it must be NAME=ROLE_ARN"),
        (&["--route", "a/b=c"], "the name must be of letters"),
        (&["--route", "x=arn"], "--route \"x=arn\": "),
        (
            &["--container-path", "/latest/x"],
            "cannot be a container path",
        ),
        (&["--tls-key", "key.pem"], "belong together"),
        (&["--hop-limit", "many"], "--hop-limit"),
        (&["--allowed-host", "a b"], "--allowed-host"),
        (&["--metrics-addr", &occupied], "cannot listen on"),
    ] {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let token = [
            "--authorization-token-file",
            "token",
            "--listen",
            "127.0.0.1:0",
        ];
        let words = [&["creds", "serve"], &files[..], &token, more].concat();
        let run = laboratory.run(&words);
        assert_eq!(run.code, Some(2), "{more:?}: {run}");
        assert!(run.stderr.contains(expected), "{more:?}: {run}");
        let lines = run.stderr.lines().filter(|line| line.starts_with("error["));
        assert_eq!(lines.count(), 1, "{more:?}: {run}");
        assert_eq!(run.stdout, "", "{more:?}: nothing is promised");
        assert!(!laboratory.path("token").exists(), "{more:?}");
    }
    assert_eq!(
        laboratory
            .sandbox
            .requests()
            .count(Operation::CreateSession),
        0
    );
}

#[test]
fn metrics_tell_how_long_it_goes_on() {
    let laboratory = Laboratory::new();
    let metrics = free_address();
    let mut served = Served::start(&laboratory, &["--metrics-addr", &metrics]);
    served.daemon.until_said("opened a session", 1);
    assert_eq!(served.creds().status, 200);
    assert_eq!(get(&metrics, "/readyz", &[]).status, 200);
    let text = get(&metrics, "/metrics", &[]).body;
    for expected in [
        "iamra_session_attempts_total{session=\"default\",outcome=\"opened\"} 1",
        "iamra_served_requests_total{door=\"container\",outcome=\"handed_out\"} 1",
        "iamra_session_outage_budget_seconds{session=\"default\"} 3",
        "iamra_certificate_outage_budget_seconds{session=\"default\"} ",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

/// The certificate, its key and the session are there after a restart, whoever
/// is away.
#[test]
fn a_restart_in_an_outage_serves_what_is_valid() {
    let laboratory = Laboratory::new();
    let cache = ["--identity-cache", "kept"];
    let served = Served::with(&laboratory, &cache);
    let before = served.creds().json();
    // Written beside the answer.
    let mut served = served;
    served.daemon.until_said("session-", 1);
    served.daemon.end();
    laboratory.sandbox.seal(true);
    laboratory
        .sandbox
        .faults()
        .add("roles-anywhere=close".parse().unwrap());
    let mut again = Served::with(&laboratory, &cache);
    assert_eq!(again.creds().json()["AccessKeyId"], before["AccessKeyId"]);
    // AWS is back, Vault is not: the certificate on disk opens another one.
    laboratory.sandbox.faults().clear();
    again.daemon.signal(Signal::HUP);
    again.daemon.until_said("opened a session", 1);
    assert_ne!(again.creds().json()["AccessKeyId"], before["AccessKeyId"]);
}
