//! `creds serve` beyond this machine: with TLS, and a certificate that changes.

use bytes::Bytes;
use destination::{Destination, HttpClient, Roots};
use rcgen::{CertificateParams, KeyPair};

use crate::daemon::{Daemon, free_address};
use crate::http::ask;
use crate::laboratory::{Laboratory, runtime};

/// A certificate for the loopback address, which is its own CA, and its key.
struct Pair {
    certificate: String,
    key: String,
}

impl Pair {
    fn new() -> Self {
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        Self {
            certificate: params.self_signed(&key).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}

/// The access key id, by a connection of its own that trusts nobody but this
/// certificate.
fn access_key_id(url: &str, token: &str, trusted: &Pair) -> Result<String, destination::Error> {
    let client = HttpClient::new(Destination {
        roots: Roots::Pem(trusted.certificate.clone().into_bytes()),
        ..Destination::default()
    })?;
    let request = http::Request::get(url).header("Authorization", token);
    let answer = runtime().block_on(client.send(request.body(Bytes::new()).unwrap()))?;
    let document: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    Ok(document["AccessKeyId"].as_str().unwrap().to_owned())
}

#[test]
fn a_certificate_that_changes_is_shown_to_whoever_connects_next() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let (first, second) = (Pair::new(), Pair::new());
    laboratory.write("tls.pem", &first.certificate);
    laboratory.write("tls-key.pem", &first.key);
    let address = free_address();
    let port = address.rsplit(':').next().unwrap();
    let every = format!("0.0.0.0:{port}");
    let mut words: Vec<&str> = files.iter().map(String::as_str).collect();
    words.splice(0..0, ["creds", "serve", "--listen", &every]);
    words.extend(["--protocol", "container"]);
    words.extend(["--authorization-token-file", "token"]);
    words.extend(["--tls-certificate", "tls.pem", "--tls-key", "tls-key.pem"]);
    let mut daemon = Daemon::start(&mut laboratory.command(&words), laboratory.home());
    daemon.until("serves", || {
        laboratory.path("token").exists() && std::net::TcpStream::connect(&address).is_ok()
    });

    let (url, token) = (format!("https://{address}/creds"), laboratory.read("token"));
    let shown = |pair| access_key_id(&url, &token, pair);
    let session = shown(&first).unwrap();
    assert!(session.starts_with("ASIA"), "{session}");
    // Nothing is said in plain text, and nobody else's certificate is shown.
    let plain = ask(&address, ("GET", "/creds"), &[("Authorization", &token)]);
    assert!(plain.is_none(), "{plain:?}");
    let untrusted = shown(&second).unwrap_err();
    assert!(
        matches!(untrusted, destination::Error::UntrustedCertificate { .. }),
        "{untrusted}"
    );

    // Half of a new pair is no pair.
    laboratory.write("tls.pem", &second.certificate);
    assert_eq!(shown(&first).unwrap(), session);
    daemon.until_said("the certificate from before is shown", 1);
    laboratory.write("tls-key.pem", &second.key);
    assert_eq!(shown(&second).unwrap(), session);
    assert!(shown(&first).is_err());
    // What is gone, too.
    std::fs::remove_file(laboratory.path("tls-key.pem")).unwrap();
    assert_eq!(shown(&second).unwrap(), session);
    let (code, log) = daemon.end();
    assert_eq!(code, Some(0), "{log}");
    let secret = second.key.lines().nth(1).unwrap();
    assert!(!log.contains(secret) && !log.contains(&token), "{log}");
}
