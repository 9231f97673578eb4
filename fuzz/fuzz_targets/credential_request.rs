//! Whatever comes over a connection, the server goes on serving, and nobody has
//! credentials without the token, which no input holds.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use credential_server::{
    Authorization, Broker, Caller, ContainerRoute, CredentialRequest, CredentialServer, Doors,
    ErrorFormat, HandOut, Instance, Limits, Listener, Refusal, Settings,
};
use libfuzzer_sys::fuzz_target;
use refresh::ManualClock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Runtime;

struct OneRole(Arc<HandOut>);

impl Broker for OneRole {
    async fn credentials(&self, _: &CredentialRequest<'_>) -> Result<Arc<HandOut>, Refusal> {
        Ok(self.0.clone())
    }

    async fn instance(&self, _: &Caller<'_>) -> Result<Arc<Instance>, Refusal> {
        Ok(Arc::default())
    }
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
});

static SERVER: LazyLock<CredentialServer<OneRole>> = LazyLock::new(|| {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    let token = Some("session".to_owned());
    let end = Some(now + Duration::from_secs(3600));
    let credentials = Credentials::new("ASIAFUZZ", "secret", token, end, "fuzz");
    let broker = OneRole(Arc::new(HandOut::new(credentials, now).expect("complete")));
    let settings = Settings {
        routes: vec![ContainerRoute {
            path: "/creds".to_owned(),
            label: "fuzz".to_owned(),
            authorization: Authorization::fixed("0b5e6a1f4c7d2983".into()),
            errors: ErrorFormat::Json,
        }],
        limits: Limits {
            head_timeout: Duration::from_millis(100),
            ..Limits::default()
        },
        ..Settings::default()
    };
    CredentialServer::new(broker, Arc::new(ManualClock::new(now)), settings).expect("a server")
});

fuzz_target!(|sent: &[u8]| {
    let answer = RUNTIME.block_on(async {
        let path = std::env::temp_dir().join(format!("credential-request-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let listener = Listener::unix(UnixListener::bind(&path).expect("a socket"), Doors::ALL);
        tokio::select! {
            never = SERVER.serve(vec![listener]) => match never {},
            answer = async {
                let mut stream = UnixStream::connect(&path).await.expect("a server");
                let mut answer = Vec::new();
                let _ = stream.write_all(sent).await;
                let _ = stream.shutdown().await;
                let _ = stream.read_to_end(&mut answer).await;
                answer
            } => answer,
        }
    });
    let has_credentials = answer.windows(8).any(|bytes| bytes == b"ASIAFUZZ");
    assert!(!has_credentials);
});
