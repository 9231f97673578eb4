//! What `iamra setup vault --pods` prints, applied to a real OpenBao: each
//! service account gets certificates of its own name, and nobody else's.

use std::collections::BTreeMap;

use iamra_sandbox::ServiceAccount;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::api::{Answer, Question};
use super::deployment::Deployment;
use super::own_name::request;
use super::setup_vault::{make_calls, run_script};
use super::token_review::TokenReview;
use crate::laboratory::Laboratory;
use crate::run::Run;

const AUDIENCE: &str = "pods.eks.amazonaws.com";
/// Namespaces and names: some share the one, some the other.
const ACCOUNTS: [(&str, &str); 7] = [
    ("shop", "web"),
    ("bank", "ledger"),
    ("bank", "web"),
    ("shop", "x.web"),
    ("web", "shop"),
    ("iamra-system", "iamra-agent"),
    ("iamra-system", "iamra-broker"),
];
const BROKER: &str = "iamra-broker.iamra-system.pods.c1";

/// An account whose name is so long that its common name has as many characters.
fn long(characters: usize) -> String {
    "a".repeat(characters - ".ns.pods.c1".len())
}

/// OpenBao, and a cluster whose tokens it reviews.
struct Cluster {
    deployment: Deployment,
    /// Those that the cluster knows.
    tokens: BTreeMap<Shown, String>,
    _token_review: TokenReview,
}

impl Cluster {
    fn start() -> Option<Self> {
        let deployment = Deployment::start()?;
        let laboratory = &deployment.laboratory;
        let tokens: BTreeMap<Shown, String> = shown()
            .into_iter()
            .map(|shown| (shown.clone(), token(laboratory, &shown)))
            .collect();
        let token_review = TokenReview::start(tokens.values().cloned().collect());
        let config = json!({
            "kubernetes_host": token_review.url(),
            "kubernetes_ca_cert": laboratory.read("root.pem"),
            "disable_local_ca_jwt": true,
            "token_reviewer_jwt": "of-the-test",
        });
        deployment
            .bao
            .demand("POST", "auth/kubernetes/config", &config);
        Some(Self {
            deployment,
            tokens,
            _token_review: token_review,
        })
    }

    fn printed(&self, mount: &str, more: &[&str]) -> String {
        let setup = [
            "setup",
            "vault",
            "--pods",
            "--cluster-name",
            "c1",
            "--brokers",
            "--root-mount",
            "pki",
            "--pki-mount",
            mount,
        ];
        let mut command = self.deployment.command(&[&setup[..], more].concat());
        // The laboratory names the roles of another certificate.
        command.env_remove("IAMRA_PKI_ROLE");
        Run::of(&mut command).ok().stdout
    }

    /// One that the script has set up.
    fn set_up() -> Option<Self> {
        let cluster = Self::start()?;
        run_script(&cluster.deployment, &cluster.printed("pki-pods", &[])).ok();
        Some(cluster)
    }

    fn ask(&self, method: &str, path: &str, (token, body): (Option<&str>, &Value)) -> Answer {
        self.deployment.bao.ask(Question {
            method,
            path,
            token,
            body,
        })
    }

    /// The token of an account; one that the cluster does not know is forged.
    fn jwt(&self, (namespace, name): (&str, &str), audience: &str) -> String {
        let shown = [namespace, name, audience].map(str::to_owned);
        let known = self.tokens.get(&shown).cloned();
        known.unwrap_or_else(|| token(&self.deployment.laboratory, &shown))
    }

    fn login(&self, role: &str, account: (&str, &str), audience: &str) -> Answer {
        let body = json!({ "role": role, "jwt": self.jwt(account, audience) });
        self.ask("POST", "auth/kubernetes/login", (None, &body))
    }

    /// A token of Vault for who shows the token of an account.
    #[track_caller]
    fn logged_in(&self, role: &str, account: (&str, &str)) -> String {
        let answer = self.login(role, account, AUDIENCE);
        let token = answer.document["auth"]["client_token"].as_str();
        token
            .unwrap_or_else(|| panic!("{account:?}: {}", answer.document))
            .to_owned()
    }

