//! ECR and its registries, with programs that others made: who asks for tokens,
//! who takes our logins, and who judges what we print.

mod docker;
mod host_names;
mod kubelet;
mod moto;
mod pull;
mod registry;
mod replaced;
mod skopeo;
mod stage;
mod stranger;

/// The sandbox's own registry.
const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
