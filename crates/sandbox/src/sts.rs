//! STS: the sessions that were opened, `GetCallerIdentity` for them,
//! `AssumeRole` from one to another, `AssumeRoleWithWebIdentity` from a token.

mod action;
mod answer;
mod assume_role;
mod parameters;
mod refusal;
mod role;
mod sessions;
mod user;
mod web_identity;

pub(crate) use action::{Reception, Sts, operation};
pub(crate) use answer::{error_answer, expired_answer, throttled_answer};
pub use role::AssumableRole;
pub(crate) use sessions::{SessionCredentials, Sessions};
pub use user::IamUser;
