use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData as _};
use serde_json::{Value, json};

use super::{Ecr, HOST, json as parsed};
use crate::run::Run;

fn request(image: &str) -> Value {
    json!({
        "kind": "CredentialProviderRequest",
        "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
        "image": image,
    })
}

fn ask(ecr: &Ecr, more: &[&str], request: &Value) -> Run {
    let arguments = [&["kubelet-provider"], more].concat();
    ecr.say(&arguments, &request.to_string())
}

#[test]
fn an_image_of_ecr_gets_its_registrys_credentials() {
    let ecr = Ecr::new();
    let run = ask(&ecr, &[], &request(&format!("{HOST}/team/app"))).ok();
    let answer = parsed(&run.stdout);
    assert_eq!(answer["cacheKeyType"], "Registry");
    // Half of what is left, which is a little less than twelve hours.
    let duration = answer["cacheDuration"].as_str().unwrap();
    assert!(
        duration.starts_with("5h59m") || duration == "6h0m0s",
        "{duration}"
    );
    assert_eq!(answer["auth"][HOST]["username"], "AWS");
    let members: Vec<_> = answer.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        [
            "apiVersion",
            "auth",
            "cacheDuration",
            "cacheKeyType",
            "kind"
        ]
    );
    ecr.snapshot("kubelet", &run);
    // Kubelet looks for what stands in the image.
    let with_port = format!("{HOST}:443/team/app");
    let answer = parsed(&ask(&ecr, &[], &request(&with_port)).ok().stdout);
    assert!(
        answer["auth"][format!("{HOST}:443")].is_object(),
        "{answer}"
    );
    assert_eq!(ecr.asked(), 1);
}

#[test]
fn another_registrys_image_gets_none() {
    let ecr = Ecr::new();
    for image in ["docker.io/library/alpine", "alpine", "localhost:5000/x"] {
        let answer = parsed(&ask(&ecr, &[], &request(image)).ok().stdout);
        assert_eq!(answer["auth"], Value::Null, "{image}");
    }
    assert_eq!(ecr.asked(), 0);
}

#[test]
fn what_is_no_request_is_refused_on_stderr() {
    let ecr = Ecr::new();
    let mut old = request(HOST);
    old["apiVersion"] = "credentialprovider.kubelet.k8s.io/v1beta1".into();
    let mut more = request(HOST);
    more["more"] = 1.into();
    let empty = request("");
    for (name, text) in [
        ("old", old.to_string()),
        ("more", more.to_string()),
        ("empty", empty.to_string()),
        ("rubbish", "\u{1}{[".to_owned()),
        ("nothing", String::new()),
    ] {
        let run = ecr.say(&["kubelet-provider"], &text);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(2), ""),
            "{name}: {run}"
        );
        ecr.snapshot(&format!("kubelet-refused-{name}"), &run);
    }
}

#[test]
fn a_failure_is_kubelets_to_log() {
    let ecr = Ecr::new();
    ecr.fault("ecr=status:500");
    let run = ask(&ecr, &["--aws-timeout", "2"], &request(HOST));
    assert_eq!((run.code, run.stdout.as_str()), (Some(4), ""), "{run}");
}

#[test]
fn the_configuration_names_every_registry_or_those_that_are_named() {
    let ecr = Ecr::new();
    let run = ecr.laboratory.run(&["ecr", "kubelet-config"]).ok();
    ecr.snapshot("kubelet-config", &run);
    let role = ecr.laboratory.sandbox.role_arn();
    let listed = format!("team-a/app={role}");
    let run = ecr.laboratory.run(&[
        "ecr",
        "kubelet-config",
        "--registry",
        HOST,
        "--service-account-role",
        &listed,
        "--plugin-config",
        "/opt/iamra.toml",
    ]);
    ecr.snapshot("kubelet-config-accounts", &run.ok());
    let named = |name| ["ecr", "kubelet-config", "--plugin-name", name];
    // By another name it is told what it is.
    let run = ecr.laboratory.run(&named("iamra")).ok();
    ecr.snapshot("kubelet-config-name", &run);
    let run = ecr.laboratory.run(&named("a/b"));
    assert_eq!(run.code, Some(2), "{run}");
}

/// What the plugin will read decides what kubelet has to send it.
#[test]
fn the_configuration_is_made_for_the_plugins_own_file() {
    let ecr = Ecr::new();
    let file = |role: &str| {
        let text = format!(
            "schema = 1\nregistry = ['{HOST}']\nservice-account-role = ['{role}']\n\
             service-account-audience = 'pulls'\n"
        );
        ecr.laboratory.write("plugin.toml", &text)
    };
    let config = |file: &str| {
        let verb = ["ecr", "kubelet-config", "--plugin-config", file];
        ecr.laboratory.run(&verb)
    };
    let path = file(&format!("team-a/app={ROLE}"));
    let run = config(&path).ok();
    ecr.snapshot("kubelet-config-file", &run);
    let mut command = ecr.laboratory.command(&["ecr", "kubelet-config"]);
    command.env("IAMRA_PLUGIN_CONFIG", &path);
    assert_eq!(Run::of(&mut command).ok().stdout, run.stdout);
    // One that is on the node alone says nothing here.
    let absent = config("/nowhere/plugin.toml").ok();
    assert!(!absent.stdout.contains("tokenAttributes"), "{absent}");
    let wrong = config(&file("app"));
    assert_eq!(
        (wrong.code, wrong.stdout.as_str()),
        (Some(2), ""),
        "{wrong}"
    );
    ecr.snapshot("kubelet-config-file-wrong", &wrong);
}

