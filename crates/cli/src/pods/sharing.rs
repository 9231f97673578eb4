use std::sync::Arc;

use super::brokers::Brokers;
use super::siblings::Siblings;

/// Who else holds sessions of the cluster's accounts.
#[derive(Clone)]
pub(crate) enum Sharing {
    /// Nobody: an agent without brokers, or a broker without others.
    Alone,
    /// Brokers do, and an agent asks them.
    WithBrokers(Arc<Brokers>),
    /// A broker is one of several.
    AmongBrokers(Arc<Siblings>),
}

impl From<Option<Brokers>> for Sharing {
    fn from(brokers: Option<Brokers>) -> Self {
        brokers.map_or(Self::Alone, |brokers| Self::WithBrokers(Arc::new(brokers)))
    }
}

impl From<Option<Siblings>> for Sharing {
    fn from(siblings: Option<Siblings>) -> Self {
        siblings.map_or(Self::Alone, |siblings| {
            Self::AmongBrokers(Arc::new(siblings))
        })
    }
}
