use refresh::FaultKind;
use rolesanywhere::{AnchorFlaw, Finding, PathFlaw, Severity, Unfitness};

use super::Failure;
use crate::explanation::{fitness, identity};

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
    let cause = match unfitness {
        Unfitness::NoDigitalSignature { .. } => fitness::DIGITAL_SIGNATURE,
        Unfitness::NoBasicConstraints => fitness::BASIC_CONSTRAINTS,
        Unfitness::NoClientAuth { .. } => fitness::CLIENT_AUTH,
        Unfitness::UnsupportedKey { .. } => fitness::KEY_TYPE,
        Unfitness::ShortKey { .. } => fitness::KEY_BITS,
        Unfitness::NoCommonName => fitness::NO_NAME,
        Unfitness::WeakSignature { .. } => fitness::SIGNATURE_HASH,
        Unfitness::UndocumentedSignature { .. } => fitness::PSS,
        Unfitness::CertificateAuthority => fitness::END_ENTITY,
        Unfitness::Expired { .. } => fitness::EXPIRED,
        Unfitness::NotYetValid { .. } => fitness::CLOCK,
        Unfitness::ExpiresSoon { .. } => fitness::SHORT_LIFE,
        Unfitness::UnusableSourceIdentity { .. } => fitness::SOURCE_IDENTITY,
        Unfitness::UnmappableAttribute { .. } => fitness::ATTRIBUTE,
        Unfitness::TooLarge { .. } => fitness::TOO_LARGE,
        Unfitness::IssuerNotForClients { .. } => fitness::ISSUER_USAGE,
        Unfitness::BrokenPath { .. }
        | Unfitness::IntermediateNotValid { .. }
        | Unfitness::IntermediateNotCa { .. } => fitness::INTERMEDIATES,
        Unfitness::Untrusted(flaw) => return path_remedy(flaw),
        Unfitness::TrustAnchor { flaw, .. } => match flaw {
            AnchorFlaw::NotCa | AnchorFlaw::MayNotSign => fitness::ANCHOR_NOT_CA,
            AnchorFlaw::WeakSignature { .. } => fitness::ANCHOR_HASH,
            _ => fitness::ANCHOR_OUTDATED,
        },
        Unfitness::TooManyAnchorCertificates { .. } => fitness::ANCHOR_TOO_MANY,
        _ => return None,
    };
    Some(cause.fix)
}

/// What leads to the trust anchor again.
fn path_remedy(flaw: &PathFlaw) -> Option<&'static str> {
    let cause = match flaw {
        PathFlaw::IssuerMissing { .. } => fitness::ISSUER_MISSING,
        PathFlaw::OtherKey { .. } => fitness::OTHER_KEY,
        PathFlaw::WeakSignature { .. } => fitness::SIGNATURE_HASH,
        PathFlaw::UnverifiableSignature { .. } => fitness::PSS,
        PathFlaw::IssuerNotValid { .. } => fitness::ISSUER_OUTDATED,
        PathFlaw::IssuerNotCa { .. } | PathFlaw::IssuerMayNotSign { .. } => fitness::ISSUER_NOT_CA,
        PathFlaw::PathTooLong { .. } => fitness::PATH_LENGTH,
        PathFlaw::NotValid { .. } => fitness::EXPIRED,
        PathFlaw::CriticalExtension { .. } => fitness::CRITICAL,
        PathFlaw::TooManyIntermediates { .. } => identity::TOO_MANY,
        _ => return None,
    };
    Some(cause.fix)
}
