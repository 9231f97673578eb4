//! Values that processes share: kept on disk for whoever wants the same one, so
//! that however many ask at once, one obtains it.

mod miss;
mod noted_life;
mod sharing;
mod store;

pub(crate) use noted_life::NotedLife;
pub(crate) use sharing::{Sharing, default_folder};
#[cfg(feature = "vault")]
pub(crate) use store::KEY_LENGTH;
pub(crate) use store::{OnDisk, Store};
