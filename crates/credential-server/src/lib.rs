//! Hands AWS credentials to SDKs over HTTP.
//!
//! Two doors that every AWS SDK knows by itself: the instance metadata service
//! as EC2 has it ([IMDSv2]), and the [container credential] endpoint. Where the
//! credentials come from is the caller's: a [`Broker`] is asked for them with the
//! [`Caller`] and the [`Door`], and answers with a [`HandOut`] or a [`Refusal`].
//! The second one also in the [`Manner`] of the EKS Pod Identity agent, whose
//! callers show the token of their service account.
//! [`CredentialServer::serve`] answers on any number of [`Listener`]s (TCP, TLS,
//! Unix sockets) for as long as it is awaited.
//!
//! What a stranger sends is refused before the broker hears of it: a foreign
//! `Host` (DNS rebinding), whatever a proxy forwards, what a browser sends to a
//! door without a token, requests without the token that they need, and every
//! shape that two parsers might read in two ways. Connections, heads and waits
//! are bounded, and at the bound the connection that is idle longest goes.
//!
//! It does not obtain, refresh or cache credentials, decides no policy, binds no
//! socket, reads no file and no environment, and starts no task.
//!
//! [IMDSv2]: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
//! [container credential]: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
//!
//! ```no_run
//! use std::sync::Arc;
//! use credential_server::{
//!     Broker, Caller, CredentialRequest, CredentialServer, Doors, HandOut, Instance, Listener,
//!     Refusal, Settings,
//! };
//! use refresh::SystemClock;
//!
//! struct OneRole(Arc<HandOut>);
//!
//! impl Broker for OneRole {
//!     async fn credentials(&self, _: &CredentialRequest<'_>) -> Result<Arc<HandOut>, Refusal> {
//!         Ok(self.0.clone())
//!     }
//!     async fn instance(&self, _: &Caller<'_>) -> Result<Arc<Instance>, Refusal> {
//!         Ok(Arc::new(Instance { role: "app".to_owned(), ..Instance::default() }))
//!     }
//! }
//!
//! # async fn example(hand_out: Arc<HandOut>) -> Result<(), Box<dyn std::error::Error>> {
//! let server = CredentialServer::new(OneRole(hand_out), Arc::new(SystemClock), Settings::default())?;
//! let socket = tokio::net::TcpListener::bind("127.0.0.1:9911").await?;
//! server.serve(vec![Listener::tcp(socket, Doors::IMDS)]).await;
//! # Ok(())
//! # }
//! ```

mod answer;
mod broker;
mod caller;
mod container;
mod counters;
mod error;
mod guard;
mod hand_out;
mod host;
mod imds;
mod listener;
mod pod_identity;
mod presented;
mod refusal;
mod route;
mod server;
mod settings;

pub use broker::{Broker, CredentialRequest, Door, HandedOut};
pub use caller::{Caller, Peer};
pub use counters::{Counters, Entrance, Outcome};
pub use error::Error;
pub use hand_out::{HandOut, Incomplete};
pub use host::{HostName, InvalidHostName};
pub use imds::{ImdsPath, Instance};
pub use listener::{ContainerAccess, Doors, Listener};
pub use presented::Presented;
pub use refusal::Refusal;
pub use route::{Authorization, ContainerRoute, ErrorFormat, TokenSource};
pub use server::CredentialServer;
pub use settings::{Limits, Manner, Settings};
