use std::path::PathBuf;

use k8s_sinks::file::{CertificateSet, Layout, certificates_pem};
use k8s_sinks::kubernetes::{SecretData, SecretForm};
use refresh::{Expires as _, FaultKind};
use zeroize::Zeroizing;

use crate::certificate::Obtained;
use crate::context::Context;
use crate::explanation::vault_answer;
use crate::failure::Failure;
use crate::k8s::filled::Values;
use crate::vault::VaultPipeline;

/// The certificate with its intermediates, its key, and the CA above them, as
/// ingress controllers and cert-manager have it.
///
/// [TLS Secrets](https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets)
#[derive(Debug)]
pub(crate) struct Tls;

/// A certificate, signed now.
pub(in crate::k8s) async fn obtain(context: &Context<'_>) -> Result<Values, Failure> {
    let pipeline = VaultPipeline::new(context)?;
    let obtained = Obtained::from_vault(&pipeline, context.now(), PathBuf::new()).await;
    // Vault gets its token back, whatever came of it.
    pipeline.finish().await;
    let obtained = obtained?;
    if obtained.has_lease {
        return Err(hangs_on_a_token());
    }
    Ok(Values {
        data: data(&obtained.set)?,
        lifetime: obtained.facts.lifetime(),
    })
}

/// The values. Without a CA nobody could trust the certificate.
fn data(set: &CertificateSet) -> Result<SecretData, Failure> {
    let files = Layout::Bundle.files(set)?;
    // The root comes last, where Vault serves it.
    let ca = set.ca_chain.last().or(set.issuing_ca.as_ref());
    let ca = ca.ok_or_else(|| {
        let message = "Vault's answer has no CA, which a TLS Secret has to hold";
        Failure::new("vault.unusable-answer", FaultKind::Failed, message)
    })?;
    Ok(SecretData::from([
        (CERTIFICATE.to_owned(), Zeroizing::new(files.certificate)),
        (KEY.to_owned(), files.private_key),
        (CA.to_owned(), Zeroizing::new(certificates_pem([ca])?)),
    ]))
}

impl SecretForm for Tls {
    fn secret_type(&self) -> &'static str {
        "kubernetes.io/tls"
    }

    fn keys(&self) -> Vec<String> {
        [CERTIFICATE, KEY, CA].map(str::to_owned).into()
    }

    /// Somebody may need that very key.
    fn is_replaceable(&self, _: &SecretData) -> bool {
        false
    }

    fn merged(&self, _: &SecretData, _: &SecretData) -> Result<SecretData, String> {
        Err("it has room for one certificate, and has one".to_owned())
    }
}

const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";
const CA: &str = "ca.crt";

/// It would be revoked with the token that was given back.
fn hangs_on_a_token() -> Failure {
    let message = "Vault revokes this certificate with the token that it was obtained with";
    Failure::configuration("vault.leased", message).with_hint(vault_answer::LEASED.fix)
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::pem::PemObject as _;
    use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

    use super::super::tests::shown;
    use super::*;

    fn set() -> CertificateSet {
        let key = PrivatePkcs8KeyDer::from(b"key".to_vec());
        CertificateSet {
            end_entity: CertificateDer::from(b"end entity".to_vec()),
            intermediates: vec![CertificateDer::from(b"issuer".to_vec())],
            issuing_ca: Some(CertificateDer::from(b"issuer".to_vec())),
            ca_chain: Vec::new(),
            private_key: Zeroizing::new(key),
            served_private_key: Some(Zeroizing::new(PrivateKeyDer::Sec1(
                b"served".to_vec().into(),
            ))),
        }
    }

    #[test]
    fn the_key_is_pkcs8_and_intermediates_follow_the_certificate() {
        let chain = [&b"issuer"[..], b"root"].map(CertificateDer::from).to_vec();
        for (ca_chain, ca) in [(Vec::new(), &b"issuer"[..]), (chain, b"root")] {
            let data = data(&CertificateSet { ca_chain, ..set() }).unwrap();
            let certificates = CertificateDer::pem_slice_iter(&data["tls.crt"]);
            let certificates: Vec<_> = certificates.map(Result::unwrap).collect();
            let expected = [&b"end entity"[..], b"issuer"].map(CertificateDer::from);
            assert_eq!(certificates, expected);
            let key = PrivateKeyDer::from_pem_slice(&data["tls.key"]).unwrap();
            assert!(matches!(key, PrivateKeyDer::Pkcs8(_)));
            assert_eq!(key.secret_der(), b"key");
            let told = CertificateDer::from_pem_slice(&data["ca.crt"]).unwrap();
            assert_eq!(&*told, ca);
            let mut keys = Tls.keys();
            keys.sort();
            assert!(data.keys().eq(&keys));
            assert!(
                shown(&data)
                    .iter()
                    .all(|(_, text)| text.ends_with("-----\n"))
            );
        }
    }

    #[test]
    fn a_ca_is_needed() {
        let issuing_ca = None;
        let refused = data(&CertificateSet {
            issuing_ca,
            ..set()
        });
        assert_eq!(refused.unwrap_err().code(), "vault.unusable-answer");
    }

    #[test]
    fn somebody_elses_is_left_alone() {
        let ours = data(&set()).unwrap();
        assert!(!Tls.is_replaceable(&ours));
        assert!(Tls.merged(&ours, &ours).is_err());
    }
}
