//! What a workload that `iamra setup vault` has set up can have signed, with
//! requests that the binary would never make.

use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use serde_json::{Value, json};

use super::api::Question;
use super::deployment::Deployment;
use super::setup_vault::{WORKLOADS, printed, run_script};

const OWN: &str = "a.example.test";
const CAPITALS: &str = "A.Example.TEST";
const EMAIL: &str = "evil@a.example.test";

/// A request that has these names in it.
pub(super) fn request(common_name: &str, email: Option<&str>) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.subject_alt_names = email
        .into_iter()
        .map(|email| SanType::Rfc822Name(email.try_into().unwrap()))
        .collect();
    let key = KeyPair::generate().unwrap();
    params.serialize_request(&key).unwrap().pem().unwrap()
}

struct Signer<'a> {
    deployment: &'a Deployment,
    token: String,
}

impl Signer<'_> {
    /// The status, and the names of what was signed.
    fn sign(&self, csr: &str, parameters: &Value) -> (u16, String) {
        let mut body = parameters.clone();
        body["csr"] = json!(csr);
        let answer = self.deployment.bao.ask(Question {
            method: "POST",
            path: "pki-names/sign/a.example.test",
            token: Some(&self.token),
            body: &body,
        });
        let names = answer.document["data"]["certificate"].as_str();
        (
            answer.status,
            names.map(|pem| self.names(pem)).unwrap_or_default(),
        )
    }

    fn names(&self, pem: &str) -> String {
        let file = self.deployment.laboratory.write("signed.pem", pem);
        let show = ["cert", "show", "-o", "json", "--certificate", &file];
        let shown: Value = serde_json::from_str(&self.deployment.run(&show).ok().stdout).unwrap();
        let names: Vec<&str> = shown[0]["subject_alt_names"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        format!(
            "{} {}",
            shown[0]["subject"].as_str().unwrap(),
            names.join(" ")
        )
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn no_request_and_no_parameter_gives_another_name() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    run_script(&deployment, &printed(&deployment, "pki-names", &WORKLOADS)).ok();
    let signer = Signer {
        token: deployment.bao.token("iamra/pki-names/a.example.test"),
        deployment: &deployment,
    };
    let own = json!({ "common_name": OWN });
    for (common_name, email) in [
        (OWN, None),
        (EMAIL, None),
        (CAPITALS, None),
        (OWN, Some("x@a.example.test")),
        ("b.example.test", None),
    ] {
        let csr = request(common_name, email);
        // Whatever is in the request, the names are those of the parameters.
        assert_eq!(
            signer.sign(&csr, &own),
            (200, "CN=a.example.test DNS:a.example.test".to_owned()),
            "{common_name} {email:?}"
        );
        let (status, _) = signer.sign(&csr, &json!({}));
        assert_eq!(status, 400, "{common_name} {email:?}");
    }
    let csr = request(OWN, None);
    for refused in [
        json!({ "common_name": EMAIL }),
        json!({ "common_name": CAPITALS }),
        json!({ "Common_Name": CAPITALS }),
        json!({ "common_name": OWN, "COMMON_NAME": CAPITALS }),
        json!({ "common_name": [CAPITALS] }),
        json!({ "common_name": "b.example.test" }),
        json!({ "common_name": OWN, "alt_names": "x@a.example.test" }),
        json!({ "common_name": OWN, "alt_names": CAPITALS }),
        json!({ "common_name": OWN, "uri_sans": "spiffe://a.example.test/x" }),
        json!({ "common_name": OWN, "not_after": "2100-01-01T00:00:00Z" }),
    ] {
        let (status, names) = signer.sign(&csr, &refused);
        assert_eq!((status, names.as_str()), (403, ""), "{refused}");
    }
}

/// The printed comment says so: without the policy, capitals are no obstacle.
#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn the_role_alone_takes_capitals_but_no_address() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    run_script(&deployment, &printed(&deployment, "pki-names", &WORKLOADS)).ok();
    let signer = Signer {
        token: deployment.bao.root_token().to_owned(),
        deployment: &deployment,
    };
    let csr = request(OWN, None);
    let (status, names) = signer.sign(&csr, &json!({ "common_name": CAPITALS }));
    assert_eq!((status, names.contains(CAPITALS)), (200, true), "{names}");
    let (status, _) = signer.sign(&csr, &json!({ "common_name": EMAIL }));
    assert_eq!(status, 400);
}
