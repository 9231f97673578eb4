use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::cluster::{Cluster, FleetPod, Size};
use crate::course::{Calls, Course, QUOTA};
use crate::memory::Memory;
use crate::nodes::{Nodes, agent_address};
use crate::outage::{self, Loss};
use crate::{Result, row, sdk, sidecars};

/// Who holds the sessions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Sidecars,
    AgentsAlone,
    Brokers,
}

/// Measures each kind of fleet, one after the other.
pub(crate) fn compare(binary: &Path, size: Size, (stretch, kinds): (&str, Vec<Kind>)) -> Result {
    let stretch = match stretch {
        "whole" => WHOLE,
        seconds => Duration::from_secs(seconds.parse()?),
    };
    row::heading(size);
    let mut all_kept = true;
    for kind in kinds {
        let cluster = Cluster::new(size, Some(QUOTA))?;
        match kind {
            Kind::Sidecars => row::print(kind, &sidecars::start(&cluster, stretch)?, size),
            Kind::AgentsAlone => {
                let nodes = Nodes::start(binary, &cluster, 0)?;
                row::print(
                    kind,
                    &start(&nodes, stretch, size.sessions_by_nodes())?,
                    size,
                );
            }
            Kind::Brokers => all_kept &= with_brokers(binary, &cluster)?,
        }
    }
    if all_kept {
        Ok(())
    } else {
        Err("not all targets were met".into())
    }
}

fn with_brokers(binary: &Path, cluster: &Cluster) -> Result<bool> {
    let mut nodes = Nodes::start(binary, cluster, BROKERS)?;
    let course = start(&nodes, WHOLE, cluster.size.accounts)?;
    row::print(Kind::Brokers, &course, cluster.size);
    println!();
    let is_kept = row::judge(&course, cluster.size);
    println!("agents: {}", Memory::summary(&nodes.memory_of_agents()?));
    println!("brokers: {}", Memory::summary(&nodes.memory_of_brokers()?));
    let silent = outage::lose_a_broker(&mut nodes, Loss::Silent)?;
    let killed = outage::lose_a_broker(&mut nodes, Loss::Killed)?;
    Ok(is_kept && silent && killed)
}

/// All pods start within a second.
fn start(nodes: &Nodes<'_>, stretch: Duration, sessions_needed: usize) -> Result<Course> {
    let agents = (0..nodes.cluster.size.agents).map(agent_address);
    let agents: Vec<SocketAddr> = agents.collect::<Result<_>>()?;
    watch(nodes.cluster, (stretch, sessions_needed), |pod| {
        let agent = agents.get(pod.node).copied();
        async move {
            match agent {
                Some(agent) => sdk::until_answered(&pod, agent).await,
                None => std::future::pending().await,
            }
        }
    })
}

/// Has all pods come to credentials in some way, and watches that for so long.
pub(crate) fn watch<F>(
    cluster: &Cluster,
    (stretch, sessions_needed): (Duration, usize),
    come_to_credentials: impl Fn(FleetPod) -> F,
) -> Result<Course>
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (times, watched) = runtime.block_on(async {
        let started = Instant::now();
        let mut coming = JoinSet::new();
        for pod in cluster.pods.clone() {
            let late = Duration::from_secs_f64(fastrand::f64());
            let work = come_to_credentials(pod);
            coming.spawn(async move {
                sleep_until(started + late).await;
                work.await;
                (started.elapsed(), started.elapsed().saturating_sub(late))
            });
        }
        let mut times = Vec::new();
        gather(&mut coming, &mut times, started + stretch).await;
        (times, started.elapsed())
    });
    Ok(Course {
        longest_wait: times.iter().map(|(_, waited)| *waited).max(),
        times: times.into_iter().map(|(time, _)| time).collect(),
        pods: cluster.size.pods,
        sessions_needed,
        watched,
        calls: Calls::so_far(&cluster.sandbox),
    })
}

/// Until that moment, or until all are there.
async fn gather<T: 'static>(coming: &mut JoinSet<T>, there: &mut Vec<T>, until: Instant) {
    while let Ok(Some(ended)) = timeout_at(until, coming.join_next()).await {
        there.extend(ended.ok());
    }
}

impl FromStr for Kind {
    type Err = Box<dyn std::error::Error + Send + Sync>;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "sidecars" => Ok(Self::Sidecars),
            "agents" => Ok(Self::AgentsAlone),
            "brokers" => Ok(Self::Brokers),
            other => Err(format!("there are no {other}").into()),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sidecars => "sidecars",
            Self::AgentsAlone => "agents alone",
            Self::Brokers => "two brokers",
        })
    }
}

const BROKERS: usize = 2;
/// Long enough for each kind to come to its end.
const WHOLE: Duration = Duration::from_hours(2);
