//! Pod identity for any cluster: service accounts, their tokens, and the AWS
//! roles that are theirs.
//!
//! Asks nobody anything: tokens come in, and what they say goes out.

mod service_account;

pub use service_account::{ClusterName, CommonNameTooLong, InvalidName, ServiceAccount};
