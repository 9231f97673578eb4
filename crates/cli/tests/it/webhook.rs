//! `k8s webhook`: what it answers API servers.

mod crowd;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use destination::{Destination, HttpClient, Roots};
use iamra_sandbox::{Kubernetes, Pod};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::daemon::{Daemon, free_address};
use crate::http::{ask, get};
use crate::laboratory::{Laboratory, runtime};
use crate::run::iamra;

/// A webhook with the certificate of files, beside a cluster.
struct Stage {
    laboratory: Laboratory,
    daemon: Daemon,
    address: String,
    metrics: String,
    certificate: String,
}

impl Stage {
    fn new(words: &[&str]) -> Self {
        let laboratory = laboratory();
        let server = laboratory.sandbox.kubernetes_url().unwrap();
        Self::beside(laboratory, &server, words)
    }

    fn beside(laboratory: Laboratory, server: &str, words: &[&str]) -> Self {
        let kubeconfig = kubeconfig(&laboratory, server);
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        laboratory.write("tls.pem", &certificate);
        laboratory.write("tls-key.pem", &key.serialize_pem());
        let (address, metrics) = (free_address(), free_address());
        let all = [
            &["k8s", "webhook", "--kubeconfig", &kubeconfig],
            &["--listen", &address, "--metrics-addr", &metrics][..],
            &["--tls-certificate", "tls.pem", "--tls-key", "tls-key.pem"],
            words,
        ];
        let mut command = iamra(laboratory.home());
        let daemon = Daemon::start(command.args(all.concat()), laboratory.home());
        let mut stage = Self {
            laboratory,
            daemon,
            address,
            metrics,
            certificate,
        };
        let metrics = stage.metrics.clone();
        let is_ready = || ask(&metrics, ("GET", "/readyz"), &[]).is_some_and(|it| it.status == 200);
        stage.daemon.until("ready", is_ready);
        stage
    }

    fn cluster(&self) -> Kubernetes {
        self.laboratory.sandbox.kubernetes()
    }

    fn send(&self, (method, path, kind): (&str, &str, &str), body: Vec<u8>) -> (u16, Vec<u8>) {
        let client = HttpClient::new(Destination {
            roots: Roots::Pem(self.certificate.clone().into_bytes()),
            ..Destination::default()
        });
        let url = format!("https://{}{path}", self.address);
        let request = http::Request::builder().method(method).uri(url);
        let request = request.header("Content-Type", kind);
        let sent = client.unwrap();
        let sent = sent.send(request.body(Bytes::from(body)).unwrap());
        let answer = runtime().block_on(sent).unwrap();
        (answer.status.as_u16(), answer.body.to_vec())
    }

    /// The answer about a pod of an account.
    fn review(&self, account: &str) -> Value {
        let body = review(account).to_string().into_bytes();
        let (status, body) = self.send(("POST", "/mutate?timeout=10s", JSON), body);
        assert_eq!(status, 200, "{body:?}");
        serde_json::from_slice::<Value>(&body).unwrap()["response"].take()
    }

    fn told(&self, line: &str) {
        let told = get(&self.metrics, "/metrics", &[]).body;
        assert!(told.contains(line), "{told}");
    }
}

fn laboratory() -> Laboratory {
    Laboratory::with(settings())
}

fn settings() -> iamra_sandbox::Settings {
    let settings = iamra_sandbox::Settings::new(std::sync::Arc::new(|| {
        refresh::Clock::now(&refresh::SystemClock)
    }));
    settings.with_pods("c1.example")
}

fn kubeconfig(laboratory: &Laboratory, server: &str) -> String {
    let token = laboratory.sandbox.kubernetes_token();
    let kubeconfig = json!({
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {"token": token.expose_secret()}}],
        "current-context": "c",
    });
    laboratory.write("kubeconfig", &kubeconfig.to_string())
}

fn review(account: &str) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "operation": "CREATE",
            "namespace": "shop",
            "object": {
                "metadata": {"name": "web-0"},
                "spec": {"serviceAccountName": account, "containers": [{"name": "web"}]},
            },
        },
    })
}

/// The operations of an answer.
fn patch(response: &Value) -> Value {
    let patch = STANDARD.decode(response["patch"].as_str().unwrap());
    serde_json::from_slice(&patch.unwrap()).unwrap()
}

