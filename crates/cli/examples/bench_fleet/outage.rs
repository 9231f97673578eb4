use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use pod_identity::ranked;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::cluster::{FleetPod, Size, account_name};
use crate::course::Calls;
use crate::nodes::{Nodes, agent_address, broker_name};
use crate::row::{mark, time};
use crate::{Result, sdk};

/// What a pod that asks finds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Found {
    /// Its node's agent has the session.
    OnNode,
    /// The agent is new; the broker that holds the session is there.
    AtBroker,
    /// The agent is new, and the broker has gone: another one has a copy.
    Gone,
}

/// How a broker is lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Loss {
    /// Its process is killed: connections break, and Kubernetes sees it.
    Killed,
    /// It says nothing any more, as when its node has lost its power, which
    /// Kubernetes sees after forty seconds and more: not within this.
    Silent,
}

/// Each pod asks once more, at some moment of half a minute, or less of few pods.
/// On the way, one broker is lost, and one agent in ten begins anew, with nothing in
/// memory.
/// Whether no pod has waited too long.
pub(crate) fn lose_a_broker(nodes: &mut Nodes<'_>, loss: Loss) -> Result<bool> {
    let size = nodes.cluster.size;
    let seconds = u32::try_from(size.pods / 300)?.clamp(6, 30);
    let course = Course {
        size,
        length: Duration::from_secs(seconds.into()),
        // Not the same agents each time.
        tenth: match loss {
            Loss::Silent => 0,
            Loss::Killed => 1,
        },
    };
    let earlier = Calls::so_far(&nodes.cluster.sandbox).sessions;
    let pods = nodes.cluster.pods.clone();
    let (began, asking) = ask_all(&pods, course.length)?;
    let lost_at = began + course.length / 3;
    std::thread::sleep(lost_at.saturating_duration_since(std::time::Instant::now()));
    course.lose(nodes, loss)?;
    let waits = asking.join().map_err(|_| "the pods have failed")??;
    if loss == Loss::Silent {
        nodes.let_broker_go_on(0)?;
    }
    let sessions = Calls::so_far(&nodes.cluster.sandbox).sessions - earlier;
    println!(
        "\na broker is {}, and {} agents begin anew, while {} pods ask in {}",
        match loss {
            Loss::Killed => "killed",
            Loss::Silent => "silent",
        },
        course.new_agents().len(),
        pods.len(),
        time(Some(course.length)),
    );
    Ok(course.judge(&pods, &waits, sessions))
}

struct Course {
    size: Size,
    /// For how long pods ask; after a third of it, the broker is lost.
    length: Duration,
    /// Which tenth of the agents begins anew: neighbours, as those have all accounts.
    tenth: usize,
}

impl Course {
    fn new_agents(&self) -> Range<usize> {
        let tenth = self.size.agents.div_ceil(10);
        tenth * self.tenth..(tenth * (self.tenth + 1)).min(self.size.agents)
    }

    fn lose(&self, nodes: &mut Nodes<'_>, loss: Loss) -> Result {
        match loss {
            Loss::Killed => nodes.kill_broker(0)?,
            Loss::Silent => nodes.stop_broker(0)?,
        }
        for node in self.new_agents() {
            nodes.restart_agent(node)?;
        }
        if loss == Loss::Killed {
            // Kubelet sees that a container has ended, and the slices follow.
            std::thread::sleep(UNTIL_SEEN);
            nodes.publish(|number| number != 0);
        }
        Ok(())
    }

    fn found(&self, pod: &FleetPod, asked_at: Duration) -> Found {
        if asked_at < self.length / 3 || !self.new_agents().contains(&pod.node) {
            Found::OnNode
        } else if holder(pod) == broker_name(0) {
            Found::Gone
        } else {
            Found::AtBroker
        }
    }

    /// Prints how long who has waited; whether it is short enough.
    fn judge(&self, pods: &[FleetPod], waits: &Waits, sessions: usize) -> bool {
        let of = |what: Found| -> Vec<Duration> {
            let all = pods.iter().zip(waits);
            let own = all.filter(|(pod, (asked_at, _))| self.found(pod, *asked_at) == what);
            own.map(|(_, (_, waited))| *waited).collect()
        };
        let kept = [
            told("the session is on the node", &of(Found::OnNode)),
            told("agent anew, its broker is there", &of(Found::AtBroker)),
            told("agent anew, its broker is lost", &of(Found::Gone)),
        ];
        println!("{:<32} {sessions:>6} sessions opened anew", "");
        kept.iter().all(|kept| *kept)
    }
}

/// When each asked, and how long it waited.
type Waits = Vec<(Duration, Duration)>;

/// On a thread of its own.
fn ask_all(
    pods: &[FleetPod],
    length: Duration,
) -> Result<(std::time::Instant, std::thread::JoinHandle<Result<Waits>>)> {
    let pods: Vec<(FleetPod, SocketAddr)> = pods
        .iter()
        .map(|pod| Ok((pod.clone(), agent_address(pod.node)?)))
        .collect::<Result<_>>()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let began = std::time::Instant::now();
    let asking = std::thread::spawn(move || {
        runtime.block_on(async {
            let started = Instant::from_std(began);
            let mut asking = JoinSet::new();
            for (number, (pod, agent)) in pods.into_iter().enumerate() {
                let asked_at = length.mul_f64(fastrand::f64());
                asking.spawn(async move {
                    sleep_until(started + asked_at).await;
                    sdk::until_answered(&pod, agent).await;
                    (
                        number,
                        (asked_at, started.elapsed().saturating_sub(asked_at)),
                    )
                });
            }
            let mut waits = asking.join_all().await;
            waits.sort_by_key(|(number, _)| *number);
            Ok(waits.into_iter().map(|(_, wait)| wait).collect())
        })
    });
    Ok((began, asking))
}

/// The broker that holds the session of a pod's account, as agents know it.
fn holder(pod: &FleetPod) -> String {
    let (namespace, name) = account_name(pod.account);
    let brokers = [broker_name(0), broker_name(1)];
    let ranked = ranked(&brokers, &format!("{namespace}/{name}"));
    ranked.first().copied().cloned().unwrap_or_default()
}

/// Prints it; whether it is short enough.
fn told(what: &str, waits: &[Duration]) -> bool {
    let longest = waits.iter().max().copied();
    // Where nobody was, nothing is shown.
    let is_kept = longest.is_some_and(|longest| longest <= LONGEST);
    println!(
        "{what:<32} {:>6} pods, longest wait {}, target {} {}",
        waits.len(),
        time(longest),
        time(Some(LONGEST)),
        mark(is_kept)
    );
    is_kept
}

const UNTIL_SEEN: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(5);
