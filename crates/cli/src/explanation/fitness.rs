//! What to change so that the next certificate is fit for Roles Anywhere.

use super::{Cause, cause};

pub(crate) const DIGITAL_SIGNATURE: Cause = cause(
    "the key usage lacks digitalSignature",
    "set key_usage=DigitalSignature on the Vault role",
);
pub(crate) const BASIC_CONSTRAINTS: Cause = cause(
    "there are no basic constraints",
    "set basic_constraints_valid_for_non_ca=true on the Vault role",
);
pub(crate) const CLIENT_AUTH: Cause = cause(
    "the extended key usage lacks clientAuth",
    "set client_flag=true on the Vault role",
);
pub(crate) const KEY_TYPE: Cause = cause(
    "the key is of a kind that cannot sign for Roles Anywhere",
    "set key_type=ec and key_bits=256 on the Vault role",
);
pub(crate) const KEY_BITS: Cause = cause(
    "the RSA key is too short",
    "set key_bits=2048 or more on the Vault role, or key_type=ec",
);
pub(crate) const NO_NAME: Cause = cause(
    "there is no common name",
    "ask for one with --common-name, and set require_cn=true on the Vault role",
);
pub(crate) const SIGNATURE_HASH: Cause = cause(
    "the CA signs with an outdated hash",
    "the CA signs with an outdated hash: set signature_bits=256 on the Vault role, or replace the CA",
);
pub(crate) const PSS: Cause = cause(
    "the CA signs with RSASSA-PSS",
    "set use_pss=false on the Vault role",
);
pub(crate) const END_ENTITY: Cause = cause(
    "the certificate is a CA's",
    "give the end-entity certificate, not its issuer's",
);
pub(crate) const EXPIRED: Cause = cause(
    "the certificate is over",
    "obtain a new one, and check this machine's clock",
);
pub(crate) const CLOCK: Cause = cause(
    "the certificate is not valid yet",
    "check this machine's clock",
);
pub(crate) const SHORT_LIFE: Cause = cause(
    "the certificate is over soon",
    "24 h are a good life for a certificate: set ttl=24h on the Vault role",
);
pub(crate) const SOURCE_IDENTITY: Cause = cause(
    "the common name cannot be a source identity",
    "choose a common name of letters, digits and _+=,.@-",
);
pub(crate) const ATTRIBUTE: Cause = cause(
    "a name cannot be a session tag",
    "choose plainer names, or leave them out; with Vault, exclude_cn_from_sans=true keeps the common name out of the SANs",
);
pub(crate) const TOO_LARGE: Cause = cause("the certificate is too large", "ask for fewer names");
pub(crate) const ISSUER_USAGE: Cause = cause(
    "the issuer's extended key usage forbids clients",
    "have the issuer signed without extended key usages, or with clientAuth among them",
);
pub(crate) const INTERMEDIATES: Cause = cause(
    "a CA between the certificate and the trust anchor is missing",
    "give the CAs between the certificate and the trust anchor with --intermediates",
);
pub(crate) const ANCHOR_NOT_CA: Cause = cause(
    "the trust anchor's certificate is no CA's",
    "register a CA certificate with CA:TRUE and keyCertSign: iamra cert trust-anchor prints the issuer's",
);
pub(crate) const ANCHOR_HASH: Cause = cause(
    "the trust anchor's certificate is signed with an outdated hash",
    "have the CA signed anew with SHA-256 or stronger",
);
pub(crate) const ANCHOR_OUTDATED: Cause = cause(
    "the trust anchor's certificate is over, or not yet valid",
    "register the issuer's present certificate, and check this machine's clock: iamra cert trust-anchor prints it",
);
pub(crate) const ANCHOR_TOO_MANY: Cause = cause(
    "the trust anchor holds too many certificates",
    "register the issuer in use and its successor only; more CAs are more trust anchors",
);
pub(crate) const ISSUER_MISSING: Cause = cause(
    "nobody has issued it whom the trust anchor knows",
    "give the CAs in between with --intermediates, or register this issuer as the trust anchor: iamra cert trust-anchor prints it",
);
pub(crate) const OTHER_KEY: Cause = cause(
    "the CA of that name has another key",
    "the CA has changed its key: register its new certificate beside the old one (iamra cert trust-anchor --bundle), or send the one that signed with --intermediates",
);
pub(crate) const ISSUER_OUTDATED: Cause = cause(
    "a CA on the path is over",
    "rotate the CA, or check this machine's clock; nothing below an expired CA is trusted",
);
pub(crate) const ISSUER_NOT_CA: Cause = cause(
    "an issuer on the path is no CA",
    "have the issuer signed as a CA, with CA:TRUE and keyCertSign (in Vault: root/sign-intermediate)",
);
pub(crate) const PATH_LENGTH: Cause = cause(
    "a CA on the path allows fewer CAs below it",
    "have a CA above signed with a larger max_path_length, or register the issuer itself as the trust anchor",
);
pub(crate) const CRITICAL: Cause = cause(
    "a CA on the path has a critical extension that nobody knows",
    "have that CA signed without the extension",
);
