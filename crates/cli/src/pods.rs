//! Pod identity: which pod gets which role's credentials, on the node that it
//! runs on. The protocol is `credential_server`'s, tokens and names are
//! `pod_identity`'s.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pod_identity::{ClusterName, ServiceAccount};
use refresh::FaultKind;

use crate::context::Context;
use crate::explanation;
use crate::failure::Failure;
use crate::resolved::Resolved;

mod account;
mod accounts;
mod aws;
mod broker;
mod broker_tls;
mod brokers;
mod callers;
mod copies;
mod directory;
mod endpoint;
mod errand;
mod flown;
mod holders;
mod injected;
mod link;
mod metrics;
mod pace;
mod plan;
mod proof;
mod refusals;
mod rehearsal;
mod replicas;
mod roles;
mod roster;
mod sharing;
mod siblings;
mod silence;
mod standing;
mod survey;
mod transport;
mod turns;
mod vault;
mod verifier;
mod viewers;
mod watched;
mod webhook;

pub(crate) use broker::PodBroker;
pub(crate) use brokers::Brokers;
pub(crate) use endpoint::PodEndpoint;
pub(crate) use injected::Injected;
pub(crate) use link::NodeLink;
pub(crate) use plan::Plan;
pub(crate) use rehearsal::Rehearsal;
pub(crate) use roles::{Roles, Said};
pub(crate) use roster::{Known, Roster};
pub(crate) use siblings::Siblings;
pub(crate) use standing::{Standing, standings};
pub(crate) use survey::{Survey, agents, agents_and_brokers};
pub(crate) use transport::Transport;
pub(crate) use webhook::PodWebhook;

/// Refuses settings with which no agent would begin; asks nobody.
pub(crate) fn check(context: &Context<'_>) -> Result<(), Failure> {
    let plan = Plan::new(context)?;
    aws::PodAws::new(context)?;
    vault::PodVault::new(context, plan.cluster)?;
    Ok(())
}

/// The list of roles, where there is one that can be read.
pub(crate) fn associations(context: &Context<'_>) -> Result<Option<String>, Failure> {
    let file = context.settings.path("associations")?;
    file.map(|file| directory::checked(&file)).transpose()
}

/// What EKS's webhook has tokens made for.
pub(crate) const POD_AUDIENCE: &str = "pods.eks.amazonaws.com";

/// Where pods find the agent of EKS: what SDKs speak plain HTTP to.
const ADDRESSES: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];

/// A number of at least one.
fn positive(settings: &Resolved<'_>, name: &'static str) -> Result<Option<u32>, Failure> {
    let Some(sourced) = settings.sourced(name)? else {
        return Ok(None);
    };
    match sourced.value.trim().parse() {
        Ok(number @ 1..) => Ok(Some(number)),
        _ => Err(sourced
            .origin
            .invalid("it must be a whole number, 1 or more")),
    }
}

/// What certificates call an account's pods.
fn common_name(account: &ServiceAccount, cluster: &ClusterName) -> Result<String, Failure> {
    account.common_name(cluster).map_err(|error| {
        Failure::new("pods.name-too-long", FaultKind::Configuration, error)
            .with_hint(explanation::pods::NAME.fix)
    })
}

/// Of Vault's auth method and of its PKI mount, if nobody says otherwise.
const ROLE: &str = "pods";
/// The same for brokers among each other and to agents.
pub(crate) const BROKER_ROLE: &str = "pods-broker";
