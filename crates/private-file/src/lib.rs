//! Secrets on disk: locked, atomic, owner-only, safe in hostile folders.
//!
//! A [`Target`] is one file that is replaced as a whole or read, changed and
//! replaced under a lock; a [`FileSet`] is several files of one folder that
//! change together, in one instant. A reader finds the old contents or the
//! new ones, never a part, whatever moment the writer is killed at.
//! [`read_private`] reads a secret without being held up by a FIFO or filled
//! up by a device; a [`Fingerprint`] tells whether it has to be read again.
//!
//! Everything is synchronous and small (at most [`LIMIT`] bytes a file). The
//! crate reads no environment and does not know what is in the files.
//!
//! ```
//! use private_file::{Change, Edit, Error, Options, Target};
//! # let home = tempfile::tempdir().unwrap();
//! # let path = home.path().join(".aws/credentials");
//!
//! let target = Target::new(&path, Options::new().create_folder());
//! let append = |old: Option<&[u8]>| -> Result<Edit, Error> {
//!     let mut new = old.unwrap_or_default().to_vec();
//!     new.extend(b"[default]\n");
//!     Ok(Edit::Replace(new.into()))
//! };
//! assert_eq!(target.update(append)?, Change::Written);
//! assert_eq!(target.replace(b"[default]\n")?, Change::Unchanged);
//! # Ok::<(), Error>(())
//! ```

mod error;
mod existing;
mod file_mode;
mod file_set;
mod fingerprint;
mod folder;
mod group;
mod in_place;
mod lock;
mod options;
mod ownership;
mod platform;
mod read;
mod replacement;
mod target;
mod unreachable;

pub use error::{Error, Found};
pub use file_mode::FileMode;
pub use file_set::{FileSet, SetFile};
pub use fingerprint::Fingerprint;
pub use group::Group;
pub use options::Options;
pub use ownership::Ownership;
pub use read::{LIMIT, read_private};
pub use target::{Change, Edit, Hold, Target};