    /// The status, and what was wrong.
    fn sign(&self, token: &str, path: &str, parameters: &Value) -> (u16, String) {
        let mut body = parameters.clone();
        let name = parameters["common_name"].as_str().unwrap_or("x.test");
        body["csr"] = json!(request(name, None));
        let answer = self.ask("POST", path, (Some(token), &body));
        (answer.status, answer.document["errors"].to_string())
    }
}

/// Namespace, name and audience.
type Shown = [String; 3];

/// What pods show.
fn shown() -> Vec<Shown> {
    let long = [64, 65, 74, 75].map(|characters| ["ns".to_owned(), long(characters)]);
    let accounts = ACCOUNTS.map(|(namespace, name)| [namespace.to_owned(), name.to_owned()]);
    let accounts = accounts.into_iter().chain(long);
    let both = accounts.flat_map(|[namespace, name]| {
        [AUDIENCE, "vault"].map(|audience| [namespace.clone(), name.clone(), audience.to_owned()])
    });
    both.collect()
}

/// Makes a token; the same account has the same uid each time.
fn token(laboratory: &Laboratory, [namespace, name, audience]: &Shown) -> String {
    let account = ServiceAccount {
        namespace: namespace.clone(),
        name: name.clone(),
        audience: audience.clone(),
        ..ServiceAccount::default()
    };
    let token = laboratory.sandbox.service_account_token(&account);
    token.unwrap().expose_secret().to_owned()
}

fn common_name((namespace, name): (&str, &str)) -> String {
    format!("{name}.{namespace}.pods.c1")
}

