use std::path::Path;
use std::process::Command;

use secrecy::ExposeSecret as _;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::cluster::{Cluster, Size};
use crate::nodes::agent_address;
use crate::process::Process;
use crate::{Result, sdk};

/// Starts two agents that have a session of each of so many accounts, one that is
/// silent and one that says of each hand-out that it happened, and runs a command
/// beside them.
///
/// The command is told by variables: the addresses, the processes, and the file of
/// a pod's token. Callers are not limited: all load comes from one address.
pub(crate) fn measure(binary: &Path, accounts: usize, command: &[String]) -> Result {
    let size = Size {
        // Four accounts have five pods.
        pods: accounts * 5 / 4 + 1,
        agents: 1,
        accounts,
    };
    let cluster = Cluster::new(size, None)?;
    let mut environment = Vec::new();
    let mut agents = Vec::new();
    for (node, level) in ["warn", "info"].into_iter().enumerate() {
        let more = ["--caller-rate", "0", "--log-level", level];
        let address = agent_address(node)?;
        let mut agent = Process::start(binary, &cluster, ("agent", address), &more)?;
        agent.until_listening()?;
        warm_up(&cluster, &agent)?;
        let name = level.to_uppercase();
        environment.push((format!("FLEET_AGENT_{name}"), address.to_string()));
        environment.push((format!("FLEET_PROCESS_{name}"), agent.id().to_string()));
        agents.push(agent);
    }
    let pod = cluster.pods.first().ok_or("no pods")?;
    let token = cluster.file("pod.token");
    std::fs::write(&token, pod.token.expose_secret())?;
    let (program, arguments) = command.split_first().ok_or("name a command")?;
    let status = Command::new(program)
        .args(arguments)
        .envs(environment)
        .env("FLEET_TOKEN_FILE", &token)
        .status()?;
    if !status.success() {
        return Err(format!("{program}: {status}").into());
    }
    Ok(())
}

/// Has each account's pod ask once.
fn warm_up(cluster: &Cluster, agent: &Process) -> Result {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let address = agent.address;
    runtime.block_on(async {
        let mut asking = JoinSet::new();
        for pod in cluster.pods.clone() {
            asking.spawn(async move { sdk::until_answered(&pod, address).await });
        }
        asking.join_all().await;
    });
    Ok(())
}
