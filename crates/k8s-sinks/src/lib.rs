//! Deliver credentials and certificates to where their users look for them.
//!
//! A sink takes one value and makes the outside world show it: completely, or
//! not at all, and without touching anything when it is shown already. Each
//! delivery to a file ends in a [`Receipt`]. The [`file`](mod@file) module has the sinks
//! that are files: profiles of the AWS shared credentials and config files, and
//! certificate sets. With the feature `kubernetes`, the module of that name has those
//! that are Secrets of a cluster, and what keeps them in all of its namespaces.
//!
//! The crate does not obtain what it delivers, and reads neither the environment nor
//! argv. It starts no task: whatever watches does so for as long as it is awaited.
//!
//! ```
//! use k8s_sinks::file::{CredentialsFile, ProfileCredentials, ProfileName};
//! use private_file::Options;
//! # let home = tempfile::tempdir().unwrap();
//! # let path = home.path().join(".aws/credentials");
//!
//! let options = Options::new().create_folder();
//! let sink = CredentialsFile::new(path, ProfileName::default(), options);
//! let receipt = sink.deliver(&ProfileCredentials {
//!     access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
//!     secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
//!     session_token: "IQoJb3JpZ2luX2VjEXAMPLE".into(),
//! })?;
//! assert!(receipt.changed);
//! # Ok::<(), k8s_sinks::Error>(())
//! ```

mod error;
mod receipt;

pub mod file;
#[cfg(feature = "kubernetes")]
pub mod kubernetes;

pub use error::{Error, Problem};
pub use receipt::{Receipt, Warning};