/// Each has its own name signed, and none of the others'.
fn assert_separated(cluster: &Cluster, mount: &str) {
    // All are logged in before anything is signed: what Vault knows of one is
    // not what it has learnt of the last one.
    let tokens = ACCOUNTS.map(|account| (account, cluster.logged_in("pods", account)));
    let path = format!("{mount}/sign/pods");
    for (account, token) in &tokens {
        for other in ACCOUNTS.into_iter().chain([("shop", "admin")]) {
            let name = common_name(other);
            let (status, errors) = cluster.sign(token, &path, &json!({ "common_name": name }));
            let expected = if other == *account { 200 } else { 400 };
            assert_eq!(status, expected, "{account:?} {name}: {errors}");
            let is_said = errors.contains("not allowed by this role");
            assert_eq!(is_said, expected == 400, "{account:?} {name}: {errors}");
        }
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn an_account_gets_its_own_certificate_and_no_other() {
    let Some(cluster) = Cluster::set_up() else {
        return;
    };
    assert_separated(&cluster, "pki-pods");
    make_calls(
        &cluster.deployment,
        &cluster.printed("pki-calls", &["-o", "json"]),
    );
    assert_separated(&cluster, "pki-calls");
    // Both leave the same behind, and so does a second run.
    let read = |mount: &str, role: &str| {
        let path = format!("{mount}/roles/{role}");
        cluster.deployment.bao.demand("GET", &path, &Value::Null)["data"].clone()
    };
    let made = read("pki-pods", "pods");
    assert_eq!(made, read("pki-calls", "pods"));
    assert_eq!(
        read("pki-pods", "pods-broker"),
        read("pki-calls", "pods-broker")
    );
    run_script(&cluster.deployment, &cluster.printed("pki-pods", &[])).ok();
    assert_eq!(read("pki-pods", "pods"), made);
    assert_eq!(made["allow_subdomains"], false);
    assert_eq!(made["allowed_domains"].as_array().unwrap().len(), 1);
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn no_parameter_gives_another_name_or_a_longer_life() {
    let Some(cluster) = Cluster::set_up() else {
        return;
    };
    let token = cluster.logged_in("pods", ("shop", "web"));
    let own = "web.shop.pods.c1";
    for (status, parameters) in [
        (200, json!({ "common_name": own })),
        (200, json!({ "common_name": own, "ttl": "1h" })),
        (400, json!({})),
        (400, json!({ "common_name": "x.web.shop.pods.c1" })),
        (400, json!({ "common_name": "*.web.shop.pods.c1" })),
        (400, json!({ "common_name": "shop.pods.c1" })),
        (400, json!({ "common_name": "web.shop.pods.c1.example" })),
        (400, json!({ "common_name": "web.shop.pods.c2" })),
        (400, json!({ "common_name": "root@web.shop.pods.c1" })),
        (400, json!({ "common_name": "localhost" })),
        (400, json!({ "common_name": "web" })),
        (
            403,
            json!({ "common_name": own, "alt_names": "ledger.bank.pods.c1" }),
        ),
        (403, json!({ "common_name": own, "alt_names": own })),
        (403, json!({ "common_name": own, "ip_sans": "10.0.0.1" })),
        (
            403,
            json!({ "common_name": own, "uri_sans": "spiffe://c1/x" }),
        ),
        (
            403,
            json!({ "common_name": own, "other_sans": "1.2.3;UTF8:x" }),
        ),
        (
            403,
            json!({ "common_name": own, "not_after": "2100-01-01T00:00:00Z" }),
        ),
        (403, json!({ "common_name": own, "user_ids": "x" })),
    ] {
        let (answer, errors) = cluster.sign(&token, "pki-pods/sign/pods", &parameters);
        assert_eq!(answer, status, "{parameters}: {errors}");
    }
    // Capitals are no obstacle for the role: IAM compares names as they are, and
    // Kubernetes has none.
    let capitals = json!({ "common_name": "WEB.shop.pods.c1" });
    assert_eq!(cluster.sign(&token, "pki-pods/sign/pods", &capitals).0, 200);
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn only_a_token_for_pods_logs_in() {
    let Some(cluster) = Cluster::set_up() else {
        return;
    };
    let web = ("shop", "web");
    assert_eq!(cluster.login("pods", web, AUDIENCE).status, 200);
    let other = cluster.login("pods", web, "vault");
    assert_eq!(other.status, 403, "{}", other.document);
    // An account that the cluster does not know.
    let unknown = cluster.login("pods", ("shop", "nobody"), AUDIENCE);
    assert_eq!(unknown.status, 403, "{}", unknown.document);
    // A broker's login is the broker's, and not the agents' either.
    for account in [web, ("iamra-system", "iamra-agent")] {
        let other = cluster.login("pods-broker", account, AUDIENCE);
        assert_eq!(other.status, 403, "{}", other.document);
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn the_policy_allows_nothing_else() {
    let Some(cluster) = Cluster::set_up() else {
        return;
    };
    let pod = cluster.logged_in("pods", ("shop", "web"));
    let broker = cluster.logged_in("pods-broker", ("iamra-system", "iamra-broker"));
    let name = |name: &str| json!({ "common_name": name });
    for (token, path, parameters) in [
        (&pod, "pki-pods/sign/pods-broker", name(BROKER)),
        (&pod, "pki-pods/issue/pods", name("web.shop.pods.c1")),
        (&pod, "pki-pods/sign-verbatim", name("web.shop.pods.c1")),
        (&pod, "pki-pods/sign-verbatim/pods", name("x")),
        (&pod, "pki-pods/issuer/default/sign/pods", name("x")),
        (&pod, "pki-pods/root/sign-intermediate", name("ca")),
        (
            &pod,
            "pki-pods/roles/pods",
            json!({ "allow_any_name": true }),
        ),
        (&pod, "pki/sign-verbatim", name("x")),
        (&broker, "pki-pods/sign/pods", name(BROKER)),
        (
            &broker,
            "pki-pods/sign/pods-broker",
            name("web.shop.pods.c1"),
        ),
        (&broker, "pki-pods/issue/pods-broker", name(BROKER)),
    ] {
        let (status, errors) = cluster.sign(token, path, &parameters);
        assert_eq!(status, 403, "{path} {parameters}: {errors}");
    }
    for (method, path) in [
        ("LIST", "pki-pods/keys"),
        ("GET", "pki-pods/key/iamra"),
        ("GET", "pki-pods/roles/pods"),
        ("LIST", "pki-pods/roles"),
        ("LIST", "pki-pods/certs"),
        ("GET", "pki-pods/config/issuers"),
        ("GET", "sys/auth/kubernetes"),
        ("GET", "sys/policies/acl/iamra/pki-pods/pods"),
        ("GET", "auth/kubernetes/config"),
        ("GET", "auth/kubernetes/role/pods"),
        ("LIST", "identity/entity/id"),
    ] {
        let answer = cluster.ask(method, path, (Some(&pod), &Value::Null));
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.document);
    }
    let own = cluster.sign(&broker, "pki-pods/sign/pods-broker", &name(BROKER));
    assert_eq!(own.0, 200, "{}", own.1);
}

/// The binary gets it, and Roles Anywhere takes it.
#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn the_certificates_are_fit_for_what_they_are_for() {
    let Some(cluster) = Cluster::set_up() else {
        return;
    };
    let deployment = &cluster.deployment;
    for (role, account, usages) in [
        ("pods", ("shop", "web"), "client auth"),
        (
            "pods-broker",
            ("iamra-system", "iamra-broker"),
            "server auth",
        ),
    ] {
        let jwt = cluster.jwt(account, AUDIENCE);
        let jwt = deployment.laboratory.write("jwt", &jwt);
        let mut command = deployment.command(&[
            "cert",
            "issue",
            "--out-dir",
            role,
            "--auth",
            "kubernetes",
            "--jwt-file",
            &jwt,
            "--auth-role",
            role,
            "--pki-mount",
            "pki-pods",
            "--pki-role",
            role,
            "--common-name",
            &common_name(account),
        ]);
        for name in [
            "VAULT_TOKEN",
            "VAULT_CERT_CN",
            "VAULT_CERT_NAME",
            "VAULT_ROLE",
        ] {
            command.env_remove(name);
        }
        Run::of(&mut command).ok();
        let file = |name: &str| {
            let path = deployment.laboratory.path(role).join(name);
            path.display().to_string()
        };
        let (certificate, key, chain) = (file("cert.pem"), file("private.pem"), file("chain.pem"));
        let check = [
            "cert",
            "check",
            "--certificate",
            &certificate,
            "--private-key",
            &key,
            "--intermediates",
            &chain,
            "--trust-anchor-pem",
            "root.pem",
        ];
        deployment.run(&check).ok();
        let show = ["cert", "show", "-o", "json", "--certificate", &certificate];
        let shown: Value = serde_json::from_str(&deployment.run(&show).ok().stdout).unwrap();
        let shown = &shown[0];
        assert_eq!(shown["subject"], format!("CN={}", common_name(account)));
        assert_eq!(shown["key"], "EC P-256", "{shown}");
        let extended = shown["extended_key_usage"].to_string();
        assert_eq!(
            extended.contains("server"),
            usages == "server auth",
            "{shown}"
        );
        assert_ne!(shown["is_ca"], true, "{shown}");
    }
}

/// RFC 5280 has 64 characters for a common name, and OpenBao does not count them:
/// that nothing longer is asked for is ours to see to.
#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_name_may_be_longer_than_certificates_have_them() {
    let Some(cluster) = Cluster::set_up() else {
        return;
    };
    // A label has 63 at the most.
    for (characters, status) in [(64, 200), (65, 200), (74, 200), (75, 400)] {
        let name = long(characters);
        let token = cluster.logged_in("pods", ("ns", &name));
        let name = common_name(("ns", &name));
        assert_eq!(name.len(), characters);
        let parameters = json!({ "common_name": name });
        let (answer, errors) = cluster.sign(&token, "pki-pods/sign/pods", &parameters);
        assert_eq!(answer, status, "{characters}: {errors}");
    }
}
