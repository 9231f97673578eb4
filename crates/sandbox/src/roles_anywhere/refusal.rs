use std::time::Duration;

/// The check that a request did not pass.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not `POST /sessions`.
    #[error("no such operation")]
    UnknownOperation,
    /// No `Authorization`, or more than one.
    #[error("there is no single Authorization header")]
    AuthorizationMissing,
    /// `Authorization` does not follow the grammar.
    #[error("the {part} of the Authorization header is malformed")]
    AuthorizationMalformed {
        /// The part at fault.
        part: &'static str,
    },
    /// An algorithm that is not verified here; `AWS4-X509-MLDSA` is one.
    #[error("the algorithm {algorithm} is not supported")]
    UnsupportedAlgorithm {
        /// As the request names it.
        algorithm: String,
    },
    /// The algorithm is that of another kind of key than the certificate's.
    #[error("the algorithm {algorithm} is not that of the certificate's key")]
    AlgorithmMismatch {
        /// As the request names it.
        algorithm: String,
    },
    /// The credential is not the certificate's serial number in decimal.
    #[error("the credential is not the decimal serial number of the certificate")]
    SerialMismatch,
    /// The credential scope's date is not that of `X-Amz-Date`.
    #[error("the credential scope has another date than X-Amz-Date")]
    ScopeDate,
    /// The credential scope names another region.
    #[error("the credential scope has another region")]
    ScopeRegion,
    /// The credential scope is not for `rolesanywhere`.
    #[error("the credential scope has another service")]
    ScopeService,
    /// The credential scope does not end with `aws4_request`.
    #[error("the credential scope does not end with aws4_request")]
    ScopeTerminator,
    /// The signed headers are not sorted, or one is named twice.
    #[error("the signed headers are not sorted")]
    SignedHeadersUnsorted,
    /// A header must be signed and is not.
    #[error("the header {name} must be signed")]
    HeaderUnsigned {
        /// The header.
        name: &'static str,
    },
    /// A header is said to be signed but did not come.
    #[error("the signed header {name} is missing")]
    SignedHeaderMissing {
        /// The header.
        name: String,
    },
    /// A header that must come once came never, twice or unreadable.
    #[error("there is no single header {name}")]
    HeaderMissing {
        /// The header.
        name: &'static str,
    },
    /// `X-Amz-Date` is not of the form `YYYYMMDDThhmmssZ`.
    #[error("X-Amz-Date is malformed")]
    DateMalformed,
    /// `X-Amz-Date` is more than five minutes ago.
    #[error("{message}")]
    SignatureExpired {
        /// AWS's sentence.
        message: String,
    },
    /// `X-Amz-Date` is more than five minutes ahead.
    #[error("{message}")]
    SignatureNotYetCurrent {
        /// AWS's sentence.
        message: String,
    },
    /// The signature is not lower-case hexadecimal.
    #[error("the signature is not lower-case hexadecimal")]
    SignatureMalformed,
    /// The signature is not that of this request by this certificate's key.
    #[error("the signature does not match")]
    SignatureMismatch,
    /// `X-Amz-X509` is longer than 16 KiB.
    #[error("the certificate is too large")]
    CertificateTooLarge,
    /// `X-Amz-X509` is not one certificate in DER and standard base64.
    #[error("the certificate is malformed")]
    CertificateMalformed,
    /// Not X.509 v3.
    #[error("the certificate is not X.509 v3")]
    CertificateVersion,
    /// `notAfter` has passed.
    #[error("the certificate has expired")]
    CertificateExpired,
    /// `notBefore` is still to come.
    #[error("the certificate is not valid yet")]
    CertificateNotYetValid,
    /// Basic constraints say CA.
    #[error("the certificate is that of a certificate authority")]
    CertificateIsAuthority,
    /// Key usage is missing or lacks `digitalSignature`.
    #[error("the certificate's key usage lacks digitalSignature")]
    CertificateKeyUsage,
    /// Signed with MD5, SHA-1 or SHA-224.
    #[error("the certificate is signed with a weak hash")]
    CertificateSignatureWeak,
    /// A key that cannot sign for Roles Anywhere: Ed25519, a short RSA key.
    #[error("the certificate's key is not supported")]
    CertificateKeyUnsupported,
    /// An attribute of the certificate cannot become a session tag.
    #[error("the attribute {attribute} cannot be a session tag")]
    AttributeUnmappable {
        /// Such as `Subject: CN`.
        attribute: String,
    },
    /// `X-Amz-X509-Chain` is not base64 DER certificates with commas between.
    #[error("the chain is malformed")]
    ChainMalformed,
    /// More than five certificates.
    #[error("the chain has {count} certificates, more than 5")]
    ChainTooLong {
        /// How many came.
        count: usize,
    },
    /// No path from the certificate to the trust anchor.
    #[error("the certificate does not lead to the trust anchor")]
    Untrusted {
        /// What kept the best candidate for an issuer from being one.
        nearest: Option<IssuerFlaw>,
    },
    /// A body of another type than JSON.
    #[error("the content type is not JSON")]
    ContentType,
    /// The body is not a JSON object.
    #[error("the body is not a JSON object")]
    BodyMalformed,
    /// A parameter has the wrong type, or came twice with different values.
    #[error("the parameter {parameter} is malformed")]
    ParameterMalformed {
        /// Its name.
        parameter: &'static str,
    },
    /// A parameter is missing or empty.
    #[error("the parameter {parameter} is missing")]
    ParameterMissing {
        /// Its name.
        parameter: &'static str,
    },
    /// Not the ARN of such a resource.
    #[error("the parameter {parameter} is not such an ARN")]
    ArnMalformed {
        /// Its name.
        parameter: &'static str,
    },
    /// An ARN of another partition.
    #[error("the parameter {parameter} is of another partition")]
    PartitionMismatch {
        /// Its name.
        parameter: &'static str,
    },
    /// An ARN of another region.
    #[error("the parameter {parameter} is of another region")]
    RegionMismatch {
        /// Its name.
        parameter: &'static str,
    },
    /// There is no such trust anchor.
    #[error("there is no such trust anchor")]
    TrustAnchorNotFound,
    /// The trust anchor is disabled.
    #[error("the trust anchor is disabled")]
    TrustAnchorDisabled,
    /// There is no such profile.
    #[error("there is no such profile")]
    ProfileNotFound,
    /// The profile is disabled.
    #[error("the profile is disabled")]
    ProfileDisabled,
    /// The profile does not list the role.
    #[error("the profile does not have the role")]
    RoleNotInProfile,
    /// The role does not exist, or does not trust Roles Anywhere, or not with this
    /// common name.
    #[error("the role {role_arn} cannot be assumed")]
    RoleNotAssumable {
        /// The role.
        role_arn: String,
    },
    /// Not 900 to 43 200 seconds.
    #[error("{seconds} s is not between 900 and 43200")]
    DurationOutOfRange {
        /// What was asked.
        seconds: i64,
    },
    /// Longer than the role allows.
    #[error("{} s is longer than the role allows", .duration.as_secs())]
    DurationBeyondRole {
        /// What would have been granted.
        duration: Duration,
    },
    /// The profile does not accept session names.
    #[error("the profile does not accept session names")]
    SessionNameNotAccepted,
    /// Not `[\w+=,.@-]{2,64}`.
    #[error("the session name is malformed")]
    SessionNameMalformed,
    /// The profile requires instance properties.
    #[error("the profile requires instance properties")]
    InstancePropertiesRequired,
}

/// What kept a certificate with the right name from being the issuer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum IssuerFlaw {
    /// It did not sign.
    Signature,
    /// It signed with a weak hash.
    WeakHash,
    /// It is outside its validity.
    Validity,
    /// Basic constraints do not say CA.
    NotAnAuthority,
    /// Key usage lacks `keyCertSign`.
    KeyUsage,
    /// It has a critical extension that is not known.
    CriticalExtension,
    /// More intermediates than its path length allows.
    PathLength,
}
