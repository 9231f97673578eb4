use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use http::{Request, Uri};
use secrecy::{ExposeSecret as _, SecretString};

use super::Error;
use super::cluster::{Call, Cluster};
use super::names::{check_name, check_namespace};
use super::resource::POD_PROXIES;

/// What is at a port of a pod, as the API server reaches it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PodAddress<'a> {
    /// The pod's namespace.
    pub namespace: &'a str,
    /// The pod.
    pub pod: &'a str,
    /// The port, which speaks plain HTTP.
    pub port: u16,
    /// What is asked for there: `/metrics`.
    pub path: &'a str,
}

impl Cluster {
    /// What a pod answers to a `GET`, asked by the API server, for those
    /// who can reach the one and not the other. Once, and no longer than `within`.
    ///
    /// The API server takes our own authorization off, and passes other headers on:
    /// so what the pod is to be shown has a header of its own. An answer of the pod
    /// that is no success is [`Error::Unexplained`], or as the API server would mean
    /// it. Needs the right to get `pods/proxy`.
    ///
    /// [Access services](https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/)
    pub async fn through_pod(
        &self,
        at: PodAddress<'_>,
        (header, shown): (HeaderName, &SecretString),
        within: Duration,
    ) -> Result<Vec<u8>, Error> {
        let PodAddress {
            namespace,
            pod,
            port,
            path,
        } = at;
        check_namespace(namespace)?;
        check_name("pod name", pod)?;
        let address = format!("/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy{path}");
        let invalid = |reason: String| Error::Invalid {
            what: "path",
            value: address.clone(),
            reason,
        };
        let uri: Uri = address
            .parse()
            .map_err(|error| invalid(format!("{error}")))?;
        let mut value = HeaderValue::from_str(shown.expose_secret())
            .map_err(|_| invalid("what is shown is no header".to_owned()))?;
        value.set_sensitive(true);
        let request = Request::get(uri).header(header, value).body(Vec::new());
        let request = request.map_err(kube::core::request::Error::BuildRequest);
        // By name it would be that of the pod with its port, and of no other.
        let right = POD_PROXIES.right("get", Some(namespace), None);
        let mut answer = self
            .once_within(&Call::new(right, request)?, within)
            .await?;
        Ok(std::mem::take(&mut *answer))
    }
}
