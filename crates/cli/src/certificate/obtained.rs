use std::path::PathBuf;
use std::time::SystemTime;

use k8s_sinks::file::CertificateSet;
use rolesanywhere::{Certificate, Finding};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::ExposeSecret as _;
use vault_pki::IssuedCertificate;
use zeroize::Zeroizing;

use super::Delivered;
use crate::failure::{Failure, unfit};
use crate::identity::warn;
use crate::vault::{self, VaultPipeline};

/// A certificate from Vault that is fit to be written.
#[derive(Debug)]
pub(crate) struct Obtained {
    pub(crate) set: CertificateSet,
    pub(crate) facts: Delivered,
    /// Whether Vault revokes it with the token that it was obtained with.
    pub(crate) has_lease: bool,
}

impl Obtained {
    /// Has one signed. One that AWS would refuse is an error: what is on disk
    /// may still be good.
    pub(crate) async fn from_vault(
        pipeline: &VaultPipeline,
        now: SystemTime,
        folder: PathBuf,
    ) -> Result<Self, Failure> {
        let issued = pipeline.obtain(now).await?;
        let identity = vault::identity(&issued)?;
        let findings: Vec<Finding> = identity.fitness(now);
        warn(&findings);
        if let Some(failure) = unfit(&findings) {
            return Err(failure);
        }
        let above = above(&issued);
        Ok(Self {
            has_lease: issued.lease.is_some(),
            facts: Delivered::new(identity.certificate(), &above, folder),
            set: certificate_set(issued)?,
        })
    }
}

/// Its issuer first, the root last where Vault has served it. What cannot be
/// parsed was not needed for the path.
fn above(issued: &IssuedCertificate) -> Vec<Certificate> {
    let all = issued.intermediates.iter().chain(&issued.root);
    all.filter_map(|der| Certificate::from_der(der.clone()).ok())
        .collect()
}

fn certificate_set(issued: IssuedCertificate) -> Result<CertificateSet, Failure> {
    let private_key = PrivatePkcs8KeyDer::from(issued.private_key().secret_pkcs8_der().to_vec());
    let served_private_key = issued
        .server_key_pem()
        .map(|pem| served(pem.expose_secret()));
    Ok(CertificateSet {
        private_key: Zeroizing::new(private_key),
        served_private_key: served_private_key.transpose()?,
        end_entity: issued.end_entity,
        intermediates: issued.intermediates,
        issuing_ca: issued.issuing_ca,
        ca_chain: issued.ca_chain,
    })
}

fn served(pem: &str) -> Result<Zeroizing<PrivateKeyDer<'static>>, Failure> {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes());
    key.map(Zeroizing::new).map_err(|_| {
        let message = "the private key in Vault's answer is not valid PEM";
        Failure::new("vault.unusable-answer", refresh::FaultKind::Failed, message)
    })
}
