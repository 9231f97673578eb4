//! The same requests to a real OpenBao and to the sandbox: the same status,
//! the same shape of document, the same errors.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::api::{Answer, Api, Question};
use super::deployment::{Deployment, ServiceAccounts};

const REQUEST: &str = include_str!("shapes/request.pem");

/// Who asks.
#[derive(Clone, Copy, Debug)]
enum Asker {
    Nobody,
    Stranger,
    /// A token of the policy `iamra`.
    Client,
}

type Case = (Asker, &'static str, &'static str, Value);

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn the_sandbox_answers_as_openbao_does() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let ask = |api: &Api, client: &str, (asker, method, path, body): &Case| {
        api.ask(Question {
            method,
            path,
            token: match asker {
                Asker::Nobody => None,
                Asker::Stranger => Some("s.stranger"),
                Asker::Client => Some(client),
            },
            body,
        })
    };
    let sandbox_client = client_token(&deployment.sandbox, &deployment.service_accounts);
    let bao_client = client_token(&deployment.bao, &deployment.service_accounts);
    let mut cases = certificates();
    cases.extend(certificate_refusals());
    cases.extend(logins(&deployment.service_accounts));
    cases.extend(own_token());
    let differences: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let real = ask(&deployment.bao, &bao_client, case);
            let sandbox = ask(&deployment.sandbox, &sandbox_client, case);
            let difference = difference(&real, &sandbox)?;
            Some(format!("{:?} {} {}: {difference}", case.0, case.1, case.2))
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Logs the service account in.
fn client_token(api: &Api, accounts: &ServiceAccounts) -> String {
    let body = json!({ "role": "iamra", "jwt": accounts.good });
    let answer = api.demand("POST", "auth/kubernetes/login", &body);
    answer["auth"]["client_token"].as_str().unwrap().to_owned()
}

fn certificates() -> Vec<Case> {
    use Asker::Client;
    let named = json!({ "common_name": "app.example.test" });
    let sign = json!({ "csr": REQUEST, "common_name": "app.example.test", "ttl": "10m" });
    let pkcs8 = json!({ "common_name": "app.example.test", "private_key_format": "pkcs8" });
    let rootless = json!({ "common_name": "app.example.test", "remove_roots_from_chain": true });
    let unknown = json!({ "common_name": "app.example.test", "bogus": 1 });
    vec![
        (Client, "POST", "pki-aws/sign/iamra", sign.clone()),
        (Client, "PUT", "pki-aws/sign/iamra", sign.clone()),
        (Client, "POST", "pki-aws/issuer/default/sign/iamra", sign),
        (Client, "POST", "pki-aws/issue/iamra", named.clone()),
        (Client, "POST", "pki-aws/issue/iamra", pkcs8),
        (Client, "POST", "pki-aws/issue/iamra", rootless),
        (Client, "POST", "pki-aws/issue/iamra", unknown),
        (Client, "POST", "pki-aws/issue/default-role", named),
        (Client, "GET", "pki-aws/roles/iamra", Value::Null),
    ]
}

fn certificate_refusals() -> Vec<Case> {
    use Asker::{Client, Nobody, Stranger};
    let issue = |body| (Client, "POST", "pki-aws/issue/iamra", body);
    let sign = |body| (Client, "POST", "pki-aws/sign/iamra", body);
    let name = || json!({ "common_name": "app.example.test" });
    let not_after = "2099-01-01T00:00:00Z";
    vec![
        issue(json!({ "common_name": "evil.invalid" })),
        issue(json!({ "common_name": "" })),
        issue(json!({ "common_name": "app.example.test", "ttl": "soon" })),
        issue(json!({ "common_name": "app.example.test", "ttl": "1h", "not_after": not_after })),
        issue(json!({ "common_name": "app.example.test", "uri_sans": "spiffe://evil/x" })),
        sign(json!({ "common_name": "app.example.test" })),
        sign(json!({ "common_name": "app.example.test", "csr": "garbage" })),
        (
            Client,
            "POST",
            "pki-aws/sign/default-role",
            json!({ "csr": REQUEST, "common_name": "a" }),
        ),
        (Client, "POST", "pki-aws/issue/nope", name()),
        (Client, "POST", "pki-aws/issuer/nope/issue/iamra", name()),
        (Client, "POST", "pki-none/issue/iamra", name()),
        (
            Client,
            "POST",
            "pki-aws/revoke",
            json!({ "serial_number": "00" }),
        ),
        (Client, "GET", "pki-aws/issue/iamra", Value::Null),
        (Client, "GET", "pki-aws/roles/nope", Value::Null),
        (Nobody, "POST", "pki-aws/issue/iamra", name()),
        (Stranger, "POST", "pki-aws/issue/iamra", name()),
    ]
}

fn logins(accounts: &ServiceAccounts) -> Vec<Case> {
    let login = |role: &str, jwt: &str| {
        let body = json!({ "role": role, "jwt": jwt });
        (Asker::Nobody, "POST", "auth/kubernetes/login", body)
    };
    let elsewhere = json!({ "role": "iamra", "jwt": accounts.good });
    vec![
        login("iamra", &accounts.good),
        login("nope", &accounts.good),
        login("", &accounts.good),
        login("iamra", ""),
        login("iamra", "garbage"),
        login("iamra", &accounts.expired),
        login("iamra", &accounts.foreign_audience),
        login("iamra", &accounts.foreign_namespace),
        login("iamra", &accounts.foreign_name),
        login("iamra", &accounts.forged),
        (Asker::Nobody, "POST", "auth/elsewhere/login", elsewhere),
    ]
}

/// What a client does with its own token; the last request ends it.
fn own_token() -> Vec<Case> {
    use Asker::{Client, Nobody};
    vec![
        (Client, "GET", "auth/token/lookup-self", Value::Null),
        (Client, "POST", "auth/token/renew-self", json!({})),
        (Nobody, "GET", "sys/health", Value::Null),
        (Nobody, "GET", "sys/seal-status", Value::Null),
        (Client, "POST", "auth/token/revoke-self", Value::Null),
        (Client, "GET", "auth/token/lookup-self", Value::Null),
    ]
}

fn difference(real: &Answer, sandbox: &Answer) -> Option<String> {
    let statuses = (real.status, sandbox.status);
    let shapes = (shape(&real.document), shape(&sandbox.document));
    let errors = [real, sandbox].map(|answer| &answer.document["errors"]);
    if statuses.0 != statuses.1 {
        return Some(format!("{statuses:?}: {} / {}", errors[0], errors[1]));
    }
    if errors[0] != errors[1] {
        return Some(format!("{} / {}", errors[0], errors[1]));
    }
    let missing: Vec<_> = shapes.0.difference(&shapes.1).collect();
    let extra: Vec<_> = shapes.1.difference(&shapes.0).collect();
    let same = missing.is_empty() && extra.is_empty();
    (!same).then(|| format!("missing {missing:?}, extra {extra:?}"))
}

/// Every place in a document with the type of what is there, and the length of
/// lists, whose entries share one place.
fn shape(document: &Value) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    let mut open = vec![(String::new(), document)];
    while let Some((place, value)) = open.pop() {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(items) => {
                open.extend(items.iter().map(|item| (format!("{place}[]"), item)));
                places.insert(format!("{place}: {} entries", items.len()));
                "list"
            }
            Value::Object(members) => {
                let member = |(name, value)| (format!("{place}.{name}"), value);
                open.extend(members.iter().map(member));
                "object"
            }
        };
        places.insert(format!("{place}: {kind}"));
    }
    places
}
