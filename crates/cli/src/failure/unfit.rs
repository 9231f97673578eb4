use refresh::FaultKind;
use rolesanywhere::{Finding, Severity, Unfitness};

use super::Failure;

/// The failure of a certificate that AWS would refuse; `None` where nothing
/// stands against it.
pub(crate) fn unfit(findings: &[Finding]) -> Option<Failure> {
    let errors: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    let first = errors.first()?;
    let said: Vec<String> = errors
        .iter()
        .map(|finding| finding.unfitness.to_string())
        .collect();
    let message = format!(
        "the certificate cannot be used with Roles Anywhere: {} (AWS would answer: {})",
        said.join("; "),
        first.prevents()
    );
    Some(
        Failure::new("certificate.unfit", FaultKind::Unfit, message)
            .with_hint_if(remedy(&first.unfitness)),
    )
}

/// What to change in the Vault role, or elsewhere, so that the next
/// certificate is fit.
pub(crate) fn remedy(unfitness: &Unfitness) -> Option<&'static str> {
    Some(match unfitness {
        Unfitness::NoDigitalSignature { .. } => "set key_usage=DigitalSignature on the Vault role",
        Unfitness::NoBasicConstraints => {
            "set basic_constraints_valid_for_non_ca=true on the Vault role"
        }
        Unfitness::NoClientAuth { .. } => "set client_flag=true on the Vault role",
        Unfitness::UnsupportedKey { .. } => "set key_type=ec and key_bits=256 on the Vault role",
        Unfitness::ShortKey { .. } => "set key_bits=2048 or more on the Vault role, or key_type=ec",
        Unfitness::NoCommonName => {
            "ask for one with --common-name, and set require_cn=true on the Vault role"
        }
        Unfitness::WeakSignature { .. } => {
            "the CA signs with an outdated hash: set signature_bits=256 on the Vault role, or replace the CA"
        }
        Unfitness::UndocumentedSignature { .. } => "set use_pss=false on the Vault role",
        Unfitness::CertificateAuthority => "give the end-entity certificate, not its issuer's",
        Unfitness::Expired { .. } => "obtain a new one, and check this machine's clock",
        Unfitness::NotYetValid { .. } => "check this machine's clock",
        Unfitness::ExpiresSoon { .. } => {
            "24 h are a good life for a certificate: set ttl=24h on the Vault role"
        }
        Unfitness::UnusableSourceIdentity { .. } => {
            "choose a common name of letters, digits and _+=,.@-"
        }
        Unfitness::UnmappableAttribute { .. } => {
            "choose plainer names, or leave them out; with Vault, exclude_cn_from_sans=true keeps the common name out of the SANs"
        }
        Unfitness::TooLarge { .. } => "ask for fewer names",
        Unfitness::BrokenPath { .. }
        | Unfitness::IntermediateNotValid { .. }
        | Unfitness::IntermediateNotCa { .. } => {
            "give the CAs between the certificate and the trust anchor with --intermediates"
        }
        _ => return None,
    })
}
