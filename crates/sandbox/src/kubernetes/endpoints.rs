use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::object::{Kind, Object};

/// One address behind a service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Endpoint {
    /// Where it is.
    pub address: IpAddr,
    /// On which port.
    pub port: u16,
    /// Whether it may be asked.
    pub ready: bool,
    /// The pod that it is, in the service's namespace.
    pub pod: String,
}

/// A service, by namespace and name.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServiceName<'a> {
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
}

impl ServiceName<'_> {
    /// The slices for endpoints: as the real controller makes them, one for each
    /// family of addresses and each port.
    pub(super) fn slices(
        self,
        endpoints: &[Endpoint],
        created: SystemTime,
        uid_of: impl Fn(Kind, &str) -> String,
    ) -> Vec<Object> {
        let mut groups: BTreeMap<(bool, u16), Vec<&Endpoint>> = BTreeMap::new();
        for endpoint in endpoints {
            let group = (endpoint.address.is_ipv6(), endpoint.port);
            groups.entry(group).or_default().push(endpoint);
        }
        let slice = |((ipv6, port), endpoints): ((bool, u16), Vec<&Endpoint>)| {
            let family = if ipv6 { "v6" } else { "v4" };
            let name = format!("{}-{family}-{port}", self.name);
            let endpoints = endpoints.into_iter();
            let endpoints = endpoints.map(|it| self.document(it, &uid_of(Kind::Pod, &it.pod)));
            Object {
                kind: Kind::EndpointSlice,
                namespace: self.namespace.to_owned(),
                uid: uid_of(Kind::EndpointSlice, &name),
                version: 0,
                created,
                labels: self.labels(),
                annotations: BTreeMap::new(),
                content: content(ipv6, port, endpoints.collect()),
                name,
            }
        };
        groups.into_iter().map(slice).collect()
    }

    fn labels(self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (SERVICE_NAME.into(), self.name.to_owned()),
            (
                "endpointslice.kubernetes.io/managed-by".into(),
                "endpointslice-controller.k8s.io".into(),
            ),
        ])
    }

    fn document(self, endpoint: &Endpoint, pod_uid: &str) -> Value {
        json!({
            "addresses": [endpoint.address.to_string()],
            "conditions": {
                "ready": endpoint.ready,
                "serving": endpoint.ready,
                "terminating": false,
            },
            "targetRef": {
                "kind": "Pod",
                "namespace": self.namespace,
                "name": endpoint.pod,
                "uid": pod_uid,
            },
        })
    }
}

/// The label by which the slices of a service are found.
pub(super) const SERVICE_NAME: &str = "kubernetes.io/service-name";

fn content(ipv6: bool, port: u16, endpoints: Vec<Value>) -> Map<String, Value> {
    Map::from_iter([
        (
            "addressType".to_owned(),
            if ipv6 { "IPv6" } else { "IPv4" }.into(),
        ),
        ("endpoints".to_owned(), endpoints.into()),
        (
            "ports".to_owned(),
            json!([{"name": "", "port": port, "protocol": "TCP"}]),
        ),
    ])
}