/// A cluster that signs tokens of service accounts.
struct Cluster(KeyPair);

impl Cluster {
    fn new() -> Self {
        Self(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap())
    }

    /// What `kubectl get --raw /openid/v1/jwks` prints.
    fn keys(&self) -> String {
        // Of an uncompressed point: 0x04, x, y.
        let point = self.0.der_bytes();
        let part = |range| BASE64_URL_SAFE_NO_PAD.encode(&point[range]);
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k1",
            "x": part(1..33), "y": part(33..65),
        }] })
        .to_string()
    }

    fn token(&self, namespace: &str, name: &str) -> String {
        let now = jiff::Timestamp::now().as_second();
        let claims = json!({
            "iss": "https://kubernetes.default.svc",
            "aud": ["iamra"],
            "sub": format!("system:serviceaccount:{namespace}:{name}"),
            "exp": now + 600,
            "iat": now - 5,
            "nbf": now - 5,
            "kubernetes.io": {
                "namespace": namespace,
                "serviceaccount": { "name": name, "uid": "u" },
            },
        });
        let header = json!({ "alg": "ES256", "kid": "k1", "typ": "JWT" });
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        use aws_lc_rs::rand::SystemRandom;
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

        let der = self.0.serialize_der();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap();
        key.sign(&SystemRandom::new(), message)
            .unwrap()
            .as_ref()
            .to_vec()
    }
}

/// The plugin of a node where one service account has a role of its own.
pub(crate) struct Node {
    ecr: Ecr,
    cluster: Cluster,
    settings: Vec<String>,
}

const ROLE: &str = "arn:aws:iam::123456789012:role/pull-a";

impl Node {
    pub(crate) fn new() -> Self {
        let (ecr, cluster) = (Ecr::new(), Cluster::new());
        let keys = ecr.laboratory.write("jwks.json", &cluster.keys());
        ecr.laboratory.sandbox.configure_roles_anywhere(|account| {
            account.profiles[0].role_arns.push(ROLE.to_owned());
            let mut pull = account.roles[0].clone();
            ROLE.clone_into(&mut pull.arn);
            account.roles.push(pull);
        });
        let listed = format!("team-a/app={ROLE}");
        let words = [
            "--service-account-role",
            &listed,
            "--service-account-keys",
            &keys,
        ];
        let logging = ["--log-level", "info", "--log-format", "json"];
        let settings = words.into_iter().chain(logging).map(str::to_owned);
        Self {
            ecr,
            cluster,
            settings: settings.collect(),
        }
    }

    fn ask(&self, token: Option<String>, annotation: Option<&str>) -> Run {
        let mut request = request(HOST);
        if let Some(token) = token {
            request["serviceAccountToken"] = token.into();
        }
        if let Some(role) = annotation {
            request["serviceAccountAnnotations"] = json!({ "iamra.dev/role-arn": role });
        }
        let settings: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        ask(&self.ecr, &settings, &request)
    }

    /// What both plugins say, with the secret that was asked for and without: by
    /// name, with whether stdout is credentials.
    pub(crate) fn every_answer(&self, logging: &[&str]) -> Vec<(String, Run, bool)> {
        let mut answers = Vec::new();
        let mut say = |name: &str, words: &[&str], stdin: &str, is_answer| {
            let run = self.ecr.say(&[words, logging].concat(), stdin);
            assert!(run.stderr.len() > 20, "nothing was logged: {run}");
            answers.push((name.to_owned(), run, is_answer));
        };
        let mut pull = request(HOST);
        pull["serviceAccountToken"] = self.cluster.token("team-a", "app").into();
        let settings: Vec<&str> = self.settings[..4].iter().map(String::as_str).collect();
        let kubelet = [&["kubelet-provider"], &settings[..]].concat();
        say("kubelet", &kubelet, &pull.to_string(), true);
        pull["serviceAccountToken"] = Cluster::new().token("team-a", "app").into();
        say("kubelet, a stranger", &kubelet, &pull.to_string(), false);
        let store = r#"{"ServerURL":"x","Username":"y","Secret":"hunter2-of-a-client"}"#;
        say("store", &["docker-credential", "store"], store, false);
        say("get", &["docker-credential", "get"], HOST, true);
        self.ecr.fault("ecr=status:403");
        let get = [
            "docker-credential",
            "get",
            "--no-cache",
            "--aws-timeout",
            "2",
        ];
        say("get, refused", &get, HOST, false);
        answers
    }

