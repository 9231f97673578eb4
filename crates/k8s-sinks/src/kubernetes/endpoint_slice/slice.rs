use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;

use super::super::Error;
use super::super::watch::Watched;
use super::Endpoint;

/// As much of an `EndpointSlice` as is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Slice {
    metadata: Metadata,
    #[serde(default)]
    address_type: String,
    /// Go writes an empty list as null.
    endpoints: Option<Vec<Found>>,
    ports: Option<Vec<Port>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    resource_version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    addresses: Option<Vec<String>>,
    #[serde(default)]
    conditions: Conditions,
    target_ref: Option<Target>,
}

#[derive(Default, Deserialize)]
struct Conditions {
    ready: Option<bool>,
    terminating: Option<bool>,
}

#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Port {
    name: Option<String>,
    protocol: Option<String>,
    #[serde(rename = "port")]
    number: Option<u16>,
}

impl Watched for Slice {
    fn version(&self) -> Option<&str> {
        self.metadata.resource_version.as_deref()
    }
}

impl Slice {
    pub(super) fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Its endpoints; none where it does not have the port.
    fn endpoints(&self, port: Option<&str>) -> Result<Vec<Endpoint>, Error> {
        // The other kind is FQDN, which nothing makes by itself.
        if !matches!(&*self.address_type, "IPv4" | "IPv6") {
            return Ok(Vec::new());
        }
        let Some(port) = self.port(port)? else {
            return Ok(Vec::new());
        };
        let found = self.endpoints.iter().flatten();
        Ok(found.filter_map(|found| found.endpoint(port)).collect())
    }

    fn port(&self, name: Option<&str>) -> Result<Option<u16>, Error> {
        let ports = self.ports.iter().flatten();
        let mut ports = ports.filter(|port| port.protocol.as_deref().is_none_or(|it| it == "TCP"));
        if let Some(name) = name {
            let found = ports.find(|port| port.name() == name);
            return Ok(found.and_then(|port| port.number));
        }
        let ports: Vec<_> = ports.collect();
        if ports.len() > 1 {
            let names: Vec<_> = ports.iter().map(|port| port.name()).collect();
            return Err(Error::Invalid {
                what: "service port",
                value: String::new(),
                reason: format!(
                    "there are {}, of which one has to be named",
                    names.join(", ")
                ),
            });
        }
        Ok(ports.first().and_then(|port| port.number))
    }
}

impl Found {
    fn endpoint(&self, port: u16) -> Option<Endpoint> {
        // "These are all assumed to be fungible and clients may choose to only use
        // the first element."
        let address: IpAddr = self.addresses.as_ref()?.first()?.parse().ok()?;
        let is_terminating = self.conditions.terminating.unwrap_or(false);
        // "A nil value should be interpreted as 'true'." One that ends is ready
        // only where its Service publishes all that are not.
        let is_ready = self.conditions.ready.unwrap_or(true) && !is_terminating;
        let target = self.target_ref.as_ref();
        let pod = target.filter(|target| target.kind == "Pod");
        Some(Endpoint {
            address,
            port,
            is_ready,
            is_terminating,
            pod: pod.map(|pod| pod.name.clone()),
        })
    }
}

impl Port {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }
}

/// Those of all slices. One that moves from a slice to another is in both for a
/// while; which of them is right is not said, and to ask one that is not ready
/// costs less than to miss one that is.
pub(super) fn endpoints<'a>(
    slices: impl Iterator<Item = &'a Slice>,
    port: Option<&str>,
) -> Result<Vec<Endpoint>, Error> {
    let mut all: BTreeMap<_, Endpoint> = BTreeMap::new();
    for slice in slices {
        for endpoint in slice.endpoints(port)? {
            let place = (endpoint.address, endpoint.port);
            if all.get(&place).is_none_or(|other| !other.is_ready) {
                all.insert(place, endpoint);
            }
        }
    }
    Ok(all.into_values().collect())
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    pub(in super::super) fn slice(
        name: &str,
        family: &str,
        endpoints: &Value,
        ports: &Value,
    ) -> Slice {
        let object = json!({
            "metadata": {"name": name, "resourceVersion": "1"},
            "addressType": family, "endpoints": endpoints, "ports": ports,
        });
        serde_json::from_value(object).unwrap()
    }

    fn one(conditions: &Value) -> Value {
        json!([{"addresses": ["10.0.0.1", "10.0.0.9"], "conditions": conditions}])
    }

    fn https() -> Value {
        json!([{"name": "https", "port": 8443, "protocol": "TCP"}])
    }

    fn shown(slices: &[Slice], port: Option<&str>) -> Vec<String> {
        let all = endpoints(slices.iter(), port).unwrap();
        let all = all
            .iter()
            .map(|it| format!("{}:{} {}", it.address, it.port, it.is_ready));
        all.collect()
    }

    #[test]
    fn ready_is_what_the_api_calls_ready() {
        for (conditions, is_ready) in [
            (json!({}), true),
            (json!({"ready": null}), true),
            (
                json!({"ready": true, "serving": true, "terminating": false}),
                true,
            ),
            (json!({"ready": false}), false),
            (
                json!({"ready": false, "serving": true, "terminating": true}),
                false,
            ),
            (json!({"ready": true, "terminating": true}), false),
        ] {
            let slices = [slice("a", "IPv4", &one(&conditions), &https())];
            assert_eq!(shown(&slices, None), [format!("10.0.0.1:8443 {is_ready}")]);
        }
    }

    #[test]
    fn slices_of_addresses_make_one_set() {
        let v6 = json!([{"addresses": ["fd00::1"], "targetRef": {"kind": "Pod", "name": "p"}}]);
        let name = json!([{"addresses": ["a.test"]}]);
        let slices = [
            slice("a", "IPv4", &one(&json!({"ready": false})), &https()),
            slice("b", "IPv4", &one(&json!({"ready": true})), &https()),
            slice("c", "IPv4", &one(&json!({"ready": false})), &https()),
            slice("d", "IPv6", &v6, &https()),
            slice("e", "FQDN", &name, &https()),
            slice("f", "IPv4", &json!(null), &json!(null)),
            slice(
                "g",
                "IPv4",
                &json!([{"addresses": []}, {"addresses": ["x"]}]),
                &https(),
            ),
        ];
        assert_eq!(
            shown(&slices, None),
            ["10.0.0.1:8443 true", "fd00::1:8443 true"]
        );
        let all = endpoints(slices.iter(), Some("https")).unwrap();
        assert_eq!(all[1].pod.as_deref(), Some("p"));
    }

    #[test]
    fn a_port_is_named_or_the_only_one() {
        let only = json!([{"port": 1}, {"name": "dns", "protocol": "UDP", "port": 2}]);
        let two = json!([{"name": "a", "port": 1}, {"name": "b", "port": 2}]);
        for (ports, name, port) in [
            (&only, None, Some(1)),
            (&only, Some(""), Some(1)),
            (&only, Some("dns"), None),
            (&two, Some("b"), Some(2)),
            (&two, Some("c"), None),
            (&json!([]), None, None),
        ] {
            let slice = slice("a", "IPv4", &one(&json!({})), ports);
            assert_eq!(slice.port(name).unwrap(), port, "{ports} {name:?}");
        }
        let slice = slice("a", "IPv4", &one(&json!({})), &two);
        let error = slice.port(None).unwrap_err().to_string();
        assert!(error.contains("there are a, b"), "{error}");
    }
}
