use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Cluster;
use super::object::Kind;
use super::status::Status;
use crate::RequestParts;
use crate::answer::Answer;

/// A request that is passed on to a pod. The real one refuses addresses of
/// loopback, which are all that there are here.
#[derive(Debug)]
pub(crate) struct Forward {
    address: SocketAddr,
    path: String,
    headers: HeaderMap,
}

impl Forward {
    /// Of a request to `pods/NAME:PORT/proxy/PATH`.
    pub(super) fn new(
        cluster: &Cluster,
        (namespace, pod): (&str, &str),
        request: &RequestParts,
    ) -> Result<Self, Status> {
        let (name, port) = pod.split_once(':').unwrap_or((pod, "80"));
        let port = port.parse();
        let port = port.map_err(|_| Status::bad_request("the port is no number"))?;
        let world = cluster.world();
        let object = world.find(Kind::Pod, namespace, name);
        let object = object.ok_or_else(|| Status::no_object(Kind::Pod, name))?;
        let ip = object
            .text("/status/podIP")
            .and_then(|ip| ip.parse::<IpAddr>().ok());
        let ip = ip.ok_or_else(|| Status::bad_request("address not allowed"))?;
        let behind = request
            .path
            .split_once("/proxy")
            .map_or("", |(_, path)| path);
        let mut headers = request.headers.clone();
        // Who asks the API is none of the pod's business.
        headers.remove(AUTHORIZATION);
        headers.remove(HOST);
        Ok(Self {
            address: SocketAddr::new(ip, port),
            path: behind.to_owned(),
            headers,
        })
    }

    /// What the pod answers, or that it does not.
    pub(crate) async fn answer(self) -> Answer {
        let address = self.address;
        match tokio::time::timeout(PATIENCE, self.passed_on()).await {
            Ok(Some(answer)) => answer,
            _ => Status::unreachable(address).answer(),
        }
    }

    async fn passed_on(self) -> Option<Answer> {
        let stream = TcpStream::connect(self.address).await.ok()?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        let mut request = Request::get(&self.path).body(Empty::<Bytes>::new()).ok()?;
        *request.headers_mut() = self.headers;
        let host = self.address.to_string().parse().ok()?;
        request.headers_mut().insert(HOST, host);
        let asked = async {
            let response = sender.send_request(request).await.ok()?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, LARGEST).collect().await.ok()?.to_bytes();
            Some((head, body))
        };
        // The connection moves on only while it is awaited.
        let mut asked = std::pin::pin!(asked);
        let (head, body) = tokio::select! {
            answered = &mut asked => answered?,
            // What has come before its end can still be read.
            _ = connection => asked.await?,
        };
        let mut answer = Answer::empty(head.status);
        answer.body = body;
        if let Some(kind) = head.headers.get(CONTENT_TYPE) {
            answer.headers.insert(CONTENT_TYPE, kind.clone());
        }
        Some(answer)
    }
}

const PATIENCE: Duration = Duration::from_secs(5);
const LARGEST: usize = 4 * 1024 * 1024;
