use agent_link::{AddressState, Ensured, Error, LinkSettings, ensure};

use super::ADDRESSES;
use crate::context::Context;
use crate::exit::Exit;
use crate::explanation::pods;
use crate::failure::Failure;

/// The link that has the agent's addresses.
pub(crate) struct NodeLink(Option<Ensured>);

impl NodeLink {
    /// Makes it where that is wanted and permitted. Where it is not permitted,
    /// an init container may have made it.
    pub(crate) fn make(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let is_wanted = match settings.sourced("link")? {
            None => true,
            Some(named) => match named.value.as_str() {
                "auto" => true,
                "never" => false,
                _ => return Err(named.origin.invalid("it must be auto or never")),
            },
        };
        if !is_wanted || !settings.list("listen")?.is_empty() {
            return Ok(Self(None));
        }
        match made() {
            Ok(ensured) => Ok(Self(Some(ensured))),
            Err(Error::NotPermitted { .. }) => {
                tracing::info!(
                    "not permitted to make the link: an init container may have done so"
                );
                Ok(Self(None))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Makes it and leaves it: for an init container.
    pub(crate) fn leave_behind() -> Result<Exit, Failure> {
        let left = made().map_err(failed)?;
        tracing::debug!(
            link = LINK,
            kind = left.kind(),
            "the link stays for the agent"
        );
        Ok(Exit::Done)
    }

    /// Takes away what was made here.
    pub(crate) fn remove(self) {
        let Some(ensured) = self.0 else { return };
        if let Err(error) = ensured.remove() {
            tracing::warn!(%error, "the link stays behind");
        }
    }
}

fn made() -> Result<Ensured, Error> {
    let ensured = ensure(&LinkSettings {
        name: LINK.parse()?,
        addresses: ADDRESSES.to_vec(),
    })?;
    for address in ensured.addresses() {
        if let AddressState::Unavailable(reason) = &address.state {
            tracing::warn!(address = %address.address, "the node has not this address: {reason}");
        }
    }
    let (state, kind) = (ensured.link(), ensured.kind());
    tracing::info!(link = LINK, ?state, kind, "the link of the agent is there");
    Ok(ensured)
}

fn failed(error: Error) -> Failure {
    let hint = match &error {
        Error::NotPermitted { .. } => pods::NO_RIGHT.fix,
        Error::NoKindOfLink { .. } | Error::OtherSystem => pods::NO_KIND.fix,
        _ => pods::LINK.fix,
    };
    let hint = hint.to_owned();
    Failure::of("pods.link-failed", Some(hint), error)
}

/// As EKS's agent calls it.
const LINK: &str = "pod-id-link0";
