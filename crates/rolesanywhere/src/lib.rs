//! IAM Roles Anywhere sessions from X.509 certificates.
//!
//! An [`Identity`] (an end-entity certificate, its intermediates, and a
//! [`Signer`] that holds the key) signs a `CreateSession` request with SigV4
//! X.509; [`RolesAnywhere`] sends it and returns a [`Session`], which converts
//! into [`aws_credential_types::Credentials`]. Before anything is sent,
//! [`Identity::fitness`] says what AWS would refuse about the certificate, and
//! why. [`Sts`] asks who the session is, and assumes other roles with it, or
//! with a token of an identity provider.
//!
//! Signing is a pure function of request, identity and time
//! ([`sigv4_x509`]). Nothing here reads the environment or writes a file.
//!
//! ```no_run
//! use std::sync::Arc;
//! use destination::{Destination, HttpClient};
//! use rolesanywhere::{Identity, PemSources, RolesAnywhere, SessionRequest};
//!
//! # async fn example(certificate: &[u8], key: &[u8]) -> Result<(), rolesanywhere::Error> {
//! let identity = Identity::from_pem(PemSources {
//!     certificate,
//!     private_key: Some(key),
//!     intermediates: None,
//! })?;
//! let request = SessionRequest::new(
//!     "arn:aws:rolesanywhere:eu-west-1:123456789012:trust-anchor/0a1b".parse()?,
//!     "arn:aws:rolesanywhere:eu-west-1:123456789012:profile/2c3d".parse()?,
//!     "arn:aws:iam::123456789012:role/deploy".parse()?,
//! )?;
//! let http = Arc::new(HttpClient::new(Destination::default())?);
//! let session = RolesAnywhere::new(http)
//!     .create_session(&identity, &request)
//!     .await?;
//! println!("{} until {:?}", session.assumed_role_arn, session.expires_at);
//! # Ok(())
//! # }
//! ```

mod arn;
mod caller;
mod certificate;
mod client;
mod clock_skew;
mod create_session;
mod endpoint;
mod error;
mod fitness;
mod identity;
mod pem;
#[cfg(feature = "pkcs11")]
mod pkcs11;
mod pkcs12;
mod private_key;
mod provider;
mod refusal;
mod registered;
mod sender;
mod session;
mod signer;
pub mod sigv4_x509;
mod sts;
mod trust_anchor;

pub use arn::{InvalidArn, ProfileArn, RoleArn, TrustAnchorArn};
pub use certificate::{Certificate, InvalidCertificate, IssuedBy, KeyAlgorithm, SubjectAltName};
pub use client::{ClockSkewPolicy, RolesAnywhere};
pub use clock_skew::ClockSkew;
pub use create_session::{InvalidParameter, RoleSessionName, SessionDuration, SessionRequest};
pub use endpoint::{EndpointUrl, InvalidEndpoint};
pub use error::Error;
pub use fitness::{Finding, Severity, Unfitness};
pub use identity::{Identity, InvalidIdentity, MAX_INTERMEDIATES, PemSources};
#[cfg(feature = "pkcs11")]
pub use pkcs11::{InvalidPkcs11Uri, PinSource, Pkcs11Error, Pkcs11Module, Pkcs11Signer, Pkcs11Uri};
pub use pkcs12::{InvalidPkcs12, Pkcs12};
pub use private_key::{DigestAlgorithm, InvalidPrivateKey, PrivateKey};
pub use provider::{IdentitySource, ObtainIdentity, RolesAnywhereProvider};
pub use refusal::{Refusal, RefusalCause};
pub use registered::{RegisteredProfile, RegisteredTrustAnchor};
pub use session::Session;
pub use signer::{Signer, SigningAlgorithm, SigningError};
pub use sts::{
    AssumeRole, AssumeRoleWithWebIdentity, CallerIdentity, ExternalId, ManagedPolicyArn,
    SessionPolicy, SessionTags, Sts,
};
pub use trust_anchor::{AnchorFlaw, MAX_ANCHOR_CERTIFICATES, PathFlaw, TrustAnchor};
