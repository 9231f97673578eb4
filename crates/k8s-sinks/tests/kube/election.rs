use std::sync::Arc;
use std::time::Duration;

use http::Method;
use k8s_sinks::kubernetes::{Election, Error, LeaseTimes};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::proxy::Proxy;
use crate::testbed::Testbed;

/// One process that wants to lead.
struct Replica {
    election: Arc<Election>,
    leading: watch::Receiver<bool>,
    running: JoinHandle<()>,
}

impl Replica {
    fn start(election: Election) -> Self {
        let election = Arc::new(election);
        let (sender, leading) = watch::channel(false);
        let running = tokio::spawn({
            let election = Arc::clone(&election);
            async move {
                let _never = election.run(&sender).await;
            }
        });
        Self {
            election,
            leading,
            running,
        }
    }

    async fn leads(&mut self) {
        self.becomes(true).await;
    }

    async fn follows(&mut self) {
        self.becomes(false).await;
    }

    async fn becomes(&mut self, leader: bool) {
        let became = self.leading.wait_for(|leading| *leading == leader);
        let became = tokio::time::timeout(Duration::from_mins(1), became).await;
        became.unwrap().unwrap();
    }

    /// Without a word to anybody.
    async fn killed(self) -> watch::Receiver<bool> {
        self.running.abort();
        assert!(self.running.await.unwrap_err().is_cancelled());
        self.leading
    }
}

fn election(testbed: &Testbed, namespace: &str, identity: &str) -> Election {
    let election = Election::new(testbed.cluster(), namespace, "iamra-default", identity);
    let [renew_deadline, retry] = [2_000, 200].map(Duration::from_millis);
    let times = LeaseTimes::new(Duration::from_secs(3), renew_deadline, retry);
    election.unwrap().with_times(times.unwrap())
}

