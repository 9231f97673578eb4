//! Pod identity for any cluster: service accounts, their tokens, and the AWS
//! roles that are theirs.
//!
//! A pod shows the projected token of its [`ServiceAccount`]. [`PodToken`] reads
//! it, with the words of the EKS Pod Identity agent where that would refuse it;
//! [`SigningKeys`] say whether the cluster has signed it. An [`Association`]
//! names the role, and [`ServiceAccount::common_name`] the certificate that the
//! role's trust policy looks at. Where several brokers share the accounts of a
//! cluster, [`ranked`] says which one holds which. An [`Injection`] patches pods
//! that a webhook is asked about, so that SDKs in them find the agent.
//!
//! It asks nobody anything, starts nothing, and reads no clock and no
//! environment: tokens, documents and times come in, and what they say goes out.
//!
//! ```
//! use pod_identity::{ClusterName, ServiceAccount};
//!
//! let account: ServiceAccount = "shop/web".parse()?;
//! let cluster: ClusterName = "c1.example".parse()?;
//! assert_eq!(account.common_name(&cluster)?, "web.shop.pods.c1.example");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admission;
mod association;
mod rendezvous;
mod service_account;
mod signing_keys;
mod token;

pub use admission::{
    AccountAnnotations, AdmissionAnswer, AdmissionRequest, AgentForm, AnnotationDomain, Form,
    Injection, InvalidIdentities, InvalidReview, Operation, PatchOperation, PodAnnotations,
    PodPatch, ReviewVersion, SidecarForm, SkippedContainers, TokenExpiration, TokenVolume,
    UpstreamIdentities, Warning,
};
pub use association::{Association, Associations, InvalidAssociations};
pub use rendezvous::ranked;
pub use service_account::{ClusterName, CommonNameTooLong, InvalidName, ServiceAccount};
pub use signing_keys::{InvalidKeySet, SigningKeys};
pub use token::{BoundPod, Fingerprint, PodToken, TokenFault};
