use clap::Command;
use k8s_sinks::file::CertificateSet;
use rolesanywhere::Finding;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::ExposeSecret as _;
use vault_pki::IssuedCertificate;
use zeroize::Zeroizing;

use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, unfit};
use crate::identity::warn;
use crate::setting::with_settings;
use crate::vault::{self, VaultPipeline};
use crate::{files, settings};

pub(crate) fn command() -> Command {
    verb(
        "issue",
        "Obtain a certificate from Vault and write it and its key into files",
        |command| {
            with_settings(
                command,
                &[
                    &settings::CERTIFICATE_FILES,
                    &settings::FILE_MODES,
                    &settings::CERTIFICATE_REQUEST,
                    &settings::VAULT_LOGIN,
                    &settings::VAULT_CONNECTION,
                    &settings::PROXIES,
                ],
            )
        },
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    // Everything that can be wrong here is said before anybody is called.
    let sink = files::certificate_sink(context)?;
    let pipeline = VaultPipeline::new(context)?;
    let obtained = obtain(context, &pipeline).await;
    pipeline.finish().await;
    files::delivered(&sink.deliver(&obtained?)?);
    Ok(Exit::Done)
}

/// A certificate that AWS would refuse is not written: what is on disk may
/// still be good.
async fn obtain(
    context: &Context<'_>,
    pipeline: &VaultPipeline,
) -> Result<CertificateSet, Failure> {
    let issued = pipeline.obtain(context.now()).await?;
    let identity = vault::identity(&issued)?;
    let findings: Vec<Finding> = identity.fitness(context.now());
    warn(&findings);
    match unfit(&findings) {
        Some(failure) => Err(failure),
        None => certificate_set(issued),
    }
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
