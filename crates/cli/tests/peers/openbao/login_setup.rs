//! The other logins of a real OpenBao, each with the policy `iamra`.

use serde_json::{Value, json};

use super::api::{Api, Question};

/// Mounts an auth method.
pub(crate) fn mount(bao: &Api, kind: &str) {
    bao.demand(
        "POST",
        &format!("sys/auth/{kind}"),
        &json!({ "type": kind }),
    );
}

/// An `AppRole` named `iamra`; returns its `role_id`.
pub(crate) fn app_role(bao: &Api, more: &Value) -> String {
    mount(bao, "approle");
    let mut role = json!({ "token_policies": ["iamra"], "token_ttl": "20m" });
    for (name, value) in more.as_object().into_iter().flatten() {
        role[name] = value.clone();
    }
    bao.demand("POST", "auth/approle/role/iamra", &role);
    let path = "auth/approle/role/iamra/role-id";
    text(&bao.demand("GET", path, &Value::Null)["data"]["role_id"])
}

/// A new `secret_id`.
pub(crate) fn secret_id(bao: &Api) -> String {
    let path = "auth/approle/role/iamra/secret-id";
    text(&bao.demand("POST", path, &json!({}))["data"]["secret_id"])
}

/// A user `u1` with the password `p1`.
pub(crate) fn user(bao: &Api) {
    mount(bao, "userpass");
    let user = json!({ "password": "p1", "token_policies": ["iamra"], "token_ttl": "20m" });
    bao.demand("POST", "auth/userpass/users/u1", &user);
}

/// A JWT of OpenBao's own identity provider, and the login that takes it: role
/// `gha`, and `default_role`. Needs the user.
pub(crate) fn jwt(bao: &Api) -> String {
    bao.demand(
        "POST",
        "identity/oidc/key/test",
        &json!({ "allowed_client_ids": "*" }),
    );
    let role = json!({ "key": "test", "ttl": "10m", "client_id": "https://vault.test" });
    bao.demand("POST", "identity/oidc/role/test", &role);
    let policy = r#"path "identity/oidc/token/test" { capabilities = ["read"] }"#;
    bao.demand("PUT", "sys/policies/acl/oidc", &json!({ "policy": policy }));
    let policies = json!({ "token_policies": ["iamra", "oidc"] });
    bao.demand("POST", "auth/userpass/users/u1", &policies);
    mount(bao, "jwt");
    let keys = format!("{}/v1/identity/oidc/.well-known/keys", bao.url());
    let config = json!({ "jwks_url": keys, "default_role": "gha" });
    bao.demand("POST", "auth/jwt/config", &config);
    let role = json!({
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": ["https://vault.test"],
        "token_policies": ["iamra"],
        "token_ttl": "20m",
    });
    bao.demand("POST", "auth/jwt/role/gha", &role);
    let mut other = role.clone();
    other["bound_audiences"] = json!(["https://other.test"]);
    bao.demand("POST", "auth/jwt/role/other-audience", &other);
    let mut other = role;
    other["bound_claims"] = json!({ "repository": "acme/app" });
    bao.demand("POST", "auth/jwt/role/other-claim", &other);
    let login = bao.demand(
        "POST",
        "auth/userpass/login/u1",
        &json!({ "password": "p1" }),
    );
    let token = text(&login["auth"]["client_token"]);
    let answer = bao.ask(Question {
        method: "GET",
        path: "identity/oidc/token/test",
        token: Some(&token),
        body: &Value::Null,
    });
    text(&answer.document["data"]["token"])
}

/// The TLS certificate login, for whoever a root has certified as
/// `app.example.test`.
pub(crate) fn certificates(bao: &Api, root: &str) {
    mount(bao, "cert");
    let role = json!({
        "certificate": root,
        "allowed_common_names": ["app.example.test"],
        "token_policies": ["iamra"],
        "token_ttl": "20m",
    });
    bao.demand("POST", "auth/cert/certs/web", &role);
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