fn path(namespace: &str) -> String {
    format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/iamra-default")
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn one_leads_and_hands_over_at_its_end() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let mut first = Replica::start(election(testbed, &namespace, "a"));
    first.leads().await;
    let lease = testbed.object(&path(&namespace)).await;
    assert_eq!(lease["spec"]["holderIdentity"], "a");
    assert_eq!(lease["spec"]["leaseDurationSeconds"], 3);

    let mut second = Replica::start(election(testbed, &namespace, "b"));
    // It has seen the Lease, and renewals of it, and waits.
    until(|| second.election.holder().as_deref() == Some("a")).await;
    assert!(first.election.leads() && !second.election.leads());
    // Release without an end of `run` first would be taken back.
    let election = Arc::clone(&first.election);
    let leading = first.killed().await;
    assert!(!*leading.borrow() && !election.leads());
    // The Lease is free from here on, before its time is over.
    election.release().await.unwrap();
    let lease = testbed.object(&path(&namespace)).await;
    assert_ne!(lease["spec"]["holderIdentity"], "a");
    second.leads().await;
    let lease = testbed.object(&path(&namespace)).await;
    assert_eq!(lease["spec"]["holderIdentity"], "b");
    assert_eq!(lease["spec"]["leaseTransitions"], 1);
    // What is not ours is not released.
    election.release().await.unwrap();
    let lease = testbed.object(&path(&namespace)).await;
    assert_eq!(lease["spec"]["holderIdentity"], "b");
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn who_is_killed_is_followed() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let mut first = Replica::start(election(testbed, &namespace, "a"));
    first.leads().await;
    let mut second = Replica::start(election(testbed, &namespace, "b"));
    let leading = first.killed().await;
    assert!(!*leading.borrow());
    let lease = testbed.object(&path(&namespace)).await;
    assert_eq!(lease["spec"]["holderIdentity"], "a");
    second.leads().await;
    // Its own name is no reason to take it back at once, after a restart.
    let mut third = Replica::start(election(testbed, &namespace, "b"));
    until(|| third.election.holder().is_some()).await;
    let mut lease = testbed.object(&path(&namespace)).await;
    for _ in 0..5 {
        lease = changed(testbed, &path(&namespace), &lease).await;
        assert!(second.election.leads() && !third.election.leads());
    }
    second.killed().await;
    third.leads().await;
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn of_several_at_once_one_leads() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    for round in 0..5 {
        let names = ["a", "b", "c", "d"].map(|name| format!("{name}{round}"));
        let mut replicas: Vec<_> = names
            .iter()
            .map(|name| Replica::start(election(testbed, &namespace, name)))
            .collect();
        // At every moment from the first look to the first who leads.
        until(|| {
            let leaders = replicas.iter().filter(|it| it.election.leads()).count();
            assert!(leaders <= 1);
            leaders == 1 && replicas.iter().all(|it| it.election.holder().is_some())
        })
        .await;
        let leader = replicas.iter().position(|it| it.election.leads()).unwrap();
        let leader = replicas.swap_remove(leader);
        for replica in replicas {
            let leading = replica.killed().await;
            assert!(!*leading.borrow());
        }
        let election = Arc::clone(&leader.election);
        leader.killed().await;
        election.release().await.unwrap();
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn who_is_cut_off_stops_before_another_starts() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let proxy = Proxy::start(testbed.base()).await;
    let cluster = testbed.cluster_at(proxy.base());
    let cut_off = Election::new(cluster, &namespace, "iamra-default", "a").unwrap();
    let times = LeaseTimes::new(
        Duration::from_secs(3),
        Duration::from_secs(2),
        Duration::from_millis(200),
    );
    let mut first = Replica::start(cut_off.with_times(times.unwrap()));
    first.leads().await;
    let mut second = Replica::start(election(testbed, &namespace, "b"));
    until(|| second.election.holder().is_some()).await;
    // Its requests hang from here on, in the middle of whatever it does.
    proxy.cut();
    tokio::select! {
        biased;
        () = first.follows() => {}
        () = second.leads() => panic!("there are two leaders"),
    }
    second.leads().await;
    assert!(!first.election.leads());
    // It is back, and sees that it has lost.
    proxy.mend();
    until(|| first.election.holder().as_deref() == Some("b")).await;
    assert!(!first.election.leads() && second.election.leads());
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_happens_to_the_lease_is_noticed() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let lease = path(&namespace);
    let mut replica = Replica::start(election(testbed, &namespace, "a"));
    replica.leads().await;
    // Others' fields stay.
    let label = json!({"metadata": {"labels": {"team": "x"}}});
    testbed.ask(Method::PATCH, &lease, &label).await;
    let transitions = |lease: &Value| lease["spec"]["leaseTransitions"].as_u64();
    let before = testbed.object(&lease).await;
    let renewed = changed(testbed, &lease, &before).await;
    assert_eq!(renewed["metadata"]["labels"]["team"], "x");
    assert_eq!(transitions(&renewed), Some(0));
    assert!(replica.election.leads());
    // Deleted: it is made anew, by whoever is first.
    testbed.ask(Method::DELETE, &lease, &Value::Null).await;
    let again = changed(testbed, &lease, &renewed).await;
    assert_ne!(again["metadata"]["uid"], renewed["metadata"]["uid"]);
    assert_eq!(again["metadata"]["labels"].get("team"), None);
    assert!(replica.election.leads());
    // Somebody takes it away.
    let stolen = json!({"spec": {"holderIdentity": "somebody"}});
    testbed.ask(Method::PATCH, &lease, &stolen).await;
    replica.follows().await;
    assert_eq!(replica.election.holder().as_deref(), Some("somebody"));
    replica.leads().await;
    // Somebody frees it.
    let freed = json!({"spec": {"holderIdentity": ""}});
    testbed.ask(Method::PATCH, &lease, &freed).await;
    replica.follows().await;
    replica.leads().await;
}

/// Waits until it is in another state, and there.
async fn changed(testbed: &Testbed, path: &str, before: &Value) -> Value {
    for _ in 0..A_MINUTE {
        let (status, now) = testbed.ask(Method::GET, path, &Value::Null).await;
        if status == 200
            && now["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"]
        {
            return now;
        }
        tokio::time::sleep(A_MOMENT).await;
    }
    panic!("it stays as it is: {before}");
}

/// Waits until it is so.
async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..A_MINUTE {
        if is_so() {
            return;
        }
        tokio::time::sleep(A_MOMENT).await;
    }
    panic!("it is not so within a minute");
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn without_the_right_to_it_nobody_leads() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let election = Election::new(testbed.cluster(), &namespace, "iamra-default", " ");
    assert!(matches!(election, Err(Error::Invalid { .. })));
    let nobody = testbed.cluster_of("kubernetes-is-no-token");
    let election = Election::new(nobody, &namespace, "iamra-default", "a").unwrap();
    let (sender, leading) = watch::channel(true);
    tokio::select! {
        _ = election.run(&sender) => {}
        () = tokio::time::sleep(Duration::from_millis(500)) => {}
    }
    assert!(!*leading.borrow() && !election.leads());
    election.release().await.unwrap();
    let (status, _) = testbed
        .ask(Method::GET, &path(&namespace), &Value::Null)
        .await;
    assert_eq!(status, 404);
}

/// Between two looks at what will be there in the end.
const A_MOMENT: Duration = Duration::from_millis(5);
const A_MINUTE: usize = 12_000;
