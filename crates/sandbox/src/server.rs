//! The listeners: plain and TLS, Vault, AWS and Kubernetes.

mod body;
mod exchange;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::sandbox::{Services, Side};
use crate::{Error, Settings};
use exchange::Peer;

/// The addresses in use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) vault_http: SocketAddr,
    pub(crate) vault_https: Option<SocketAddr>,
    pub(crate) aws_http: SocketAddr,
    pub(crate) aws_https: Option<SocketAddr>,
    pub(crate) kubernetes: Option<SocketAddr>,
}

/// One bound port.
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    side: Side,
    tls: Option<TlsAcceptor>,
}

/// Binds two ports, or four with TLS, and one for Kubernetes where that is wanted.
pub(crate) async fn bind(
    settings: &Settings,
    services: &Services,
) -> Result<(Vec<Listener>, Addresses), Error> {
    let ip = settings.loopback.address();
    let ports = settings.ports;
    let plain = |side, port| listen(SocketAddr::new(ip, port), side, None);
    let vault = plain(Side::Vault, ports.vault_http).await?;
    let aws = plain(Side::Aws, ports.aws_http).await?;
    let mut addresses = Addresses {
        vault_http: vault.address,
        vault_https: None,
        aws_http: aws.address,
        aws_https: None,
        kubernetes: None,
    };
    let mut listeners = vec![vault, aws];
    if settings.kubernetes_api {
        let kubernetes = plain(Side::Kubernetes, ports.kubernetes).await?;
        addresses.kubernetes = Some(kubernetes.address);
        listeners.push(kubernetes);
    }
    if let Some(authorities) = &services.tls {
        let secured = |side, port, authority| {
            let acceptor = tls::acceptor(authority, side, services);
            async move { listen(SocketAddr::new(ip, port), side, Some(acceptor?)).await }
        };
        let vault = secured(Side::Vault, ports.vault_https, &authorities.vault).await?;
        let aws = secured(Side::Aws, ports.aws_https, &authorities.aws).await?;
        addresses.vault_https = Some(vault.address);
        addresses.aws_https = Some(aws.address);
        listeners.extend([vault, aws]);
    }
    Ok((listeners, addresses))
}

async fn listen(
    address: SocketAddr,
    side: Side,
    tls: Option<TlsAcceptor>,
) -> Result<Listener, Error> {
    let failed = |source| Error::Listen { address, source };
    let socket = TcpListener::bind(address).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    Ok(Listener {
        socket,
        address,
        side,
        tls,
    })
}

/// Accepts for ever. Dropping the future drops the set of tasks, and that ends
/// them all.
pub(crate) async fn serve(services: Arc<Services>, listeners: Arc<Vec<Listener>>) {
    let mut loops = JoinSet::new();
    for place in 0..listeners.len() {
        loops.spawn(accept(Arc::clone(&services), Arc::clone(&listeners), place));
    }
    while loops.join_next().await.is_some() {}
}

async fn accept(services: Arc<Services>, listeners: Arc<Vec<Listener>>, place: usize) {
    let Some(listener) = listeners.get(place) else {
        return;
    };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.socket.accept() => match accepted {
                Ok((stream, _)) => {
                    let services = Arc::clone(&services);
                    connections.spawn(greet(services, stream, listener.side, listener.tls.clone()));
                }
                // Out of file descriptors, say: let others finish first.
                Err(error) => {
                    tracing::debug!(%error, "could not accept a connection");
                    tokio::task::yield_now().await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn greet(services: Arc<Services>, stream: TcpStream, side: Side, tls: Option<TlsAcceptor>) {
    // Answers are small and written at once: waiting for more only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not switch off Nagle's algorithm");
    }
    let mut peer = Peer {
        side,
        certificates: Vec::new(),
    };
    match tls {
        None => converse(services, stream, peer).await,
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => {
                let shown = stream.get_ref().1.peer_certificates();
                peer.certificates = shown.unwrap_or_default().to_vec();
                converse(services, stream, peer).await;
            }
            Err(error) => tracing::debug!(%error, "TLS handshake failed"),
        },
    }
}

async fn converse<S>(services: Arc<Services>, stream: S, peer: Peer)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let peer = Arc::new(peer);
    let service = service_fn(move |request| {
        let (services, peer) = (Arc::clone(&services), Arc::clone(&peer));
        async move { exchange::exchange(&services, &peer, request).await }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "connection ended early");
    }
}