    /// Everything that none of them may say.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets = self.ecr.laboratory.sandbox.secrets();
        secrets.push("hunter2-of-a-client".to_owned());
        secrets
    }

    /// A pod of the account pulls: what is logged.
    pub(crate) fn log_of_a_pull(&self) -> String {
        let token = self.cluster.token("team-a", "app");
        self.ask(Some(token), None).ok().stderr
    }
}

/// To whom a token was handed out, and of whose session it is, if it was made
/// for that.
fn handed(run: Run) -> (Option<String>, Option<String>) {
    let log = run.ok().stderr;
    let events: Vec<Value> = log.lines().map(parsed).collect();
    let member = |name: &str, member: &str| {
        let mut events = events.iter().rev();
        let event = events.find(|event| event["event"] == name)?;
        event[member].as_str().map(str::to_owned)
    };
    (
        member("token-hand-out", "caller"),
        member("session", "assumed_role"),
    )
}

#[test]
fn a_service_account_gets_its_own_role_by_its_verified_token_alone() {
    let node = Node::new();
    let own = || node.cluster.token("team-a", "app");
    let (caller, role) = handed(node.ask(Some(own()), None));
    assert_eq!(caller.as_deref(), Some("team-a/app"));
    // AWS itself says whose session it is.
    assert!(role.unwrap().contains(":assumed-role/pull-a/"));
    let (_, again) = handed(node.ask(Some(own()), Some(ROLE)));
    assert_eq!(again, None, "the same token");
    let other = node.cluster.token("team-b", "app");
    // An annotation alone grants nothing: the node's role is used.
    let (caller, role) = handed(node.ask(Some(other), Some(ROLE)));
    assert_eq!(caller.as_deref(), Some("team-b/app"));
    assert!(role.unwrap().contains(":assumed-role/iamra-sandbox/"));
    assert_eq!(handed(node.ask(None, Some(ROLE))), (None, None));
    let stranger = Cluster::new().token("team-a", "app");
    let run = node.ask(Some(stranger), None);
    assert_eq!((run.code, run.stdout.as_str()), (Some(3), ""), "{run}");
    assert!(run.stderr.contains("kubelet.token-refused"), "{run}");
    let run = node.ask(Some(own()), Some("arn:aws:iam::123456789012:role/admin"));
    assert_eq!(run.code, Some(3), "{run}");
    assert_eq!(node.ecr.asked(), 2, "one for each role");
}

/// Who has signed a token, and for whom it is, must both be right.
#[test]
fn a_token_of_another_issuer_or_audience_is_refused() {
    for (setting, right, wrong) in [
        (
            "--service-account-issuer",
            "https://kubernetes.default.svc",
            "https://elsewhere.example",
        ),
        ("--service-account-audience", "iamra", "vault"),
    ] {
        for (value, expected) in [(right, Some(0)), (wrong, Some(3))] {
            let mut node = Node::new();
            node.settings.extend([setting, value].map(str::to_owned));
            let run = node.ask(Some(node.cluster.token("team-a", "app")), None);
            assert_eq!(run.code, expected, "{setting} {value}: {run}");
            let is_refused = run.stderr.contains("kubelet.token-refused");
            assert_eq!(is_refused, value == wrong, "{setting} {value}: {run}");
        }
    }
}

/// What the node becomes onwards is not what the pod becomes.
#[test]
fn the_nodes_chain_of_roles_is_not_the_pods() {
    let mut node = Node::new();
    let next = node.ecr.laboratory.sandbox.next_role_arn().to_owned();
    node.settings.extend(["--chain-role-arn".to_owned(), next]);
    let token = node.cluster.token("team-a", "app");
    let (_, role) = handed(node.ask(Some(token), None));
    assert!(role.unwrap().contains(":assumed-role/pull-a/"));
    let (_, role) = handed(node.ask(None, None));
    assert!(role.unwrap().contains(":assumed-role/iamra-sandbox-next/"));
}

/// Where only some pods may pull, the others get nothing, and not an error.
#[test]
fn without_a_role_of_the_node_others_get_none() {
    let node = Node::new();
    let token = node.cluster.token("team-b", "app");
    let mut request = request(HOST);
    request["serviceAccountToken"] = token.into();
    let settings: Vec<&str> = node.settings.iter().map(String::as_str).collect();
    let mut command = node
        .ecr
        .command(&[&["kubelet-provider"], &settings[..]].concat());
    command.env_remove("ROLE_ARN");
    let run = Run::told(&mut command, &request.to_string()).ok();
    assert_eq!(parsed(&run.stdout)["auth"], Value::Null);
    assert_eq!(node.ecr.asked(), 0);
}
