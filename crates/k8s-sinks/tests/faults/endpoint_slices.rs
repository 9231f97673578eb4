use std::sync::Mutex;
use std::time::Duration;

use k8s_sinks::kubernetes::EndpointSlices;
use serde_json::json;

use crate::script::Answer::{Events, Refused};
use crate::script::{End, Script, event, list};

#[tokio::test]
async fn endpoints_hold_while_they_cannot_be_watched() {
    const LISTS: &str = "GET *endpointslices?*limit=*";
    const WATCHES: &str = "GET *endpointslices?*watch=true*";
    let slice = |name: &str, address: &str, version: u32| {
        json!({
            "metadata": {"name": name, "resourceVersion": version.to_string()},
            "addressType": "IPv4", "ports": [{"port": 1}], "endpoints": [{"addresses": [address]}],
        })
    };
    let script = Script::below("").await;
    let cluster = script.cluster();
    let lists = [
        list(1, None, &[slice("a", "10.0.0.1", 1)]),
        Refused(403, None),
        list(5, None, &[slice("b", "10.0.0.2", 5)]),
    ];
    script.on(LISTS, lists);
    let third = event("ADDED", &slice("c", "10.0.0.3", 6));
    script.on(
        WATCHES,
        [Refused(410, None), Events(vec![third], End::Never)],
    );
    let slices = EndpointSlices::of_service(cluster, "iamra", "broker").unwrap();
    let told = Mutex::new(Vec::new());
    let watch = slices.watch(|news| {
        let line = news.map(|all| {
            all.iter()
                .map(|it| it.address.to_string())
                .collect::<Vec<_>>()
        });
        let line = line.map_or_else(|error| error.kind().to_owned(), |all| all.join(" "));
        told.lock().unwrap().push(line);
    });
    let expected = ["10.0.0.1", "denied", "10.0.0.2", "10.0.0.2 10.0.0.3"];
    let enough = async {
        while told.lock().unwrap().len() < expected.len() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        never = watch => match never {},
        () = enough => {}
        () = tokio::time::sleep(Duration::from_secs(30)) => {}
    }
    assert_eq!(*told.lock().unwrap(), expected);
    let asked = script.asked(LISTS);
    assert!(asked[0].1.contains("service-name%3Dbroker"), "{asked:?}");
}
