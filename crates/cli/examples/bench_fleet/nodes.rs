use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use iamra_sandbox::Operation;
use rustix::process::Signal;

use crate::Result;
use crate::cluster::{Cluster, SERVICE};
use crate::memory::Memory;
use crate::process::Process;

/// The agents of all nodes, and the brokers if there are any: processes.
pub(crate) struct Nodes<'a> {
    pub(crate) cluster: &'a Cluster,
    binary: PathBuf,
    agents: Vec<Process>,
    brokers: Vec<Process>,
}

impl<'a> Nodes<'a> {
    /// Starts as many brokers, and then an agent on each node, and waits until all
    /// listen and know the brokers.
    pub(crate) fn start(binary: &Path, cluster: &'a Cluster, brokers: usize) -> Result<Self> {
        let mut nodes = Self {
            cluster,
            binary: binary.to_owned(),
            agents: Vec::new(),
            brokers: Vec::new(),
        };
        for number in 0..brokers {
            let token = cluster.own_token(&broker_name(number), "iamra-broker")?;
            let more = ["--jwt-file", path(&token)?, "--broker-service", SERVICE];
            let broker = nodes.process(("broker", broker_address(number)?), &more)?;
            nodes.brokers.push(broker);
        }
        for broker in &mut nodes.brokers {
            broker.until_listening()?;
        }
        nodes.until_certified(brokers)?;
        nodes.publish(|_| true);
        for node in 0..cluster.size.agents {
            let agent = nodes.agent(node)?;
            nodes.agents.push(agent);
        }
        for agent in &mut nodes.agents {
            agent.until_listening()?;
        }
        if brokers > 0 {
            nodes.until_certified(brokers + cluster.size.agents)?;
        }
        Ok(nodes)
    }

    /// Starts the agent of a node anew, which has forgotten everything.
    pub(crate) fn restart_agent(&mut self, node: usize) -> Result {
        if let Some(agent) = self.agents.get_mut(node) {
            agent.kill()?;
        }
        let mut anew = self.agent(node)?;
        anew.until_listening()?;
        if let Some(agent) = self.agents.get_mut(node) {
            *agent = anew;
        }
        Ok(())
    }

    /// Kills a broker. The endpoint slices name it still.
    pub(crate) fn kill_broker(&mut self, number: usize) -> Result {
        self.broker(number)?.kill()
    }

    /// Has a broker say nothing any more, though its connections stay.
    pub(crate) fn stop_broker(&mut self, number: usize) -> Result {
        self.broker(number)?.signal(Signal::STOP)
    }

    /// Ends that.
    pub(crate) fn let_broker_go_on(&mut self, number: usize) -> Result {
        self.broker(number)?.signal(Signal::CONT)
    }

    fn broker(&mut self, number: usize) -> Result<&mut Process> {
        Ok(self.brokers.get_mut(number).ok_or("no such broker")?)
    }

    /// What the endpoint slices say: those brokers are ready.
    pub(crate) fn publish(&self, is_ready: impl Fn(usize) -> bool) {
        let names: Vec<_> = (0..self.brokers.len()).map(broker_name).collect();
        let all = names.iter().zip(&self.brokers).enumerate();
        let ready = all.filter(|(number, _)| is_ready(*number));
        self.cluster
            .publish(ready.map(|(_, (name, broker))| (name.as_str(), broker.address)));
    }

    pub(crate) fn memory_of_agents(&self) -> Result<Vec<Memory>> {
        self.agents.iter().map(Process::memory).collect()
    }

    pub(crate) fn memory_of_brokers(&self) -> Result<Vec<Memory>> {
        self.brokers.iter().map(Process::memory).collect()
    }

    fn agent(&self, node: usize) -> Result<Process> {
        let address = agent_address(node)?;
        if self.brokers.is_empty() {
            return self.process(("agent", address), &[]);
        }
        let token = self
            .cluster
            .own_token(&format!("agent-{node}"), "iamra-agent")?;
        let more = ["--jwt-file", path(&token)?, "--broker-service", SERVICE];
        self.process(("agent", address), &more)
    }

    fn process(&self, what: (&str, SocketAddr), more: &[&str]) -> Result<Process> {
        Process::start(&self.binary, self.cluster, what, more)
    }

    /// Waits until so many certificates were signed in all.
    fn until_certified(&self, count: usize) -> Result {
        let deadline = Instant::now() + PATIENCE;
        let signed = || {
            let requests = self.cluster.sandbox.requests();
            requests.answered(Operation::VaultSign, 200)
        };
        while signed() < count {
            if Instant::now() > deadline {
                let said = self.brokers.iter().chain(&self.agents).map(Process::said);
                let said = said.collect::<Result<Vec<_>>>()?.join("");
                return Err(format!("{} of {count} have a certificate: {said}", signed()).into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

pub(crate) fn broker_name(number: usize) -> String {
    format!("broker-{number}")
}

/// Where the agent of a node answers: an address of its own, as the link's would be.
pub(crate) fn agent_address(node: usize) -> Result<SocketAddr> {
    let first = u32::from(Ipv4Addr::new(127, 77, 0, 1));
    let address = Ipv4Addr::from(first + u32::try_from(node)?);
    Ok((address, 8079).into())
}

fn broker_address(number: usize) -> Result<SocketAddr> {
    let address = Ipv4Addr::new(127, 78, 0, 1 + u8::try_from(number)?);
    Ok((address, 8443).into())
}

fn path(path: &Path) -> Result<&str> {
    Ok(path.to_str().ok_or("a path that is no text")?)
}

const PATIENCE: Duration = Duration::from_secs(120);
