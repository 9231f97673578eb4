//! What a mutating admission webhook does with a pod: reviews in, answers out.
//!
//! [`AdmissionRequest`] reads a review, [`AccountAnnotations`], [`PodAnnotations`]
//! and [`UpstreamIdentities`] say what is wanted, [`Injection`] makes the
//! operations, and [`AdmissionAnswer`] writes them. Who has a role, and where
//! service accounts come from, is the caller's business.
//!
//! The variables, the token and the annotations are those of the
//! [EKS Pod Identity webhook](https://github.com/aws/amazon-eks-pod-identity-webhook),
//! in its mode for container credentials. What differs, and why:
//!
//! | there | here |
//! |---|---|
//! | whole lists of containers are replaced, as the types of its version know them | only what is missing is added, so fields that are newer than we are stay |
//! | the volume is the first, and added even if nothing mounts it | it is the last, and added if something mounts it |
//! | every container that is not skipped gets the mount | only one that gets the variables, or whose own variable names the token's file |
//! | variables are the pod's own if it has the URI or the token's file | also if it has `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `AWS_CONTAINER_AUTHORIZATION_TOKEN`, which SDKs would mix with ours |
//! | a mount of the volume elsewhere is taken for the mount, and the variable names a file that is not there | the volume is mounted where the variable says, too |
//! | a volume of the same name is taken for the token's, whatever it is | nothing of the credentials is injected, with a warning: the files of a stranger's volume would be shown to every container |
//! | a mount of another volume at the path makes a pod that the API server refuses | that container is left without credentials, with a warning; a token of ours in a volume of another name is taken |
//! | the label is set anew each time, and replaces another value | it is added with credentials, and a value that is there stays |
//! | Windows by the node selector | by `spec.os.name`, too |
//! | `skip-containers` is CSV; a blank after a comma belongs to the name | blanks around names do not count |
//! | an annotation that cannot be read is logged by the webhook | it is a warning, which `kubectl` shows |
//! | `audience` counts for web identity only | it counts |
//! | an empty `audience` is asked for, and gives a token for the API server | it is a warning, and the default holds |
//! | a role's ARN that is none is used | it is a warning, and the account counts as one without; names instead of ARNs are not completed |
//! | lifetimes over 2³² seconds make a pod that the API server refuses | they are the longest that it takes |
//! | what is no pod is refused | it is allowed as it is, with a warning; what cannot be read is an error, for which the `failurePolicy` is there |
//! | reviews without a version are answered | the API server sends none; they are an error |
//! | operations are the rules' business | only creations are patched: a pod's spec cannot be changed later |
//! | a pod without an account's name has no role | its account is `default`; mirror pods, which have none, are left alone |
//!
//! As there: what `envFrom` brings is not seen, so a variable of ours comes
//! before one from there; ephemeral containers are not touched.

mod annotations;
mod expiration;
mod identities;
mod injection;
mod patch;
mod pod;
mod review;
mod skipped_containers;
mod warning;

pub use annotations::{AccountAnnotations, AnnotationDomain, PodAnnotations};
pub use expiration::TokenExpiration;
pub use identities::{InvalidIdentities, UpstreamIdentities};
pub use injection::{AgentForm, Form, Injection, SidecarForm, TokenVolume};
pub use patch::{PatchOperation, PodPatch};
pub use review::{AdmissionAnswer, AdmissionRequest, InvalidReview, Operation, ReviewVersion};
pub use skipped_containers::SkippedContainers;
pub use warning::Warning;
