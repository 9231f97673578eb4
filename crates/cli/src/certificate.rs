//! A certificate in a folder: what stands there, whether it is still good, and
//! how another one comes there.

mod delivered;
mod keeper;
mod obtained;
mod standing;

pub(crate) use delivered::Delivered;
pub(crate) use keeper::{CertificateKeeper, Outcome};
use standing::Standing;
