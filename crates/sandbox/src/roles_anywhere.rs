//! IAM Roles Anywhere: `CreateSession`, verified piece by piece, and how an account's
//! trust anchors and profiles are registered.

mod answer;
mod arn;
mod attributes;
mod certificate;
mod chain;
mod granted;
mod parameters;
mod quota;
mod read;
mod refusal;
mod signature;
mod state;
mod verify;

pub(crate) use answer::{granted_answer, refused_answer, request_id_header, throttled_answer};
pub use granted::Granted;
pub(crate) use quota::SessionQuota;
pub(crate) use read::{Registrations, operation};
pub use refusal::{IssuerFlaw, Refusal};
pub use state::{Profile, Role, RolesAnywhereState, TrustAnchor};
pub use verify::verify;
