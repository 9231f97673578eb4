//! A certificate in a folder: what stands there, whether it is still good, and
//! how another one comes there.

mod delivered;
mod keeper;
mod obtained;
mod standing;
mod told;

pub(crate) use delivered::Delivered;
pub(crate) use keeper::CertificateKeeper;
#[cfg(feature = "kubernetes")]
pub(crate) use obtained::Obtained;
pub(crate) use standing::{Standing, Wanting};
pub(crate) use told::Told;
