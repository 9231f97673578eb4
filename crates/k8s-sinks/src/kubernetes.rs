//! Secrets of a Kubernetes cluster.
//!
//! A [`SecretSink`] brings a [`Content`] into the Secrets of one name: it creates
//! what is not there, changes in place what is ours, and leaves alone what is
//! somebody else's, but for what [`OnForeign`] allows. What such a Secret is, a
//! [`SecretForm`] says; what is in it comes from the caller.
//!
//! For pod identity, a [`Cluster`] also looks things up: whose a token is, what a
//! service account or a pod says of itself, where a Service is ([`EndpointSlices`]),
//! and by which certificates a webhook is known.
//!
//! Requests are built by kube's core, and go over a [`destination::HttpClient`].

mod account_facts;
mod admission_policy;
mod authorization;
mod cluster;
mod content;
mod controller;
mod endpoint_slice;
mod error;
mod event;
mod form;
mod gate;
mod kept_secret;
mod lease;
mod leftovers;
mod limits;
mod marks;
mod micro_time;
mod names;
mod own_secrets;
mod pod;
mod pod_facts;
mod pod_list;
mod pod_proxy;
mod refusal;
mod resource;
mod review;
mod secret_document;
mod secret_sink;
mod secret_spec;
mod service_account;
mod signing_keys;
mod sweep;
mod targets;
mod token_request;
mod token_review;
mod watch;
mod webhook_configuration;
mod wiped_json;

pub use account_facts::AccountFacts;
pub use admission_policy::PolicyState;
pub use authorization::{Authorization, NoAuthorization, Token, TokenFile};
pub use cluster::Cluster;
pub use content::{Content, SecretData};
pub use controller::{Controller, Happened, Standing, Witness};
pub use endpoint_slice::{Endpoint, EndpointSlices};
pub use error::{Error, ForeignReason, Right};
pub use event::{Events, Notice, Regarding, Severity};
pub use form::{OnForeign, SecretForm};
pub use kept_secret::{Kept, KeptSecret, KeptVersion};
pub use lease::{Election, LeaseTimes};
pub use limits::{Limits, Turn};
pub use marks::{
    CONFIG, CONTENT_ID, EXPIRES_AT, MANAGED_BY, MANAGER, REFRESHED_AT, SCHEMA, SCHEMA_VERSION,
    Seen, TOKEN_TYPE,
};
pub use own_secrets::{OwnSecret, OwnSecrets};
pub use pod::Pod;
pub use pod_facts::{PodContainer, PodFacts, PodMount, TokenVolume};
pub use pod_list::ListedPod;
pub use pod_proxy::PodAddress;
pub use secret_sink::{Delivered, Found, Outcome, SecretSink};
pub use secret_spec::SecretSpec;
pub use service_account::{Attached, SeenServiceAccount, ServiceAccounts};
pub use sweep::Sweep;
pub use targets::{Pattern, Targets};
pub use token_review::{BoundPod, Reviewed, User};
pub use webhook_configuration::WebhookCaBundle;
