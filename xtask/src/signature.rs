mod blob;
mod clean_tree;
mod command;
mod dsse;
mod key;
mod key_file;
#[cfg(feature = "kms")]
mod kms;
mod layout;
mod signing;
mod simple_signing;
#[cfg(test)]
mod strangers;

pub(crate) use blob::{BESIDE, sign_file};
pub(crate) use clean_tree::{CleanCommit, is_changed, refuse_changes};
pub(crate) use command::{Args, attest_files, run};
pub(crate) use dsse::{Statement, Subject};
pub(crate) use key::{KeyAccess, SigningKey};
pub(crate) use layout::{Attested, SIGNATURE, sign_layout};
pub(crate) use signing::{Signer, Signing};
