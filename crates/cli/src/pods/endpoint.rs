use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use credential_server::{
    Authorization, ContainerRoute, CredentialServer, Doors, ErrorFormat, Limits, Listener, Manner,
    Settings,
};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use super::errand::Errand;
use super::plan::Plan;
use super::transport::{self, Transport};
use super::{ADDRESSES, PodBroker, broker_tls, metrics};
use crate::context::Context;
use crate::failure::Failure;
use crate::serve;

/// Where pods' tokens are answered: an agent's addresses, or a broker's.
pub(crate) struct PodEndpoint {
    server: CredentialServer<PodBroker>,
    listeners: Mutex<Vec<Listener>>,
}

impl PodEndpoint {
    /// An agent's: where the settings say, or at EKS's addresses.
    pub(crate) async fn of_agent(
        context: &Context<'_>,
        broker: PodBroker,
    ) -> Result<Self, Failure> {
        let named = named(context)?;
        let sockets = match &named[..] {
            [] => usual().await?,
            named => {
                let mut sockets = Vec::new();
                for address in named {
                    sockets.push(listen(*address).await?);
                }
                sockets
            }
        };
        let hosts = ADDRESSES.into_iter();
        let hosts = hosts.chain(named.iter().map(SocketAddr::ip));
        let hosts = hosts.map(|host| host.to_string()).collect();
        let listeners = sockets.into_iter();
        let listeners = listeners.map(|socket| Listener::tcp(socket, Doors::CONTAINER));
        Self::new(
            context,
            (broker, &Errand::PATHS[..1]),
            (hosts, REQUEST_TIMEOUT),
            listeners.collect(),
        )
    }

    /// A broker's: to agents and to other brokers, by TLS.
    pub(crate) async fn of_broker(
        context: &Context<'_>,
        plan: &Plan,
        (holder, transport): (PodBroker, &Arc<Transport>),
        own_namespace: &str,
    ) -> Result<Self, Failure> {
        let name_of = |who| transport::name_of(context, who, &plan.cluster, own_namespace);
        let callers = [name_of(transport::AGENT)?, name_of(transport::BROKER)?];
        let tls = broker_tls::configuration(transport, callers)?;
        let named = context.settings.list("listen")?;
        let named = if named.is_empty() {
            vec![BROKER_ADDRESS.to_owned()]
        } else {
            named
        };
        let mut listeners = Vec::new();
        for text in named {
            let socket = listen(address(&text)?).await?;
            let transport = Arc::clone(transport);
            let listener = Listener::tcp(socket, Doors::CONTAINER)
                .with_tls(Arc::clone(&tls))
                .on_failed_handshake(move |error| {
                    if broker_tls::is_of_another_ca(error) {
                        transport.renew_soon();
                    }
                });
            listeners.push(listener);
        }
        // Who calls is known by the certificate, whatever they call us.
        Self::new(
            context,
            (holder, &Errand::PATHS),
            (Vec::new(), BROKER_TIMEOUT),
            listeners,
        )
    }

    fn new(
        context: &Context<'_>,
        (broker, paths): (PodBroker, &[&str]),
        (hosts, request_timeout): (Vec<String>, Duration),
        listeners: Vec<Listener>,
    ) -> Result<Self, Failure> {
        let settings = Settings {
            routes: paths.iter().map(|path| route(path)).collect(),
            manner: Manner::PodIdentityAgent { hosts },
            limits: Limits {
                most_connections: MOST_CONNECTIONS,
                request_timeout,
                ..Limits::default()
            },
            ..Settings::default()
        };
        let server = CredentialServer::new(broker, Arc::clone(&context.clock), settings);
        let server = server.map_err(|error| Failure::of("config.invalid", None, error))?;
        Ok(Self {
            server,
            listeners: Mutex::new(listeners),
        })
    }

    /// Who knows the credentials.
    pub(crate) fn broker(&self) -> &PodBroker {
        self.server.broker()
    }

    /// Answers for as long as this is awaited, which is once.
    pub(crate) async fn serve(&self) -> Infallible {
        let listeners = {
            let mut listeners = self
                .listeners
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *listeners)
        };
        self.server.serve(listeners).await
    }

    /// What has been done so far.
    pub(crate) fn register(&self, registry: &mut Registry) {
        metrics::register(&self.server, registry);
    }
}

fn route(path: &str) -> ContainerRoute {
    ContainerRoute {
        path: path.to_owned(),
        label: "pod".to_owned(),
        authorization: Authorization::Delegated,
        errors: ErrorFormat::Text,
    }
}

/// EKS's addresses. A node may be without IPv6, and with it the second one.
async fn usual() -> Result<Vec<TcpListener>, Failure> {
    let [v4, v6] = ADDRESSES.map(|address| SocketAddr::new(address, 80));
    let mut listeners = vec![listen(v4).await?];
    match listen(v6).await {
        Ok(listener) => listeners.push(listener),
        Err(failure) => tracing::info!("{failure}; pods are answered by IPv4 alone"),
    }
    Ok(listeners)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|error| serve::unbound(&address.to_string(), &error))?;
    let address = listener.local_addr().unwrap_or(address);
    tracing::info!(%address, "pods are answered");
    Ok(listener)
}

fn named(context: &Context<'_>) -> Result<Vec<SocketAddr>, Failure> {
    let is_open = context.settings.switch("insecure")?;
    let listen = context.settings.list("listen")?.into_iter();
    let addresses = listen.map(|text| {
        let address = address(&text)?;
        if !is_open && !stays_on_the_node(address.ip()) {
            let why = "tokens and credentials would cross the network in clear: say --insecure if \
                       that is meant";
            return Err(invalid(&text, why));
        }
        Ok(address)
    });
    addresses.collect()
}

fn address(text: &str) -> Result<SocketAddr, Failure> {
    let why = "it must be ADDRESS:PORT: 169.254.170.23:80, [fd00:ec2::23]:80, 127.0.0.1:8080";
    text.trim().parse().map_err(|_| invalid(text, why))
}

fn invalid(text: &str, why: &str) -> Failure {
    Failure::configuration("config.invalid", format!("--listen {text:?}: {why}"))
}

/// Where no packet leaves the machine: what SDKs speak plain HTTP to.
fn stays_on_the_node(address: IpAddr) -> bool {
    address.is_loopback() || ADDRESSES.contains(&address)
}

/// A node has 110 pods, or 250; each may keep a few.
const MOST_CONNECTIONS: usize = 2048;
/// As the EKS agent has it, less a moment to answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(28);
/// Agents ask again, and a broker that is gone is found out by its silence. Not
/// longer, as an agent asks for few accounts at once: while those have to wait
/// for the quota, the sessions of others may be there.
const BROKER_TIMEOUT: Duration = Duration::from_secs(1);
const BROKER_ADDRESS: &str = "[::]:8443";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stays_on_the_node_is_served_in_clear() {
        for (address, stays) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("169.254.170.23", true),
            ("fd00:ec2::23", true),
            ("169.254.169.254", false),
            ("10.0.0.1", false),
            ("0.0.0.0", false),
            ("::", false),
        ] {
            assert_eq!(
                stays_on_the_node(address.parse().unwrap()),
                stays,
                "{address}"
            );
        }
    }
}
