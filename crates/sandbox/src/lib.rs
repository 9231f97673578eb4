//! Stand-ins for Vault PKI, IAM Roles Anywhere, STS, ECR and Kubernetes that check
//! every request.
//!
//! A [`Sandbox`] listens on loopback. It logs clients in, by every login that
//! Vault and OpenBao have for a workload, issues certificates
//! from a certificate authority of its own, opens sessions for them,
//! from role to role, too, and answers who a session is. It gives out tokens
//! for container registries and is those registries, by their real names for
//! whoever comes through its [`Tunnel`]. It has a Kubernetes cluster whose pods log in
//! with their own tokens. Whatever the real services would refuse is
//! refused, with their status and text: a wrong policy, a name that the PKI
//! role does not allow, a tampered signature, a certificate that is unfit, a
//! token of another region.
//! [`verify`] is the pure part of that for `CreateSession`.
//!
//! Nothing here is shared with the code under test: certificates are parsed,
//! requests made canonical and signatures verified by other means. Nothing
//! here stores anything, talks to another host or reads a clock of its own.
//! It is for tests and demonstrations: its secrets guard nothing.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::{Duration, SystemTime};
//! use iamra_sandbox::{Sandbox, Settings};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400);
//! let sandbox = Sandbox::bind(Settings::new(Arc::new(move || noon))).await?;
//! tokio::select! {
//!     () = sandbox.serve() => {}
//!     // Whatever uses the sandbox, with `sandbox.environment()` set.
//!     () = async { assert!(sandbox.vault_url().starts_with("http://127.0.0.1:")) } => {}
//! }
//! # Ok::<(), iamra_sandbox::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod authority;
mod ecr;
mod error;
mod faults;
mod github;
mod imds;
mod jwt;
mod kubernetes;
mod latest;
mod ledger;
mod random;
mod registry;
mod request;
mod roles_anywhere;
mod sandbox;
mod server;
mod settings;
mod signature;
mod sigv4;
mod sts;
mod timestamp;
mod tunnel;
mod vault;

pub use authority::ClientCertificate;
pub use ecr::{EcrAction, EcrDenial, EcrSettings, Repository};
pub use error::Error;
pub use faults::{Fault, FaultEffect, FaultTarget, Faults, InvalidFault};
pub use github::GithubIdTokenRequest;
pub use jwt::JwtClaims;
pub use kubernetes::{Endpoint, Kubernetes, Pod, ServiceAccount};
pub use ledger::{Operation, Outcome, Record, Requests};
pub use request::RequestParts;
pub use roles_anywhere::{
    Granted, IssuerFlaw, Profile, Refusal, Role, RolesAnywhereState, TrustAnchor, verify,
};
pub use sandbox::Sandbox;
pub use settings::{ImdsProfile, InlineAuth, Loopback, Now, Ports, Settings, VaultProfile};
pub use sts::{AssumableRole, IamUser};
pub use tunnel::Tunnel;
pub use vault::{
    AppRole, AppRoleCredentials, CertificateRole, JwtRole, KubernetesRole, PkiRole, Policy,
    RateLimit, TokenRules, User,
};
