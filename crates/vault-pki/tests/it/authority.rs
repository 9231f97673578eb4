//! A CA in memory: root, intermediate, and what they sign.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, IsCa, Issuer,
    KeyPair,
};
use serde_json::{Value, json};
use wiremock::{Request, Respond, ResponseTemplate};

pub(crate) struct Authority {
    root: String,
    intermediate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let (root_params, root_key) = (ca("root"), KeyPair::generate().unwrap());
        let root = root_params.self_signed(&root_key).unwrap().pem();
        let root_issuer = Issuer::new(root_params, root_key);
        let (params, key) = (ca("intermediate"), KeyPair::generate().unwrap());
        let intermediate = params.signed_by(&key, &root_issuer).unwrap().pem();
        Self {
            root,
            intermediate,
            issuer: Issuer::new(params, key),
        }
    }

    /// Signs a request after `change`, and answers as Vault does: no text ends
    /// in a line break.
    pub(crate) fn sign(&self, csr: &str, change: fn(&mut CertificateParams)) -> Value {
        let mut csr = CertificateSigningRequestParams::from_pem(csr).unwrap();
        csr.params.not_before = rcgen::date_time_ymd(2026, 11, 21);
        csr.params.not_after = rcgen::date_time_ymd(2026, 11, 22);
        change(&mut csr.params);
        let certificate = csr.signed_by(&self.issuer).unwrap().pem();
        let chain = [self.intermediate.trim(), self.root.trim()];
        json!({"certificate": certificate.trim(), "issuing_ca": chain[0], "ca_chain": chain})
    }

    /// Answers `sign`.
    pub(crate) fn responder(self) -> Signing {
        self.changing(|_| {})
    }

    /// Answers `sign` with another certificate than asked for.
    pub(crate) fn changing(self, change: fn(&mut CertificateParams)) -> Signing {
        Signing {
            authority: self,
            change,
        }
    }
}

pub(crate) struct Signing {
    authority: Authority,
    change: fn(&mut CertificateParams),
}

impl Respond for Signing {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().unwrap();
        let csr = body["csr"].as_str().unwrap();
        let data = self.authority.sign(csr, self.change);
        ResponseTemplate::new(200).set_body_json(json!({"lease_id": "", "data": data}))
    }
}

fn ca(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}
