use std::sync::Mutex;
use std::time::Duration;

use http::Method;
use k8s_sinks::kubernetes::{Cluster, EndpointSlices};
use serde_json::{Value, json};

use crate::proxy::Proxy;
use crate::somebody::nobody;
use crate::testbed::Testbed;

fn path(namespace: &str) -> String {
    format!("/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices")
}

fn slice(name: &str, service: &str, family: &str, endpoints: &Value) -> Value {
    json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": service}},
        "addressType": family,
        "endpoints": endpoints,
        "ports": [
            {"name": "https", "port": 8443, "protocol": "TCP"},
            {"name": "metrics", "port": 9090, "protocol": "TCP"},
        ],
    })
}

fn endpoint(address: &str, conditions: &Value) -> Value {
    let pod = address.replace(['.', ':'], "-");
    let target = json!({"kind": "Pod", "name": format!("pod-{pod}"), "namespace": "x"});
    json!({"addresses": [address], "conditions": conditions, "targetRef": target})
}

fn brokers(cluster: Cluster, namespace: &str) -> EndpointSlices {
    let slices = EndpointSlices::of_service(cluster, namespace, "broker").unwrap();
    slices.with_port("https")
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn the_endpoints_of_a_service_are_those_of_all_its_slices() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let ready = json!({"ready": true});
    let ending = json!({"ready": false, "serving": true, "terminating": true});
    let v4 = json!([
        endpoint("10.1.0.2", &ending),
        endpoint("10.1.0.1", &json!({}))
    ]);
    for (name, service, family, endpoints) in [
        ("a", "broker", "IPv4", v4),
        ("b", "broker", "IPv6", json!([endpoint("fd00::1", &ready)])),
        ("c", "broker", "FQDN", json!([{"addresses": ["a.test"]}])),
        ("d", "broker", "IPv4", json!([])),
        ("e", "other", "IPv4", json!([endpoint("10.1.0.9", &ready)])),
    ] {
        let slice = slice(name, service, family, &endpoints);
        testbed.create(&path(&namespace), &slice).await;
    }
    let slices = brokers(testbed.cluster(), &namespace);
    let all = slices.list().await.unwrap();
    let shown: Vec<_> = all
        .iter()
        .map(|it| {
            (
                it.address.to_string(),
                it.port,
                it.is_ready,
                it.is_terminating,
            )
        })
        .collect();
    let expected = [
        ("10.1.0.1", true, false),
        ("10.1.0.2", false, true),
        ("fd00::1", true, false),
    ];
    let expected = expected.map(|(at, ready, ending)| (at.to_owned(), 8443, ready, ending));
    assert_eq!(shown, expected);
    assert_eq!(all[0].pod.as_deref(), Some("pod-10-1-0-1"));

    assert!(
        slices
            .clone()
            .with_port("x")
            .list()
            .await
            .unwrap()
            .is_empty()
    );
    let cluster = testbed.cluster();
    let unnamed = EndpointSlices::of_service(cluster.clone(), &namespace, "broker").unwrap();
    let error = unnamed.list().await.unwrap_err().to_string();
    assert!(error.contains("https, metrics"), "{error}");
    let nothing = EndpointSlices::of_service(cluster, &namespace, "nothing").unwrap();
    assert!(nothing.list().await.unwrap().is_empty());
}

/// Waits until this is what was told last.
async fn until(told: &Mutex<Vec<String>>, expected: &str) {
    for _ in 0..600 {
        if told
            .lock()
            .unwrap()
            .last()
            .is_some_and(|last| last == expected)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!(
        "{expected:?} is not the last of {:#?}",
        told.lock().unwrap()
    );
}

/// Watches for as long as the play takes.
async fn watched(
    slices: &EndpointSlices,
    told: &Mutex<Vec<String>>,
    play: impl Future<Output = ()>,
) {
    let watch = slices.watch(|news| {
        let line = match news {
            Ok(all) => {
                let ready = all.iter().filter(|it| it.is_ready);
                let ready: Vec<_> = ready.map(|it| it.address.to_string()).collect();
                format!("{} of {}", ready.join(" "), all.len())
            }
            Err(error) => error.to_string(),
        };
        told.lock().unwrap().push(line);
    });
    tokio::select! {
        never = watch => match never {},
        () = play => {}
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_watch_tells_the_whole_set_with_every_change() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let proxy = Proxy::start(testbed.base()).await;
    let slices = brokers(testbed.cluster_at(proxy.base()), &namespace);
    let told = Mutex::new(Vec::new());
    let set = async |name: &str, endpoints: Value| {
        let path = format!("{}/{name}", path(&namespace));
        let change = json!({"endpoints": endpoints});
        let (status, said) = testbed.ask(Method::PATCH, &path, &change).await;
        assert_eq!(status, 200, "{said}");
    };
    let (ready, unready) = (json!({"ready": true}), json!({"ready": false}));
    let ending = json!({"ready": false, "serving": true, "terminating": true});
    let play = async {
        until(&told, " of 0").await;
        let one = json!([endpoint("10.1.0.1", &unready)]);
        let object = slice("a", "broker", "IPv4", &one);
        testbed.create(&path(&namespace), &object).await;
        until(&told, " of 1").await;
        set("a", json!([endpoint("10.1.0.1", &ready)])).await;
        until(&told, "10.1.0.1 of 1").await;
        let object = slice("b", "broker", "IPv6", &json!([endpoint("fd00::1", &ready)]));
        testbed.create(&path(&namespace), &object).await;
        until(&told, "10.1.0.1 fd00::1 of 2").await;
        set("a", json!([endpoint("10.1.0.1", &ending)])).await;
        until(&told, "fd00::1 of 2").await;
        // What happens while the line is cut is told afterwards.
        proxy.sever();
        testbed.delete(&format!("{}/b", path(&namespace))).await;
        until(&told, " of 1").await;
        set("a", json!([endpoint("10.1.0.1", &ready)])).await;
        until(&told, "10.1.0.1 of 1").await;
        testbed.delete(&format!("{}/a", path(&namespace))).await;
        until(&told, " of 0").await;
    };
    watched(&slices, &told, play).await;
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn who_may_not_watch_is_told_so() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let slices = brokers(nobody(testbed).await, "shop");
    let expected = "not allowed to list endpointslices.discovery.k8s.io in namespace shop: ";
    let error = slices.list().await.unwrap_err().to_string();
    assert!(error.starts_with(expected), "{error}");
    let told = Mutex::new(Vec::new());
    watched(&slices, &told, until(&told, &error)).await;
}
