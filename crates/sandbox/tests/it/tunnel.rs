//! The tunnel: real names, real TLS, and the sandbox at the other end.

use std::sync::Arc;
use std::time::Duration;

use iamra_sandbox::{Operation, Settings, Tunnel};
use refresh::{Clock as _, SystemClock};
use reqwest::{Client, Proxy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::running::{Running, builder};

/// A tunnel to a sandbox with TLS, for the length of a test.
struct Tunnelled {
    running: Running,
    tunnel: Tunnel,
    serving: JoinHandle<()>,
}

impl Tunnelled {
    async fn new() -> Self {
        // A TLS client verifies certificates against the real time.
        let mut settings = Settings::new(Arc::new(|| SystemClock.now()));
        settings.tls = true;
        let running = Running::with(settings).await;
        let tunnel = running.tunnel().await.unwrap();
        let serving = tokio::spawn(tunnel.serve());
        Self {
            running,
            tunnel,
            serving,
        }
    }

    fn client(&self) -> Client {
        let proxy = Proxy::https(self.tunnel.url()).unwrap();
        let builder = builder(&[self.running.aws_ca_pem().unwrap()]);
        builder.proxy(proxy).build().unwrap()
    }
}

impl Drop for Tunnelled {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

const NAMES: [&str; 16] = [
    "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
    "123456789012.dkr-ecr.us-east-1.on.aws",
    "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
    "123456789012.dkr-ecr-fips.us-east-1.on.aws",
    "public.ecr.aws",
    "ecr-public.aws.com",
    "api.ecr.us-east-1.amazonaws.com",
    "api.ecr.eu-central-1.amazonaws.com",
    "api.ecr-fips.us-east-1.amazonaws.com",
    "ecr-fips.us-east-1.amazonaws.com",
    "ecr.us-east-1.api.aws",
    "ecr-fips.us-east-1.api.aws",
    "api.ecr-public.us-east-1.amazonaws.com",
    "ecr-public.us-east-1.api.aws",
];

#[tokio::test]
async fn real_names_over_real_tls() {
    let it = Tunnelled::new().await;
    let client = it.client();
    for (place, name) in NAMES.into_iter().enumerate() {
        let response = client.get(format!("https://{name}/v2/")).send().await;
        let status = response.unwrap().status().as_u16();
        // The first eight are registries, the others are not.
        assert_eq!(status, if place < 8 { 401 } else { 421 }, "{name}");
    }
    assert_eq!(
        it.tunnel.connected(),
        NAMES.map(|name| format!("{name}:443"))
    );
    assert_eq!(it.running.requests().hosts(Operation::RegistryCheck), NAMES);
    let stranger = client.get("https://registry.example.test/v2/").send().await;
    assert!(stranger.is_err());
    let connected = it.tunnel.connected();
    assert_eq!(connected.last().unwrap(), "registry.example.test:443");
}

/// Sends bytes, and gives the first line that comes back.
async fn first_line(url: &str, bytes: &[u8]) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = vec![0; 1024];
    let count = stream.read(&mut answer).await.unwrap();
    let text = String::from_utf8(answer[..count].to_vec()).unwrap();
    text.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn only_connect_of_a_reasonable_length_is_understood() {
    let it = Tunnelled::new().await;
    let long = format!("CONNECT a.test:443 HTTP/1.1\r\na: {}", "a".repeat(8192));
    for (bytes, line) in [
        (
            "GET http://a.test/ HTTP/1.1\r\n\r\n",
            "HTTP/1.1 405 Method Not Allowed",
        ),
        (
            "CONNECT a.test HTTP/1.1\r\n\r\n",
            "HTTP/1.1 405 Method Not Allowed",
        ),
        (&long, "HTTP/1.1 431 Request Header Fields Too Large"),
    ] {
        assert_eq!(first_line(&it.tunnel.url(), bytes.as_bytes()).await, line);
    }
    assert_eq!(it.tunnel.connected(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_told_to_go() {
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tunnel = Tunnel::bind(target.local_addr().unwrap()).await.unwrap();
    let url = tunnel.url();
    tokio::select! {
        () = tunnel.serve() => panic!("serving does not end"),
        line = first_line(&url, b"CONNECT a.test:443 HTTP/1.1\r\n") => {
            assert_eq!(line, "HTTP/1.1 408 Request Timeout");
        }
    }
}

#[tokio::test]
async fn what_comes_with_the_head_is_passed_on() {
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tunnel = Tunnel::bind(target.local_addr().unwrap()).await.unwrap();
    let url = tunnel.url();
    let received = async {
        let (mut stream, _) = target.accept().await.unwrap();
        let mut early = [0; 5];
        stream.read_exact(&mut early).await.unwrap();
        early
    };
    let talk = async {
        let head = b"CONNECT a.test:443 HTTP/1.1\r\n\r\nearly";
        tokio::join!(first_line(&url, head), received)
    };
    tokio::select! {
        () = tunnel.serve() => panic!("serving does not end"),
        (line, early) = talk => {
            assert_eq!(line, "HTTP/1.1 200 Connection established");
            assert_eq!(&early, b"early");
        }
    }
}

#[tokio::test]
async fn where_nobody_listens_the_gateway_is_bad() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let tunnel = Tunnel::bind(address).await.unwrap();
    let url = tunnel.url();
    tokio::select! {
        () = tunnel.serve() => panic!("serving does not end"),
        line = first_line(&url, b"CONNECT a.test:443 HTTP/1.1\r\n\r\n") => {
            assert_eq!(line, "HTTP/1.1 502 Bad Gateway");
        }
    }
}

#[tokio::test]
async fn nobody_comes_through_once_serving_has_ended() {
    let it = Tunnelled::new().await;
    let url = it.tunnel.url();
    it.serving.abort();
    let silence = first_line(&url, b"CONNECT a.test:443 HTTP/1.1\r\n\r\n");
    let silence = tokio::time::timeout(Duration::from_millis(50), silence).await;
    assert!(silence.is_err(), "{silence:?}");
}
