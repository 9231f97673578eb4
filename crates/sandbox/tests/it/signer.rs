//! A client of our own for `CreateSession`: it signs whatever it is told to,
//! sense or nonsense.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use iamra_sandbox::{Profile, RequestParts, Role, RolesAnywhereState, TrustAnchor};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SerialNumber,
};
use rustls_pki_types::CertificateDer;

/// Midday of a day in 2026.
pub(crate) const NOW: Duration = Duration::from_secs(1_795_262_400);
pub(crate) const AMZ_DATE: &str = "20261121T120000Z";
pub(crate) const ANCHOR: &str = "arn:aws:rolesanywhere:us-east-1:123456789012:trust-anchor/one";
pub(crate) const PROFILE: &str = "arn:aws:rolesanywhere:us-east-1:123456789012:profile/one";
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/one";
const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + NOW
}

/// Somebody who issues certificates.
#[derive(Clone)]
pub(crate) struct Issuing(Arc<Issuer<'static, KeyPair>>, pub(crate) Certificate);

impl Issuing {
    /// A root, changed by `change`.
    pub(crate) fn root(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = authority_params("test root");
        change(&mut params);
        let certificate = params.self_signed(&key).unwrap();
        Self(Arc::new(Issuer::new(params, key)), certificate)
    }

    /// An authority below this one.
    pub(crate) fn below(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = authority_params(name);
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Self(Arc::new(Issuer::new(params, key)), certificate)
    }

    /// A fit end-entity certificate with serial 0x0102, changed by `change`.
    pub(crate) fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> Client {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["app.example.test".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "app");
        params.serial_number = Some(SerialNumber::from_slice(&[1, 2]));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.is_ca = IsCa::ExplicitNoCa;
        valid(&mut params, now() - DAY, now() + DAY);
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Client {
            key,
            certificate: certificate.der().clone(),
        }
    }
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    valid(&mut params, now() - DAY, now() + DAY);
    params
}

pub(crate) fn valid(params: &mut CertificateParams, from: SystemTime, until: SystemTime) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + from.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    params.not_after = epoch + until.duration_since(SystemTime::UNIX_EPOCH).unwrap();
}

/// The holder of a certificate.
pub(crate) struct Client {
    pub(crate) key: KeyPair,
    pub(crate) certificate: CertificateDer<'static>,
}

/// A request before it is signed, free to be made wrong.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) query: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) signed: Option<Vec<&'static str>>,
    pub(crate) body: String,
    pub(crate) algorithm: &'static str,
    pub(crate) serial: String,
    pub(crate) scope: String,
}

impl Client {
    pub(crate) fn draft(&self, chain: &[&Issuing]) -> Draft {
        let encode = |certificate: &CertificateDer<'_>| STANDARD.encode(certificate);
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("host", "rolesanywhere.us-east-1.amazonaws.com".to_owned()),
            ("x-amz-date", AMZ_DATE.to_owned()),
            ("x-amz-x509", encode(&self.certificate)),
        ];
        if !chain.is_empty() {
            let chain: Vec<_> = chain
                .iter()
                .map(|issuing| encode(issuing.1.der()))
                .collect();
            headers.push(("x-amz-x509-chain", chain.join(",")));
        }
        Draft {
            method: "POST",
            path: "/sessions",
            query: "",
            headers,
            signed: None,
            body: serde_json::json!({
                "durationSeconds": 3600,
                "trustAnchorArn": ANCHOR,
                "profileArn": PROFILE,
                "roleArn": ROLE,
            })
            .to_string(),
            algorithm: "AWS4-X509-ECDSA-SHA256",
            serial: "258".into(),
            scope: "20261121/us-east-1/rolesanywhere/aws4_request".into(),
        }
    }

    /// Signs the draft as it is.
    pub(crate) fn sign(&self, draft: &Draft) -> RequestParts {
        let mut names: Vec<_> = draft.headers.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        let names = draft.signed.clone().unwrap_or(names);
        let sha256 = |text: &str| hex::encode(digest(&SHA256, text.as_bytes()));
        let mut lines = String::new();
        for name in &names {
            let values = draft.headers.iter().filter(|(other, _)| other == name);
            let values: Vec<_> = values.map(|(_, value)| value.as_str()).collect();
            lines = lines + name + ":" + &values.join(",") + "\n";
        }
        let signed = names.join(";");
        let canonical = format!(
            "{}\n{}\n{}\n{lines}\n{signed}\n{}",
            draft.method,
            draft.path,
            draft.query,
            sha256(&draft.body)
        );
        let date = draft.headers.iter().find(|(name, _)| *name == "x-amz-date");
        let date = date.map_or("", |(_, date)| date.as_str());
        let (algorithm, scope) = (draft.algorithm, &draft.scope);
        let message = format!("{algorithm}\n{date}\n{scope}\n{}", sha256(&canonical));
        let signature = hex::encode(self.signature(message.as_bytes()));
        let serial = &draft.serial;
        let authorization = format!(
            "{algorithm} Credential={serial}/{scope}, SignedHeaders={signed}, Signature={signature}"
        );
        let mut headers = HeaderMap::new();
        for (name, value) in &draft.headers {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        headers.insert("authorization", authorization.parse().unwrap());
        RequestParts {
            method: draft.method.into(),
            path: draft.path.into(),
            query: draft.query.into(),
            headers,
            body: draft.body.clone().into(),
        }
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let key = self.key.serialize_der();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key);
        // A key of another kind signs nothing that could be right.
        let nonsense = vec![0; 64];
        key.map_or(nonsense, |key| {
            let signature = key.sign(&SystemRandom::new(), message).unwrap();
            signature.as_ref().to_vec()
        })
    }
}

/// An account that trusts one root.
pub(crate) fn account(root: &Issuing) -> RolesAnywhereState {
    RolesAnywhereState {
        partition: "aws".into(),
        region: "us-east-1".into(),
        trust_anchors: vec![TrustAnchor {
            arn: ANCHOR.into(),
            enabled: true,
            certificates: vec![root.1.der().clone()],
        }],
        profiles: vec![Profile {
            arn: PROFILE.into(),
            enabled: true,
            role_arns: vec![ROLE.into()],
            duration: Duration::from_secs(7200),
            accept_role_session_name: true,
            require_instance_properties: false,
        }],
        roles: vec![Role {
            arn: ROLE.into(),
            max_session_duration: Duration::from_secs(43_200),
            common_names: Vec::new(),
        }],
        roles_may_read: false,
    }
}
