use std::sync::Arc;

use rustls::ServerConfig;

use super::listen::{self, Place};
use super::{Access, tls};
use crate::context::Context;
use crate::failure::Failure;

/// Where an endpoint listens, and for whom: nothing is bound yet.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// None where nobody has said anything.
    pub(super) places: Vec<Place>,
    pub(super) access: Access,
    pub(super) allowed_uids: Option<Vec<u32>>,
    pub(super) tls: Option<Arc<ServerConfig>>,
}

impl Layout {
    /// From the settings, with all that can be wrong about them.
    pub(super) fn named(context: &Context<'_>, access: Access) -> Result<Self, Failure> {
        let places = listen::named(context, access.is_sidecar)?;
        for place in &places {
            if let Place::Tcp(address) = place {
                access.at(*address)?;
            }
        }
        Ok(Self {
            places,
            access,
            allowed_uids: allowed_uids(context)?,
            tls: tls::named(context)?,
        })
    }

    /// For a single child.
    pub(super) fn of_child(access: Access) -> Self {
        Self {
            places: Vec::new(),
            access,
            allowed_uids: None,
            tls: None,
        }
    }

    /// What nobody else can listen on.
    pub(super) fn claims(&self) -> impl Iterator<Item = String> {
        // It is one for all who name no place, whether systemd's or ours.
        let default = self.places.is_empty().then(|| "the default".to_owned());
        default
            .into_iter()
            .chain(self.places.iter().flat_map(listen::claims))
    }
}

fn allowed_uids(context: &Context<'_>) -> Result<Option<Vec<u32>>, Failure> {
    let named = context.settings.list("allowed-uid")?;
    if named.is_empty() {
        return Ok(None);
    }
    let uids = named.iter().map(|text| {
        text.parse().map_err(|_| {
            let message = format!("--allowed-uid {text:?}: it must be a number");
            Failure::configuration("config.invalid", message)
        })
    });
    uids.collect::<Result<_, _>>().map(Some)
}