#[test]
fn a_pod_whose_account_has_a_role_finds_the_agent() {
    let stage = Stage::new(&["--region", "eu-west-1", "--token-expiration", "3600"]);
    let untouched = json!({"uid": "705ab4f5", "allowed": true});
    assert_eq!(stage.review("web"), untouched);
    // A moment before the pod.
    let role = [("iamra.dev/role-arn", ROLE)];
    stage.cluster().create_service_account("shop", "web", &role);
    let operations = patch(&stage.review("web"));
    let name = |at: usize| operations[0]["value"][at]["name"].as_str().unwrap();
    let names: Vec<_> = (0..4).map(name).collect();
    let expected = [
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ];
    assert_eq!(names, expected);
    let operations = operations.to_string();
    assert!(
        operations.contains(r#""expirationSeconds":3600"#),
        "{operations}"
    );

    let not_one = [("iamra.dev/role-arn", "web")];
    stage
        .cluster()
        .create_service_account("shop", "web", &not_one);
    let warned = stage.review("web");
    let warning =
        "iamra.dev/role-arn of the service account is ignored: it must be the ARN of a role";
    let expected = json!({"uid": "705ab4f5", "allowed": true, "warnings": [warning]});
    assert_eq!(warned, expected);
    stage.told("iamra_webhook_reviews_total{outcome=\"injected\"} 1\n");
    stage.told("iamra_webhook_reviews_total{outcome=\"untouched\"} 2\n");
    stage.told("iamra_webhook_certificate_expires_timestamp_seconds ");
    let (code, said) = stage.daemon.end();
    assert_eq!(code, Some(0), "{said}");
}

/// As with the EKS webhook: its file says who, and annotations how long.
#[test]
fn an_identity_has_annotations_too() {
    let laboratory = laboratory();
    let identities = json!({"identities": [{"namespace": "shop", "serviceAccount": "web"}]});
    let identities = laboratory.write("identities.json", &identities.to_string());
    let server = laboratory.sandbox.kubernetes_url().unwrap();
    let stage = Stage::beside(
        laboratory,
        &server,
        &["--container-credentials-config", &identities],
    );
    let annotations = [
        ("iamra.dev/token-expiration", "1200"),
        ("iamra.dev/sts-regional-endpoints", "true"),
        // Of the other way to a role, by STS.
        ("iamra.dev/audience", "sts.amazonaws.com"),
    ];
    stage
        .cluster()
        .create_service_account("shop", "web", &annotations);
    let operations = patch(&stage.review("web")).to_string();
    for expected in [
        r#""expirationSeconds":1200"#,
        r#"{"name":"AWS_STS_REGIONAL_ENDPOINTS","value":"regional"}"#,
        r#""audience":"pods.eks.amazonaws.com""#,
    ] {
        assert!(operations.contains(expected), "{expected}: {operations}");
    }
}

#[test]
fn what_is_no_review_is_refused() {
    let stage = Stage::new(&[]);
    let body = || review("web").to_string().into_bytes();
    for (what, body, status) in [
        (("POST", "/", JSON), body(), 404),
        (("GET", "/mutate", JSON), Vec::new(), 405),
        (("POST", "/mutate", "text/plain"), body(), 415),
        (("POST", "/mutate", JSON), b"{}".to_vec(), 400),
        (("POST", "/mutate", JSON), vec![b' '; (4 << 20) + 1], 413),
    ] {
        let (found, said) = stage.send(what, body);
        assert_eq!(found, status, "{what:?}: {said:?}");
    }
    stage.told("iamra_webhook_reviews_total{outcome=\"invalid\"} 1\n");
}

#[test]
fn without_the_cluster_a_pod_is_for_the_failure_policy() {
    let nowhere = format!("http://{}", free_address());
    let stage = Stage::beside(laboratory(), &nowhere, &[]);
    let body = review("web").to_string().into_bytes();
    let (status, said) = stage.send(("POST", "/mutate", JSON), body);
    assert_eq!((status, &said[..]), (500, MISSED.as_bytes()));
    stage.told("iamra_webhook_reviews_total{outcome=\"missed\"} 1\n");
}

/// What a sidecar is told is what `creds serve` understands, and who asks it has
/// the role.
#[test]
fn a_sidecar_serves_its_pod() {
    let mut settings = settings();
    settings.tls = true;
    let laboratory = Laboratory::with(settings);
    let sandbox = laboratory.sandbox.clone();
    let (vault, server) = (sandbox.vault_url(), sandbox.kubernetes_url().unwrap());
    // No public CA has signed Vault's certificate, and the pod has no file of it.
    let ca = laboratory.write("vault-ca.pem", sandbox.vault_ca_pem().unwrap());
    let words = [
        &["--vault-cacert", &ca][..],
        &["--inject", "sidecar", "--sidecar-image", "iamra@sha256:0"],
        &["--vault-addr", &vault, "--cluster-name", "c1.example"],
        &["--trust-anchor-arn", sandbox.trust_anchor_arn()],
        &["--profile-arn", sandbox.profile_arn()],
    ];
    let stage = Stage::beside(laboratory, &server, &words.concat());
    let role = [("iamra.dev/role-arn", sandbox.role_arn())];
    stage.cluster().create_service_account("shop", "web", &role);
    let operations = patch(&stage.review("web"));
    let sidecar = operations.as_array().unwrap().iter();
    let mut sidecar = sidecar.filter(|it| it["path"] == "/spec/initContainers");
    let sidecar = &sidecar.next().unwrap()["value"][0];
    assert_eq!(sidecar["restartPolicy"], "Always", "{sidecar}");
    let found = "http://127.0.0.1:9911";
    assert_eq!(operations[0]["value"][0]["value"], found, "{operations}");

    let pod = Pod::named("shop", "web-0", "web");
    stage.cluster().create_pod(&pod);
    let audience = "pods.eks.amazonaws.com";
    let token = stage
        .cluster()
        .pod_token(&pod, audience, Duration::from_hours(1));
    let token = stage
        .laboratory
        .write("pod-token", token.unwrap().expose_secret());
    let (address, metrics) = (free_address(), free_address());
    let arguments = sidecar["args"].as_array().unwrap().iter();
    let arguments = arguments.map(|it| match it.as_str().unwrap() {
        "localhost:9911" => &address,
        "[::]:9912" => &metrics,
        "/var/run/secrets/iamra.dev/serviceaccount/token" => &token,
        argument => argument,
    });
    let home = tempfile::tempdir().unwrap();
    let mut command = iamra(home.path());
    // A container has no home.
    command.env_remove("HOME").args(arguments);
    command.env("AWS_ENDPOINT_URL_ROLESANYWHERE", sandbox.aws_http_url());
    let mut running = Daemon::start(&mut command, home.path());
    let is_ready = || ask(&metrics, ("GET", "/readyz"), &[]).is_some_and(|it| it.status == 200);
    running.until("ready", is_ready);
    let lifetime = [("X-aws-ec2-metadata-token-ttl-seconds", "60")];
    let session = ask(&address, ("PUT", "/latest/api/token"), &lifetime).unwrap();
    let session = [("X-aws-ec2-metadata-token", session.body.as_str())];
    let folder = "/latest/meta-data/iam/security-credentials/";
    let name = get(&address, folder, &session).body;
    let credentials = get(&address, &format!("{folder}{name}"), &session).json();
    let key = credentials["AccessKeyId"].as_str().unwrap();
    assert!(key.starts_with("ASIA"), "{credentials}");
}

#[test]
fn a_configuration_that_is_not_there_is_said() {
    let laboratory = laboratory();
    let server = laboratory.sandbox.kubernetes_url().unwrap();
    let kubeconfig = kubeconfig(&laboratory, &server);
    let (address, metrics) = (free_address(), free_address());
    let words = [
        &[
            "k8s",
            "webhook",
            "--kubeconfig",
            &kubeconfig,
            "--listen",
            &address,
        ],
        &[
            "--metrics-addr",
            &metrics,
            "--webhook-configuration",
            "iamra",
        ][..],
    ];
    let mut command = iamra(laboratory.home());
    let mut daemon = Daemon::start(command.args(words.concat()), laboratory.home());
    daemon.until_said("pods.no-webhook", 1);
    let answer = get(&metrics, "/readyz", &[]);
    let expected = (503, "API servers do not know our certificate yet\n");
    assert_eq!((answer.status, &*answer.body), expected);
    assert!(
        daemon.said().contains("--webhook-configuration NAME"),
        "{}",
        daemon.said()
    );
}

const JSON: &str = "application/json";
const ROLE: &str = "arn:aws:iam::111122223333:role/web";
const MISSED: &str = "the annotations of shop/web could not be read\n";
