use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::marks::{MANAGED_BY, MANAGER};
use super::super::micro_time::micro_time;

/// A Lease as the API gives it: what we do not know of stays as it is.
///
/// [Lease v1](https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/)
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "Value")]
pub(super) struct LeaseDocument(Value);

impl TryFrom<Value> for LeaseDocument {
    type Error = &'static str;

    /// An answer of the API; nothing else has fields to write to.
    fn try_from(document: Value) -> Result<Self, &'static str> {
        let is_lease = document.is_object()
            && document["metadata"].is_object()
            && (document["spec"].is_object() || document["spec"].is_null());
        is_lease.then_some(Self(document)).ok_or("it is no Lease")
    }
}

impl LeaseDocument {
    /// One that is not there yet, and that nobody holds.
    pub(super) fn absent(namespace: &str, name: &str) -> Self {
        Self(json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": {MANAGED_BY: MANAGER},
            },
            "spec": {},
        }))
    }

    /// Who holds it; `None` where nobody does.
    pub(super) fn holder(&self) -> Option<&str> {
        let holder = self.0["spec"]["holderIdentity"].as_str();
        holder.filter(|holder| !holder.is_empty())
    }

    /// How long its holder asked the others to wait.
    pub(super) fn duration(&self) -> Option<Duration> {
        let seconds = self.0["spec"]["leaseDurationSeconds"].as_u64();
        seconds.map(Duration::from_secs)
    }

    /// Which state it is in.
    pub(super) fn resource_version(&self) -> Option<&str> {
        self.0["metadata"]["resourceVersion"].as_str()
    }

    /// The same, held by `identity` from `now` on.
    pub(super) fn taken(&self, identity: &str, duration: Duration, now: SystemTime) -> Self {
        let mut taken = self.renewed(duration, now);
        let spec = &mut taken.0["spec"];
        let transitions = spec["leaseTransitions"].as_u64().unwrap_or_default();
        let is_first = self.resource_version().is_none();
        spec["holderIdentity"] = json!(identity);
        spec["acquireTime"] = spec["renewTime"].clone();
        spec["leaseTransitions"] = json!(transitions + u64::from(!is_first));
        taken
    }

    /// The same, held on.
    ///
    /// A PUT that changes nothing is none for the server: the others would take
    /// a Lease away whose holder's wall clock stands still. So the time is always
    /// another one than before.
    pub(super) fn renewed(&self, duration: Duration, now: SystemTime) -> Self {
        let mut renewed = self.0.clone();
        let spec = &mut renewed["spec"];
        let mut time = micro_time(now);
        if spec["renewTime"].as_str() == Some(&time) {
            time = micro_time(now + Duration::from_micros(1));
        }
        spec["renewTime"] = json!(time);
        spec["leaseDurationSeconds"] = json!(duration.as_secs());
        Self(renewed)
    }

    /// The same, and free for whoever comes.
    pub(super) fn released(&self, now: SystemTime) -> Self {
        let mut released = self.renewed(Duration::from_secs(1), now);
        released.0["spec"]["holderIdentity"] = json!("");
        released
    }

    /// As the body of a request. It holds no secret.
    pub(super) fn body(&self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_lease_is_taken_renewed_and_released() {
        let duration = Duration::from_secs(15);
        let absent = LeaseDocument::absent("ns", "iamra-default");
        assert_eq!(absent.holder(), None);
        let mut document = absent.taken("a", duration, at(60));
        assert_eq!(
            document.0["spec"],
            json!({
                "holderIdentity": "a",
                "leaseDurationSeconds": 15,
                "acquireTime": "1970-01-01T00:01:00.000000Z",
                "renewTime": "1970-01-01T00:01:00.000000Z",
                "leaseTransitions": 0,
            })
        );
        document.0["metadata"]["resourceVersion"] = json!("7");
        document.0["spec"]["strategy"] = json!("of somebody else");

        let renewed = document.renewed(duration, at(62));
        assert_eq!(
            renewed.0["spec"]["renewTime"],
            "1970-01-01T00:01:02.000000Z"
        );
        assert_eq!(
            renewed.0["spec"]["acquireTime"],
            document.0["spec"]["acquireTime"]
        );
        let released = renewed.released(at(63));
        assert_eq!(
            (released.holder(), released.duration()),
            (None, Some(Duration::from_secs(1)))
        );
        let next = released.taken("b", duration, at(64));
        assert_eq!(next.holder(), Some("b"));
        assert_eq!(next.0["spec"]["leaseTransitions"], 1);
        assert_eq!(next.0["spec"]["strategy"], "of somebody else");
        assert_eq!(next.resource_version(), Some("7"));
    }

    #[test]
    fn what_is_no_lease_is_refused() {
        for (document, is_lease) in [
            (json!({"metadata": {}, "spec": {}}), true),
            (json!({"metadata": {}, "spec": null}), true),
            (json!({"metadata": {}}), true),
            (json!({"metadata": {}, "spec": "x"}), false),
            (json!({"metadata": []}), false),
            (json!([]), false),
            (json!("x"), false),
        ] {
            let read: Result<LeaseDocument, _> = serde_json::from_value(document);
            assert_eq!(read.is_ok(), is_lease, "{read:?}");
            if let Ok(lease) = read {
                let taken = lease.taken("a", Duration::from_secs(15), at(60));
                assert_eq!(taken.holder(), Some("a"));
            }
        }
    }

    #[test]
    fn each_renewal_changes_the_lease() {
        let duration = Duration::from_secs(15);
        let first = LeaseDocument::absent("ns", "n").taken("a", duration, at(60));
        let second = first.renewed(duration, at(60));
        assert_ne!(first, second);
        assert_ne!(second, second.renewed(duration, at(60)));
    }
}
