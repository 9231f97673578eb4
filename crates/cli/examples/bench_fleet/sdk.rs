use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::cluster::FleetPod;

/// Asks the agent until there are credentials.
///
/// The patience is that of botocore, two seconds for an answer and a second between
/// two attempts; longer where `Retry-After` says so, as other SDKs have it. An SDK
/// gives up after three attempts or so, and the program asks again: this one
/// never does give up.
pub(crate) async fn until_answered(pod: &FleetPod, agent: SocketAddr) {
    let mut kept = None;
    loop {
        let rest = match timeout(PATIENCE, ask(&mut kept, pod, agent)).await {
            Ok(Ok(Answer { status: 200, .. })) => return,
            Ok(Ok(answer)) => answer.retry_after.unwrap_or(REST).max(REST),
            Ok(Err(_)) | Err(_) => {
                // What was sent is not answered on that connection any more.
                kept = None;
                REST
            }
        };
        sleep(rest).await;
    }
}

struct Answer {
    status: u16,
    retry_after: Option<Duration>,
}

/// One request, on the connection that was kept if there is one.
async fn ask(
    kept: &mut Option<TcpStream>,
    pod: &FleetPod,
    agent: SocketAddr,
) -> std::io::Result<Answer> {
    let mut stream = match kept.take() {
        Some(stream) => stream,
        None => connect(pod.address, agent).await?,
    };
    let request = format!(
        "GET /v1/credentials HTTP/1.1\r\nHost: {agent}\r\nAuthorization: {}\r\n\r\n",
        pod.token.expose_secret()
    );
    stream.write_all(request.as_bytes()).await?;
    let answer = read(&mut stream).await?;
    *kept = Some(stream);
    Ok(answer)
}

async fn connect(from: Ipv4Addr, agent: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let stream = socket.connect(agent).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Head and body, both whole.
async fn read(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let mut bytes = Vec::with_capacity(2048);
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let value = |name: &str| header(head, name)?.parse::<u64>().ok();
        let length = value("content-length").unwrap_or_default();
        if u64::try_from(body.len()).is_ok_and(|there| there < length) {
            continue;
        }
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        return Ok(Answer {
            status: status.ok_or_else(|| std::io::Error::other("no HTTP"))?,
            retry_after: value("retry-after").map(Duration::from_secs),
        });
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut named = lines.filter(|(of, _)| of.eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value.trim())
}

/// Of botocore's `ContainerMetadataFetcher`.
const PATIENCE: Duration = Duration::from_secs(2);
const REST: Duration = Duration::from_secs(1);
