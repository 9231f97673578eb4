//! Certificates that AWS would not take, or that are over.

use super::{Explanation, cause, fitness, identity};

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "certificate.unfit",
        meaning: "AWS would refuse the certificate; nobody was asked.",
        causes: &[
            fitness::DIGITAL_SIGNATURE,
            fitness::EXPIRED,
            fitness::CLOCK,
            fitness::CLIENT_AUTH,
            fitness::BASIC_CONSTRAINTS,
            fitness::KEY_TYPE,
            fitness::KEY_BITS,
            fitness::NO_NAME,
            fitness::SOURCE_IDENTITY,
            fitness::ATTRIBUTE,
            fitness::TOO_LARGE,
            fitness::SIGNATURE_HASH,
            fitness::PSS,
            fitness::END_ENTITY,
            fitness::SHORT_LIFE,
            fitness::INTERMEDIATES,
            fitness::ISSUER_MISSING,
            fitness::OTHER_KEY,
            fitness::ISSUER_OUTDATED,
            fitness::ISSUER_NOT_CA,
            fitness::ISSUER_USAGE,
            fitness::PATH_LENGTH,
            fitness::CRITICAL,
            identity::TOO_MANY,
        ],
        check: &[
            "iamra cert check --certificate cert.pem",
            "vault read pki-aws/roles/ROLE",
        ],
        says: &["the certificate cannot be used with Roles Anywhere"],
    },
    Explanation {
        code: "certificate.expired",
        meaning: "The certificate is over, and no other one could be had.",
        causes: &[cause(
            "what issues it has failed for longer than it lasted",
            "mend what the message names as the last failure; certificates of 24 h outlast a night",
        )],
        check: &["iamra doctor", "iamra cert show --certificate cert.pem"],
        says: &[
            "certificate has expired*rolesanywhere",
            "tls: expired certificate",
        ],
    },
    Explanation {
        code: "trust-anchor.invalid",
        meaning: "What is given as the trust anchor's certificate cannot be one.",
        causes: &[
            fitness::ANCHOR_NOT_CA,
            fitness::ANCHOR_OUTDATED,
            fitness::ANCHOR_HASH,
            fitness::ANCHOR_TOO_MANY,
        ],
        check: &[
            "iamra cert trust-anchor",
            "openssl x509 -in ca.pem -noout -ext basicConstraints,keyUsage",
        ],
        says: &[
            "Incorrect basic constraints for CA certificate",
            "ValidationException*CreateTrustAnchor",
        ],
    },
];
