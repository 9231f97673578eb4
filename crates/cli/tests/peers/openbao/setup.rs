//! Sets a fresh OpenBao up as the sandbox's Vault is.

use serde_json::{Value, json};

use super::api::Api;

/// The roles that the tests ask, which are copied from the sandbox.
const PKI_ROLES: [&str; 4] = ["iamra", "default-role", "p384", "keyenc-only"];

/// What `iamra_sandbox::Policy::standard` says, in Vault's words.
const STANDARD_POLICY: &str = r#"
path "pki-aws/sign/+" { capabilities = ["update"] }
path "pki-aws/issue/+" { capabilities = ["update"] }
path "pki-aws/issuer/+/sign/+" { capabilities = ["update"] }
path "pki-aws/issuer/+/issue/+" { capabilities = ["update"] }
path "pki-aws/roles/+" { capabilities = ["read"] }
"#;

const ISSUE_ONLY_POLICY: &str = r#"
path "pki-aws/issue/iamra" { capabilities = ["update"] }
"#;

/// Makes the mounts, the roles of the sandbox and the policies `iamra` and
/// `issue-only`; returns the root in PEM.
pub(crate) fn public_key_infrastructure(bao: &Api, sandbox: &Api) -> String {
    let root = authorities(bao);
    for name in PKI_ROLES {
        let path = format!("pki-aws/roles/{name}");
        let role = sandbox.demand("GET", &path, &Value::Null)["data"].clone();
        bao.demand("POST", &path, &role);
        let taken = bao.demand("GET", &path, &Value::Null)["data"].clone();
        assert_eq!(taken, role, "OpenBao's role {name} is not the sandbox's");
    }
    for (name, policy) in [
        ("iamra", STANDARD_POLICY),
        ("issue-only", ISSUE_ONLY_POLICY),
    ] {
        let path = format!("sys/policies/acl/{name}");
        bao.demand("PUT", &path, &json!({ "policy": policy }));
    }
    root
}

/// A root in `pki`, and below it an intermediate in `pki-aws`, which also
/// knows the root.
fn authorities(bao: &Api) -> String {
    for (mount, life) in [("pki", "87600h"), ("pki-aws", "768h")] {
        let body = json!({ "type": "pki", "config": { "max_lease_ttl": life } });
        bao.demand("POST", &format!("sys/mounts/{mount}"), &body);
    }
    let key = |name: &str, ttl: &str| json!({ "common_name": name, "key_type": "ec", "key_bits": 256, "ttl": ttl });
    let generate = |path: &str, body: &Value| bao.demand("POST", path, body)["data"].clone();
    let root = generate("pki/root/generate/internal", &key("test root", "87600h"));
    let root = &root["certificate"];
    let intermediate = generate(
        "pki-aws/intermediate/generate/internal",
        &key("test intermediate", ""),
    );
    let request = json!({
        "csr": intermediate["csr"],
        "common_name": "test intermediate",
        "ttl": "8760h",
        "max_path_length": 0,
    });
    let signed = generate("pki/root/sign-intermediate", &request);
    let certificate = json!({ "certificate": signed["certificate"] });
    bao.demand("POST", "pki-aws/intermediate/set-signed", &certificate);
    let bundle = json!({ "pem_bundle": root });
    bao.demand("POST", "pki-aws/issuers/import/cert", &bundle);
    root.as_str().unwrap().to_owned()
}

/// The Kubernetes login and its role `iamra`, as in the sandbox.
pub(crate) fn kubernetes_login(bao: &Api, token_review: &str, any_certificate: &str) {
    bao.demand(
        "POST",
        "sys/auth/kubernetes",
        &json!({ "type": "kubernetes" }),
    );
    let config = json!({
        "kubernetes_host": token_review,
        "kubernetes_ca_cert": any_certificate,
        "disable_local_ca_jwt": true,
        "token_reviewer_jwt": "of-the-test",
    });
    bao.demand("POST", "auth/kubernetes/config", &config);
    kubernetes_role(bao, "iamra");
}

/// A role of the Kubernetes login that gives the policy of the same name.
pub(crate) fn kubernetes_role(bao: &Api, name: &str) {
    let role = json!({
        "bound_service_account_names": ["iamra"],
        "bound_service_account_namespaces": ["apps"],
        "audience": "vault",
        "token_policies": [name],
        "token_ttl": "20m",
        "token_max_ttl": "1h",
    });
    let path = format!("auth/kubernetes/role/{name}");
    bao.demand("POST", &path, &role);
}
