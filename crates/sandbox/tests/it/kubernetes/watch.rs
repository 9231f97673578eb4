//! Following the changes of a list.

use std::time::Duration;

use iamra_sandbox::{Endpoint, Operation};
use reqwest::Response;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::{get, running};
use crate::running::{Clock, Running};

const PATH: &str = "/apis/discovery.k8s.io/v1/namespaces/iamra/endpointslices";

/// A watch that is read line by line.
struct Followed {
    response: Response,
    rest: String,
}

impl Followed {
    async fn begin(running: &Running, query: &str) -> Self {
        let url = running.kubernetes_url().unwrap();
        let url =
            format!("{url}{PATH}?watch=1&labelSelector=kubernetes.io/service-name=broker{query}");
        let token = running.kubernetes_token();
        let request = running.client.get(url).bearer_auth(token.expose_secret());
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        Self {
            response,
            rest: String::new(),
        }
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.rest.find('\n') {
                let rest = self.rest.split_off(end + 1);
                let line = std::mem::replace(&mut self.rest, rest);
                return Some(serde_json::from_str(&line).unwrap());
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The kind of the next event, and which endpoints are ready then.
    async fn told(&mut self) -> (String, Vec<bool>) {
        let event = self.next().await.unwrap();
        let endpoints = event["object"]["endpoints"].as_array().unwrap().iter();
        let ready = endpoints.map(|it| it["conditions"]["ready"] == true);
        (event["type"].as_str().unwrap().to_owned(), ready.collect())
    }
}

fn set(running: &Running, service: &str, ready: &[bool]) {
    let endpoints: Vec<_> = ready
        .iter()
        .zip(1..)
        .map(|(&ready, last)| Endpoint {
            address: [127, 0, 0, last].into(),
            port: 8443,
            ready,
            pod: format!("broker-{last}"),
        })
        .collect();
    running
        .kubernetes()
        .set_endpoints("iamra", service, &endpoints);
}

fn told(event: &str, ready: &[bool]) -> (String, Vec<bool>) {
    (event.to_owned(), ready.to_vec())
}

#[tokio::test]
async fn a_watch_tells_each_change_of_its_service() {
    let (running, _) = running(&Clock::recorded()).await;
    set(&running, "broker", &[true]);
    let mut watch = Followed::begin(&running, "").await;
    assert_eq!(watch.told().await, told("ADDED", &[true]));
    set(&running, "other", &[true]);
    set(&running, "broker", &[true, true]);
    assert_eq!(watch.told().await, told("MODIFIED", &[true, true]));
    set(&running, "broker", &[true, true]);
    set(&running, "broker", &[true, false]);
    assert_eq!(watch.told().await, told("MODIFIED", &[true, false]));
    set(&running, "broker", &[]);
    assert_eq!(watch.told().await, told("DELETED", &[true, false]));
    set(&running, "broker", &[true]);
    assert_eq!(watch.told().await, told("ADDED", &[true]));
    assert_eq!(running.requests().count(Operation::KubernetesWatch), 1);
}

#[tokio::test]
async fn a_watch_goes_on_where_a_list_ended() {
    let (running, _) = running(&Clock::recorded()).await;
    set(&running, "broker", &[true]);
    let (_, list) = get(&running, PATH).await;
    let version = list["metadata"]["resourceVersion"].as_str().unwrap();
    set(&running, "broker", &[false]);
    let mut watch = Followed::begin(&running, &format!("&resourceVersion={version}")).await;
    let event = watch.next().await.unwrap();
    assert_eq!(event["type"], "MODIFIED");
    assert_eq!(event["object"]["kind"], "EndpointSlice");
    let changed = event["object"]["metadata"]["resourceVersion"].as_str();
    let number = |text: &str| text.parse::<u64>().unwrap();
    assert!(number(changed.unwrap()) > number(version));
}

#[tokio::test]
async fn a_watch_ends_when_its_time_is_over() {
    let (running, _) = running(&Clock::recorded()).await;
    set(&running, "broker", &[true]);
    let mut watch = Followed::begin(&running, "&timeoutSeconds=1").await;
    assert_eq!(watch.told().await, told("ADDED", &[true]));
    let waited = tokio::time::timeout(Duration::from_secs(5), watch.next());
    assert_eq!(waited.await.unwrap(), None);
}

#[tokio::test]
async fn a_watch_from_too_long_ago_is_told_to_begin_again() {
    let (running, _) = running(&Clock::recorded()).await;
    for round in 0..5000 {
        set(&running, "broker", &[round % 2 == 0]);
    }
    let mut watch = Followed::begin(&running, "&resourceVersion=2").await;
    let event = watch.next().await.unwrap();
    assert_eq!(
        (event["type"].as_str(), &event["object"]["code"]),
        (Some("ERROR"), &410.into())
    );
    assert_eq!(event["object"]["reason"], "Expired");
    assert_eq!(watch.next().await, None);
}
