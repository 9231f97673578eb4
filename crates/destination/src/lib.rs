//! One trust policy per HTTP destination.
//!
//! A process that talks to Vault, to AWS and to a registry must not let the CA
//! certificate, the client certificate or the switched-off check of one reach
//! another. A [`Destination`] holds all that is particular to one peer: its
//! [`Roots`], its [`ClientIdentity`], its [`Proxy`], its deadlines. The
//! [`HttpClient`] made from it
//!
//! - follows no redirect: whoever sends a secret decides where it goes;
//! - answers within a deadline, and reads at most [`BODY_LIMIT`] bytes;
//! - loads the system's root certificates only when the bundled ones do not
//!   know the peer, because reading them costs more than a whole request;
//! - reads CA and client-certificate files again when they change.
//!
//! It does not retry, and it never reads the environment; what the operating
//! system's root store is, `rustls-native-certs` decides.
//!
//! ```no_run
//! use bytes::Bytes;
//! use destination::{Destination, HttpClient, Roots};
//!
//! # async fn example() -> Result<(), destination::Error> {
//! let vault = Destination {
//!     roots: Roots::File("/etc/vault/ca.pem".into()),
//!     ..Destination::default()
//! };
//! let client = HttpClient::new(vault)?;
//! let request = http::Request::get("https://vault.example:8200/v1/sys/health");
//! let response = client.send(request.body(Bytes::new()).expect("a valid request")).await?;
//! assert!(response.status.is_success());
//! # Ok(())
//! # }
//! ```

mod answer_body;
mod client;
mod client_identity;
mod error;
mod failure;
mod proxy;
mod response;
mod roots;
mod server_name;
mod settings;
mod tls;
mod verifier;
mod watched;

pub use answer_body::AnswerBody;
pub use client::HttpClient;
pub use client_identity::ClientIdentity;
pub use error::{CertificateProblem, Error};
pub use proxy::Proxy;
pub use response::{BODY_LIMIT, Response};
pub use roots::Roots;
pub use settings::{Destination, ServerName, Verification};
