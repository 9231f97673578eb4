//! What has to be applied to a cluster so that iamra works there, and can do
//! nothing else. Nobody is called: it follows from the settings.

use serde_json::Value;

mod access;
mod admission;
mod alerts;
mod carried;
mod dashboard;
mod disruption;
mod install;
mod monitoring;
mod names;
mod network;
mod output;
mod pod;
#[cfg(feature = "pods")]
pub(crate) mod pods;
mod sidecar;
mod workload;

pub(crate) use install::{Form, Install};
pub(crate) use output::Output;

/// One object, in the file that it belongs into.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) part: Part,
    /// What a reader should know of it.
    pub(crate) comment: Option<String>,
    pub(crate) object: Value,
}

/// The files of what is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    Access,
    Admission,
    Config,
    Workload,
    Network,
    Monitoring,
}

impl Document {
    fn new(part: Part, object: Value) -> Self {
        Self {
            part,
            comment: None,
            object,
        }
    }

    fn with_comment(self, comment: impl Into<String>) -> Self {
        Self {
            comment: Some(comment.into()),
            ..self
        }
    }
}

impl Part {
    pub(crate) const ALL: [Self; 6] = [
        Self::Access,
        Self::Admission,
        Self::Config,
        Self::Workload,
        Self::Network,
        Self::Monitoring,
    ];

    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Access => "access.yaml",
            Self::Admission => "admission.yaml",
            Self::Config => "config.yaml",
            Self::Workload => "workload.yaml",
            Self::Network => "network.yaml",
            Self::Monitoring => "monitoring.yaml",
        }
    }
}

/// Every object of an installation, in the order in which they are applied: who
/// is limited is limited before it runs.
pub(crate) fn documents(install: &Install) -> Vec<Document> {
    let mut documents = access::documents(install);
    documents.extend(admission::documents(install));
    documents.push(carried::document(install));
    if install.form.is_sidecar() {
        documents.push(sidecar::document(install));
        return documents;
    }
    documents.push(workload::document(install));
    documents.extend(disruption::document(install));
    documents.push(network::document(install));
    if install.is_watched() {
        documents.extend(monitoring::documents(install));
        documents.push(alerts::document(install));
        documents.push(dashboard::document(install));
    }
    documents
}
