//! The SPIFFE Workload API as the source of the identity: an agent of our own,
//! which speaks gRPC by hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls_pki_types::CertificateDer;
use tokio::net::{UnixListener, UnixStream};

use crate::laboratory::Laboratory;
use crate::run::Run;

/// A certificate and its key in DER, and what the agent calls them.
struct Svid {
    hint: &'static str,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// What the agent answers: SVIDs, or a refusal.
type Answer = Result<Vec<u8>, &'static str>;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "SPIRE");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    fn svid(&self, hint: &'static str) -> Svid {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, hint);
        let id = format!("spiffe://example.org/{hint}");
        params.subject_alt_names = vec![SanType::URI(id.as_str().try_into().unwrap())];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Svid {
            hint,
            certificate: certificate.der().to_vec(),
            key: key.serialize_der(),
        }
    }
}

/// One field of a protobuf message whose value has a length.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = value.len();
    while length > 0x7f {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    [&bytes, value].concat()
}

/// `X509SVIDResponse`.
fn response(authority: &Authority, svids: &[Svid]) -> Vec<u8> {
    let svids = svids.iter().map(|svid| {
        let id = format!("spiffe://example.org/{}", svid.hint);
        let message = [
            field(1, id.as_bytes()),
            field(2, &svid.certificate),
            field(3, &svid.key),
            field(4, &authority.certificate),
            field(5, svid.hint.as_bytes()),
        ];
        field(1, &message.concat())
    });
    svids.collect::<Vec<_>>().concat()
}

async fn serve(stream: UnixStream, answer: Arc<Answer>) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        assert_eq!(request.uri().path(), "/SpiffeWorkloadAPI/FetchX509SVID");
        assert_eq!(request.headers()["workload.spiffe.io"], "true");
        let head = http::Response::builder().header("content-type", "application/grpc");
        match &*answer {
            Ok(message) => {
                let mut stream = respond
                    .send_response(head.body(()).unwrap(), false)
                    .unwrap();
                let length = u32::try_from(message.len()).unwrap().to_be_bytes();
                let frame = [&[0], &length[..], message].concat();
                // The stream stays open: an agent sends what is new later.
                stream.send_data(Bytes::from(frame), false).unwrap();
                std::mem::forget(stream);
            }
            Err(message) => {
                let head = head
                    .header("grpc-status", "7")
                    .header("grpc-message", *message);
                respond.send_response(head.body(()).unwrap(), true).unwrap();
            }
        }
    }
}

/// An agent at a socket in the home; its address.
fn agent(laboratory: &Laboratory, answer: Answer) -> String {
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path: PathBuf = laboratory.path(&format!("agent-{count}.sock"));
    let socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    socket.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let listener = UnixListener::from_std(socket).unwrap();
            let answer = Arc::new(answer);
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answer)));
            }
        });
    });
    address(&path)
}

fn address(path: &Path) -> String {
    format!("unix://{}", path.display())
}

fn process(laboratory: &Laboratory, socket: &str, arguments: &[&str]) -> Run {
    let mut command = laboratory.command(&[&["creds", "process"], arguments].concat());
    Run::of(command.env("SPIFFE_ENDPOINT_SOCKET", socket))
}

#[test]
fn the_svid_opens_a_session() {
    let laboratory = Laboratory::new();
    let authority = Authority::new();
    laboratory.sandbox.configure_roles_anywhere(|state| {
        state.trust_anchors[0]
            .certificates
            .push(authority.certificate.clone());
    });
    let svids = [authority.svid("internal"), authority.svid("external")];
    let socket = agent(&laboratory, Ok(response(&authority, &svids)));
    for (arguments, expected) in [
        (&[][..], "CN=internal"),
        (&["--spiffe-hint", "external"], "CN=external"),
    ] {
        let arguments = [arguments, &["--log-level", "info"]].concat();
        let run = process(&laboratory, &socket, &arguments).ok();
        assert!(run.stdout.starts_with("{\"Version\":1"), "{run}");
        assert!(run.stderr.contains(expected), "{run}");
    }
}

#[test]
fn errors_say_what_to_do() {
    let laboratory = Laboratory::new();
    let authority = Authority::new();
    let svids = [authority.svid("internal")];
    let socket = agent(&laboratory, Ok(response(&authority, &svids)));
    let refusing = agent(&laboratory, Err("no identity issued"));
    let absent = address(&laboratory.path("absent.sock"));
    for (socket, arguments, code, expected) in [
        (
            &socket,
            &["--spiffe-hint", "external"][..],
            2,
            "spiffe.no-svid",
        ),
        (&refusing, &[], 3, "spiffe.denied"),
        (&absent, &[], 4, "spiffe.unavailable"),
        (&"nonsense".to_owned(), &[], 2, "config.invalid"),
    ] {
        let run = process(&laboratory, socket, arguments);
        assert_eq!(run.code, Some(code), "{run}");
        assert!(run.stderr.contains(&format!("error[{expected}]")), "{run}");
    }
}
