//! STS: the sessions that were opened, `GetCallerIdentity` for them, and
//! `AssumeRole` from one to another.

mod action;
mod answer;
mod assume_role;
mod authentication;
mod refusal;
mod role;
mod sessions;

pub(crate) use action::{Sts, operation};
pub(crate) use answer::{error_answer, expired_answer, throttled_answer};
pub(crate) use authentication::Reception;
pub use role::AssumableRole;
pub(crate) use sessions::{SessionCredentials, Sessions};
