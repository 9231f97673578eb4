use std::convert::Infallible;
use std::net::IpAddr;

use self::known::Known;
use self::slice::Slice;
use super::Error;
use super::cluster::Cluster;
use super::names::{check_label_value, check_name, check_namespace};
use super::resource::ENDPOINT_SLICES;
use super::watch::Query;

mod known;
mod slice;

/// Where the pods of one Service are to be found, by its `EndpointSlices`: for
/// those who choose among them, which a Service's own address does not let them.
///
/// Needs the rights to list and watch `endpointslices` of its namespace.
///
/// [EndpointSlices](https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/)
#[derive(Clone, Debug)]
pub struct EndpointSlices {
    cluster: Cluster,
    namespace: String,
    service: String,
    port: Option<String>,
}

/// One address and port of a Service.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Endpoint {
    /// Where: of either family.
    pub address: IpAddr,
    /// Its port, which need not be that of the Service.
    pub port: u16,
    /// Whether it takes requests. One that is about to end does not, even where
    /// it could.
    pub is_ready: bool,
    /// Whether it is about to end.
    pub is_terminating: bool,
    /// The name of the pod that is there, where it is one.
    pub pod: Option<String>,
}

impl EndpointSlices {
    /// Those of the Service of this name. Asks nobody.
    pub fn of_service(cluster: Cluster, namespace: &str, service: &str) -> Result<Self, Error> {
        check_namespace(namespace)?;
        check_name("service name", service)?;
        // A selector has a grammar of its own.
        check_label_value("service name", service)?;
        Ok(Self {
            cluster,
            namespace: namespace.to_owned(),
            service: service.to_owned(),
            port: None,
        })
    }

    /// The same for the Service's port of this name. Without one, it is the only
    /// TCP port that there is.
    #[must_use]
    pub fn with_port(self, name: &str) -> Self {
        Self {
            port: Some(name.to_owned()),
            ..self
        }
    }

    /// All that there are now, in the order of their addresses, none of them twice.
    /// There are none where there is no such Service.
    ///
    /// [`Error::Invalid`] where there are several ports and none was named.
    pub async fn list(&self) -> Result<Vec<Endpoint>, Error> {
        let slices: Vec<Slice> = self.query().list(&self.cluster, Some).await?;
        slice::endpoints(slices.iter(), self.port.as_deref())
    }

    /// Tells all that there are, as [`EndpointSlices::list`] does, at once and with
    /// every change, for as long as it is awaited.
    ///
    /// An error says why nothing new can be known: what was told last holds until
    /// the next word, which comes when the trouble is over.
    pub async fn watch(&self, mut tell: impl FnMut(Result<Vec<Endpoint>, Error>)) -> Infallible {
        let mut known = Known::new(self.port.clone());
        let query = self.query();
        let told = query.watch(&self.cluster, |change| {
            if let Some(news) = known.takes(change) {
                tell(news);
            }
        });
        told.await
    }

    fn query(&self) -> Query {
        Query {
            resource: ENDPOINT_SLICES,
            namespace: Some(self.namespace.clone()),
            labels: Some(format!("{SERVICE_NAME}={}", self.service)),
            name: None,
            is_whole: true,
        }
    }
}

const SERVICE_NAME: &str = "kubernetes.io/service-name";
