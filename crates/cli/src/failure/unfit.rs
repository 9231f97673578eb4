use refresh::FaultKind;
use rolesanywhere::{AnchorFlaw, Finding, PathFlaw, Severity, Unfitness};

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
        Unfitness::IssuerNotForClients { .. } => {
            "have the issuer signed without extended key usages, or with clientAuth among them"
        }
        Unfitness::BrokenPath { .. }
        | Unfitness::IntermediateNotValid { .. }
        | Unfitness::IntermediateNotCa { .. } => {
            "give the CAs between the certificate and the trust anchor with --intermediates"
        }
        Unfitness::Untrusted(flaw) => return path_remedy(flaw),
        Unfitness::TrustAnchor { flaw, .. } => match flaw {
            AnchorFlaw::NotCa | AnchorFlaw::MayNotSign => {
                "register a CA certificate with CA:TRUE and keyCertSign: iamra cert trust-anchor prints the issuer's"
            }
            AnchorFlaw::WeakSignature { .. } => "have the CA signed anew with SHA-256 or stronger",
            _ => {
                "register the issuer's present certificate, and check this machine's clock: iamra cert trust-anchor prints it"
            }
        },
        Unfitness::TooManyAnchorCertificates { .. } => {
            "register the issuer in use and its successor only; more CAs are more trust anchors"
        }
        _ => return None,
    })
}

/// What leads to the trust anchor again.
fn path_remedy(flaw: &PathFlaw) -> Option<&'static str> {
    Some(match flaw {
        PathFlaw::IssuerMissing { .. } => {
            "give the CAs in between with --intermediates, or register this issuer as the trust anchor: iamra cert trust-anchor prints it"
        }
        PathFlaw::OtherKey { .. } => {
            "the CA has changed its key: register its new certificate beside the old one (iamra cert trust-anchor --bundle), or send the one that signed with --intermediates"
        }
        PathFlaw::WeakSignature { .. } => {
            "the CA signs with an outdated hash: set signature_bits=256 on the Vault role, or replace the CA"
        }
        PathFlaw::UnverifiableSignature { .. } => "set use_pss=false on the Vault role",
        PathFlaw::IssuerNotValid { .. } => {
            "rotate the CA, or check this machine's clock; nothing below an expired CA is trusted"
        }
        PathFlaw::IssuerNotCa { .. } | PathFlaw::IssuerMayNotSign { .. } => {
            "have the issuer signed as a CA, with CA:TRUE and keyCertSign (in Vault: root/sign-intermediate)"
        }
        PathFlaw::PathTooLong { .. } => {
            "have a CA above signed with a larger max_path_length, or register the issuer itself as the trust anchor"
        }
        PathFlaw::NotValid { .. } => "obtain a new one, and check this machine's clock",
        PathFlaw::CriticalExtension { .. } => "have that CA signed without the extension",
        PathFlaw::TooManyIntermediates { .. } => {
            "register an intermediate as the trust anchor; then only those below it are sent"
        }
        _ => return None,
    })
}
