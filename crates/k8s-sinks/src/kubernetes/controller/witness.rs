use std::fmt;
use std::time::Duration;

use super::super::Error;
use super::super::secret_sink::Delivered;

/// Who is told of what a [`Controller`](super::Controller) does.
pub trait Witness: fmt::Debug + Send + Sync {
    /// Something has happened. Must not wait.
    fn witness(&self, happened: &Happened<'_>);
}

/// What a [`Controller`](super::Controller) has done or met.
#[derive(Debug)]
#[non_exhaustive]
pub enum Happened<'a> {
    /// A Secret has the content.
    Delivered {
        /// Its namespace.
        namespace: &'a str,
        /// How it got it.
        delivered: &'a Delivered,
        /// Whether it had it before, and somebody has changed or deleted it.
        is_repair: bool,
        /// How long its requests took.
        took: Duration,
    },
    /// A Secret could not get it.
    Failed {
        /// Its namespace.
        namespace: &'a str,
        /// Why.
        error: &'a Error,
        /// When it is tried again at the latest.
        again_in: Duration,
    },
    /// A service account has the Secret's name among its pull secrets.
    Attached {
        /// Its namespace.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// A service account could not get it.
    NotAttached {
        /// Its namespace.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
        /// Why.
        error: &'a Error,
    },
    /// A Secret was changed so often that it is left alone for a while.
    Fight {
        /// Its namespace.
        namespace: &'a str,
    },
    /// Something cannot be watched for now.
    Blind {
        /// What: `secrets`.
        what: &'static str,
        /// Why.
        error: &'a Error,
    },
    /// Everything was read for the first time.
    Synced,
}
