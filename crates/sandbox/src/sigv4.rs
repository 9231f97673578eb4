//! Signature Version 4 from the receiving side: the header's grammar, the
//! canonical request and the clock, for Roles Anywhere, STS and ECR; who signed
//! by a secret, for the latter two.

mod authentication;
mod authorization;
mod canonical;
mod clock;

pub(crate) use authentication::{Expected, Signed, Unauthentic, authenticate};
pub(crate) use authorization::{Authorization, Scope};
pub(crate) use canonical::{canonical_request, hex_sha256, string_to_sign};
pub(crate) use clock::{Skew, check_clock};
