use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use destination::{Destination, HttpClient, Response, ServerName};
use http::{HeaderValue, Request, header};
use k8s_sinks::kubernetes::{Endpoint, EndpointSlices};
use pod_identity::ranked;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::watch;

use super::errand::Errand;
use super::plan::Plan;
use super::silence::Silence;
use super::transport::{self, Transport, TransportCertificate};
use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::Access;

/// The brokers that are ready, and connections to them: by which agents ask
/// them, and they each other.
pub(super) struct Replicas {
    transport: Arc<Transport>,
    slices: EndpointSlices,
    /// What a broker is called in its certificate.
    name: String,
    /// Nothing before they were listed once.
    ready: watch::Sender<Option<Vec<Replica>>>,
    clients: Mutex<HashMap<SocketAddr, Client>>,
    silence: Silence,
    /// How many have come so far.
    comings: AtomicU64,
}

/// A broker that is ready.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Replica {
    /// By which everybody ranks it the same: its pod's name.
    pub(super) name: String,
    pub(super) address: SocketAddr,
    /// How often others had come before it came, this time: who was gone has
    /// forgotten everything.
    pub(super) coming: u64,
}

/// Connections to one of them, with the certificate that they were made with.
#[derive(Clone)]
struct Client {
    http: Arc<HttpClient>,
    certificate: TransportCertificate,
}

impl Replicas {
    /// As the settings say; none where they name no service.
    pub(super) fn named(
        context: &Context<'_>,
        (plan, access): (&Plan, &Access),
        transport: impl FnOnce() -> Result<Arc<Transport>, Failure>,
    ) -> Result<Option<Self>, Failure> {
        let Some(service) = context.settings.text("broker-service")? else {
            return Ok(None);
        };
        let own = &access.own_namespace;
        Ok(Some(Self {
            transport: transport()?,
            slices: EndpointSlices::of_service(access.cluster.clone(), own, &service)?,
            name: transport::name_of(context, transport::BROKER, &plan.cluster, own)?,
            ready: watch::Sender::default(),
            clients: Mutex::default(),
            silence: Silence::new(Arc::clone(&context.clock)),
            comings: AtomicU64::new(0),
        }))
    }

    /// Knows who is ready, for as long as this is awaited.
    pub(super) async fn keep(&self) -> Infallible {
        let watch = self.slices.watch(|seen| match seen {
            Ok(endpoints) => {
                let ready = endpoints.into_iter().filter(|endpoint| endpoint.is_ready);
                self.heed(ready.map(Replica::from).collect());
            }
            Err(error) => tracing::warn!(%error, "the brokers cannot be watched"),
        });
        watch.await
    }

    /// Who is ready, and who will be; nothing before they were listed once.
    pub(super) fn ready(&self) -> watch::Receiver<Option<Vec<Replica>>> {
        self.ready.subscribe()
    }

    /// Who we are to them.
    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Whoever is ready, in the order in which they hold what has that key.
    pub(super) fn ranked(&self, key: &str) -> Vec<Replica> {
        let ready = self.ready.borrow();
        let there: Vec<&Replica> = ready.iter().flatten().collect();
        let ranked = ranked(&there, key).into_iter();
        ranked.map(|replica| (*replica).clone()).collect()
    }

    /// Whether it could not be reached just now.
    pub(super) fn is_silent(&self, replica: &Replica) -> bool {
        self.silence.is_of(replica.address)
    }

    /// Waits for who is ready to be listed, but not for long.
    pub(super) async fn listed(&self) -> Option<()> {
        let mut ready = self.ready();
        let listed = ready.wait_for(Option::is_some);
        let listed = tokio::time::timeout(BEGINNING, listed).await;
        // The sender is ours: it does not go away.
        listed.ok()?.ok().map(drop)
    }

    /// One answer; an error says why it cannot be reached.
    pub(super) async fn ask(
        &self,
        (replica, errand): (&Replica, &Errand),
        certificate: &TransportCertificate,
        token: &SecretString,
    ) -> Result<Response, String> {
        let client = self.client(replica, certificate)?;
        let request = request((replica.address, errand), token)?;
        let answer = client.http.send(request).await;
        answer.map_err(|error| error.to_string())
    }

    /// It has said something.
    pub(super) fn heard(&self, replica: &Replica) {
        self.silence.end(replica.address);
    }

    /// It could not be reached.
    pub(super) fn missed(&self, replica: &Replica, why: &str) {
        tracing::info!(broker = replica.name, why, "a broker cannot be reached");
        self.clients().remove(&replica.address);
        self.silence.begin(replica.address);
    }

    fn client(
        &self,
        replica: &Replica,
        certificate: &TransportCertificate,
    ) -> Result<Client, String> {
        if let Some(client) = self.clients().get(&replica.address)
            && client.certificate.is(certificate)
        {
            return Ok(client.clone());
        }
        let http = HttpClient::new(Destination {
            roots: certificate.roots(),
            client_identity: Some(certificate.client_identity()),
            server_name: Some(ServerName {
                host: replica.address.ip().to_string(),
                name: self.name.clone(),
            }),
            connect_timeout: CONNECT_TIMEOUT,
            timeout: TIMEOUT,
            ..Destination::default()
        });
        let client = Client {
            http: Arc::new(http.map_err(|error| error.to_string())?),
            certificate: certificate.clone(),
        };
        self.clients().insert(replica.address, client.clone());
        Ok(client)
    }

    fn heed(&self, mut replicas: Vec<Replica>) {
        let is_among = |address: &SocketAddr| replicas.iter().any(|it| it.address == *address);
        self.clients().retain(|address, _| is_among(address));
        self.ready.send_if_modified(|ready| {
            let before = ready.as_deref().unwrap_or_default();
            for replica in &mut replicas {
                replica.coming = self.coming_of(replica, before);
            }
            if ready.as_ref() == Some(&replicas) {
                return false;
            }
            tracing::info!(brokers = replicas.len(), "other brokers are ready");
            *ready = Some(replicas);
            true
        });
    }

    /// Its own from before, where it was there.
    fn coming_of(&self, replica: &Replica, before: &[Replica]) -> u64 {
        let is_same = |it: &&Replica| it.name == replica.name && it.address == replica.address;
        let known = before.iter().find(is_same);
        known.map_or_else(|| self.comings.fetch_add(1, Relaxed), |it| it.coming)
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<SocketAddr, Client>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsRef<str> for Replica {
    fn as_ref(&self) -> &str {
        &self.name
    }
}

impl From<Endpoint> for Replica {
    fn from(endpoint: Endpoint) -> Self {
        let address = SocketAddr::new(endpoint.address, endpoint.port);
        Self {
            name: endpoint.pod.unwrap_or_else(|| address.to_string()),
            address,
            coming: 0,
        }
    }
}

fn request(
    (address, errand): (SocketAddr, &Errand),
    token: &SecretString,
) -> Result<Request<Bytes>, String> {
    let token = HeaderValue::from_str(token.expose_secret());
    let mut token = token.map_err(|_| "the token is no header value".to_owned())?;
    token.set_sensitive(true);
    let (method, target) = errand.request_line();
    let request = Request::builder()
        .method(method)
        .uri(format!("https://{address}{target}"))
        .header(header::AUTHORIZATION, token)
        .body(Bytes::new());
    request.map_err(|error| error.to_string())
}

const BEGINNING: Duration = Duration::from_secs(5);
/// Its network is ours.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// A broker that is at work says so long before that.
const TIMEOUT: Duration = Duration::from_secs(3);
