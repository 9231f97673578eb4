use std::path::PathBuf;
use std::time::Duration;

use pod_identity::{AnnotationDomain, ClusterName};

use super::verifier::Method;
use super::{POD_AUDIENCE, positive};
use crate::context::Context;
use crate::failure::Failure;

/// What is said about pods and their tokens.
pub(crate) struct Plan {
    pub(super) cluster: ClusterName,
    pub(super) audience: String,
    pub(super) domain: AnnotationDomain,
    pub(super) associations: Option<PathBuf>,
    pub(super) method: Method,
    /// Requests a second from one address.
    pub(super) caller_rate: Option<u32>,
    pub(super) most_accounts: Option<usize>,
    /// Whether agents ask, and not pods.
    pub(super) is_of_broker: bool,
}

impl Plan {
    /// From the settings.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let text = |name, usual: &str| {
            let text = settings.text(name)?;
            Ok::<_, Failure>(text.unwrap_or_else(|| usual.to_owned()))
        };
        let most_accounts = positive(settings, "max-accounts")?;
        Ok(Self {
            cluster: settings.require("cluster-name")?,
            audience: text("pod-audience", POD_AUDIENCE)?,
            domain: settings.parse("annotation-domain")?.unwrap_or_default(),
            associations: settings.path("associations")?,
            method: method(context)?,
            caller_rate: caller_rate(context)?,
            most_accounts: most_accounts.map(|most| usize::try_from(most).unwrap_or(usize::MAX)),
            is_of_broker: false,
        })
    }

    /// The same for who is asked by agents, which have counted already.
    pub(crate) fn of_agents(self) -> Self {
        Self {
            caller_rate: None,
            is_of_broker: true,
            most_accounts: self.most_accounts.or(Some(MOST_ACCOUNTS_OF_A_CLUSTER)),
            ..self
        }
    }
}

fn method(context: &Context<'_>) -> Result<Method, Failure> {
    let settings = &context.settings;
    let seconds = |name, usual: u32| {
        let seconds = positive(settings, name)?.unwrap_or(usual);
        Ok::<_, Failure>(Duration::from_secs(seconds.into()))
    };
    let believed_for = seconds("verified-for", VERIFIED_FOR)?;
    let most_age = seconds("max-token-age", MOST_AGE)?;
    let Some(named) = settings.sourced("verify")? else {
        return Ok(Method::TokenReview { believed_for });
    };
    match named.value.as_str() {
        "tokenreview" => Ok(Method::TokenReview { believed_for }),
        "jwks" => Ok(Method::Keys { most_age }),
        _ => Err(named.origin.invalid("it must be tokenreview or jwks")),
    }
}

/// Zero for no limit.
fn caller_rate(context: &Context<'_>) -> Result<Option<u32>, Failure> {
    let rate = context.settings.parse("caller-rate")?;
    Ok(match rate.unwrap_or(CALLER_RATE) {
        0 => None,
        rate => Some(rate),
    })
}

/// Of a node's pods.
pub(super) const MOST_ACCOUNTS: usize = 1000;
const MOST_ACCOUNTS_OF_A_CLUSTER: usize = 16_384;
const VERIFIED_FOR: u32 = 60;
const MOST_AGE: u32 = 3600;
const CALLER_RATE: u32 = 100;
