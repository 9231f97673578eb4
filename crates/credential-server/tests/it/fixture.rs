use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use credential_server::{
    Authorization, Broker, Caller, ContainerRoute, CredentialRequest, CredentialServer, Door,
    Doors, ErrorFormat, HandOut, HandedOut, Instance, Listener, Refusal, Settings,
};
use refresh::{Clock as _, ManualClock};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Knows the roles `app` and `billing`; answers what it is told to.
pub(crate) struct TestBroker {
    pub(crate) answer: Mutex<Result<Arc<HandOut>, Refusal>>,
    pub(crate) instance: Mutex<Arc<Instance>>,
    /// Without permits, every request waits.
    pub(crate) gate: Semaphore,
    pub(crate) waiting: AtomicUsize,
    pub(crate) asked: AtomicUsize,
    pub(crate) audit: Mutex<Vec<String>>,
}

impl Broker for TestBroker {
    async fn credentials(&self, request: &CredentialRequest<'_>) -> Result<Arc<HandOut>, Refusal> {
        self.asked.fetch_add(1, SeqCst);
        self.waiting.fetch_add(1, SeqCst);
        let _pass = self.gate.acquire().await.unwrap();
        self.waiting.fetch_sub(1, SeqCst);
        match request.door {
            Door::InstanceRole { name } if name != "app" => return Err(Refusal::NotFound),
            Door::Container {
                path: "/delegated", ..
            } => match request.presented {
                Some(token) if token.expose_secret() == "pod" => {}
                _ => {
                    let message = "the token is nobody's".to_owned();
                    return Err(Refusal::Unauthenticated { message });
                }
            },
            _ => {}
        }
        self.answer.lock().unwrap().clone()
    }

    async fn instance(&self, _: &Caller<'_>) -> Result<Arc<Instance>, Refusal> {
        Ok(self.instance.lock().unwrap().clone())
    }

    fn handed_out(&self, event: &HandedOut<'_>) {
        let key = event.hand_out.access_key_id();
        let label = event.caller.token_label;
        let line = format!("{key} at {} to {label:?}", event.door);
        self.audit.lock().unwrap().push(line);
    }
}

/// A server that is being asked.
pub(crate) struct Fixture<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) server: &'a CredentialServer<TestBroker>,
    pub(crate) clock: ManualClock,
    /// What `/rotating` expects.
    pub(crate) rotating: Arc<Mutex<Option<&'static str>>>,
}

pub(crate) fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

/// Credentials of account 123456789012 that last an hour from [`start`].
pub(crate) fn hand_out() -> HandOut {
    let credentials = Credentials::builder()
        .access_key_id("ASIATEST")
        .secret_access_key("secret+/key")
        .session_token("session//token==")
        .expiry(start() + Duration::from_secs(3600))
        .account_id("123456789012")
        .provider_name("test")
        .build();
    HandOut::new(credentials, start())
        .unwrap()
        .with_role_arn("arn:aws:iam::123456789012:role/app")
}

pub(crate) fn broker() -> TestBroker {
    TestBroker {
        answer: Mutex::new(Ok(Arc::new(hand_out()))),
        instance: Mutex::new(Arc::new(Instance {
            role: "app".to_owned(),
            region: Some("eu-central-1".to_owned()),
            account_id: Some("123456789012".to_owned()),
            ..Instance::default()
        })),
        gate: Semaphore::new(Semaphore::MAX_PERMITS),
        waiting: AtomicUsize::new(0),
        asked: AtomicUsize::new(0),
        audit: Mutex::default(),
    }
}

fn routes(rotating: &Arc<Mutex<Option<&'static str>>>) -> Vec<ContainerRoute> {
    let rotating = Arc::clone(rotating);
    let rotate = move || rotating.lock().unwrap().map(|token| Arc::new(token.into()));
    let route = |path: &str, authorization, errors| ContainerRoute {
        path: path.to_owned(),
        label: path.trim_start_matches('/').to_owned(),
        authorization,
        errors,
    };
    vec![
        route(
            "/creds",
            Authorization::fixed("t0ken".into()),
            ErrorFormat::Json,
        ),
        route(
            "/roles/billing",
            Authorization::fixed("b1lling".into()),
            ErrorFormat::Json,
        ),
        route(
            "/rotating",
            Authorization::Token(Arc::new(rotate)),
            ErrorFormat::Json,
        ),
        route("/delegated", Authorization::Delegated, ErrorFormat::Text),
    ]
}

/// Serves on a loopback port for as long as `test` lasts.
pub(crate) async fn serving(doors: Doors, test: impl AsyncFnOnce(&Fixture<'_>)) {
    serving_with(
        Settings::default(),
        async |socket| Listener::tcp(socket, doors),
        test,
    )
    .await;
}

/// The same with other settings, whose routes are ours, and another listener.
pub(crate) async fn serving_with(
    settings: Settings,
    listener: impl AsyncFnOnce(TcpListener) -> Listener,
    test: impl AsyncFnOnce(&Fixture<'_>),
) {
    let clock = ManualClock::new(start());
    let rotating = Arc::new(Mutex::new(Some("first")));
    let settings = Settings {
        routes: routes(&rotating),
        ..settings
    };
    let server = CredentialServer::new(broker(), Arc::new(clock.clone()), settings).unwrap();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fixture = Fixture {
        address: socket.local_addr().unwrap(),
        server: &server,
        clock,
        rotating,
    };
    assert_eq!(fixture.clock.now(), start());
    let listener = listener(socket).await;
    tokio::select! {
        never = server.serve(vec![listener]) => match never {},
        () = test(&fixture) => {}
    }
}

/// Waits until something is so, and fails when it does not come.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..2000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came that {what}");
}
