//! Files that change, and files that are no use.

use std::path::PathBuf;

use bytes::Bytes;
use destination::{ClientIdentity, Destination, HttpClient, Roots};
use http::Request;

use crate::log::Log;
use crate::peer::{Ca, OK, serve};
use crate::trust::trusting;

#[tokio::test]
async fn a_client_certificate_is_shown_and_read_again_when_it_changes() {
    let (ca, clients, strangers) = (Ca::new(), Ca::new(), Ca::new());
    let port = serve(Some(ca.server("localhost", Some(&clients))), OK).await;
    let folder = tempfile::tempdir().unwrap();
    let place = |issuer: &Ca, padding: &str| {
        let (_, certificate, key) = issuer.issue("client");
        write(
            folder.path().join("tls.crt"),
            &format!("{certificate}{padding}"),
        );
        write(folder.path().join("tls.key"), &key.serialize_pem());
    };
    place(&strangers, "");
    let client = HttpClient::new(Destination {
        client_identity: Some(ClientIdentity::Files {
            certificate: folder.path().join("tls.crt"),
            private_key: folder.path().join("tls.key"),
        }),
        ..trusting(&ca)
    })
    .unwrap();
    let request = || {
        Request::get(format!("https://localhost:{port}/"))
            .body(Bytes::new())
            .unwrap()
    };
    assert!(client.send(request()).await.is_err());
    place(&clients, "\n");
    assert!(client.send(request()).await.is_ok());
    // Half a rotation: what stands there cannot be used, so the last good one is.
    write(folder.path().join("tls.key"), "not a key");
    assert!(client.send(request()).await.is_ok());
}

#[tokio::test]
async fn a_ca_file_is_read_again_when_it_changes() {
    let (old, new) = (Ca::new(), Ca::new());
    let port = serve(Some(new.server("localhost", None)), OK).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    write(path.clone(), &old.pem());
    let client = HttpClient::new(Destination {
        roots: Roots::File(path.clone()),
        ..Destination::default()
    })
    .unwrap();
    let request = || {
        Request::get(format!("https://localhost:{port}/"))
            .body(Bytes::new())
            .unwrap()
    };
    assert!(client.send(request()).await.is_err());
    write(path, &format!("{}{}", old.pem(), new.pem()));
    assert!(client.send(request()).await.is_ok());
}

#[tokio::test]
async fn a_broken_file_is_warned_of_once_for_each_change() {
    let ca = Ca::new();
    let port = serve(Some(ca.server("localhost", None)), OK).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    write(path.clone(), &ca.pem());
    let client = HttpClient::new(Destination {
        roots: Roots::File(path.clone()),
        ..Destination::default()
    })
    .unwrap();
    let log = Log::new();
    let _guard = log.listen();
    for (text, warnings) in [("", 1), (UNDECODABLE, 2), (&ca.pem(), 2), ("no PEM", 3)] {
        write(path.clone(), text);
        for _ in 0..3 {
            let request = Request::get(format!("https://localhost:{port}/"));
            let request = request.body(Bytes::new()).unwrap();
            assert!(client.send(request).await.is_ok(), "{text:?}");
        }
        let text = log.text();
        let found = text.matches("kept the previous TLS settings").count();
        assert_eq!(found, warnings, "{text}");
    }
}

/// A FIFO that nobody writes to would be waited for without end.
#[cfg(unix)]
#[test]
fn a_fifo_is_refused_and_not_waited_for() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let (_, certificate, _) = Ca::new().issue("client");
    let sound = folder.path().join("tls.crt");
    write(sound.clone(), &certificate);
    let identity = |certificate: &PathBuf, private_key: &PathBuf| Destination {
        client_identity: Some(ClientIdentity::Files {
            certificate: certificate.clone(),
            private_key: private_key.clone(),
        }),
        ..Destination::default()
    };
    let roots = Destination {
        roots: Roots::File(fifo.clone()),
        ..Destination::default()
    };
    for destination in [roots, identity(&fifo, &sound), identity(&sound, &fifo)] {
        let (done, result) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(HttpClient::new(destination).unwrap_err()));
        let error = result
            .recv_timeout(std::time::Duration::from_secs(10))
            .expect("waited for a FIFO");
        let expected = format!("cannot read {}", fifo.display());
        assert_eq!(error.to_string(), expected);
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.ends_with("not a regular file"), "{cause}");
    }
}

#[test]
fn files_that_are_no_use_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write(path("empty.pem"), "");
    write(
        path("broken.pem"),
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    );
    write(path("undecodable.pem"), UNDECODABLE);
    for (roots, expected) in [
        (
            Roots::File(path("missing.pem")),
            "cannot read FOLDER/missing.pem",
        ),
        (
            Roots::File(path("empty.pem")),
            "FOLDER/empty.pem holds no CA certificate",
        ),
        (
            Roots::File(path("broken.pem")),
            "FOLDER/broken.pem is not valid PEM of the expected kind",
        ),
        (
            Roots::Directory(path("missing")),
            "cannot list FOLDER/missing",
        ),
        (
            Roots::File(path("undecodable.pem")),
            "FOLDER/undecodable.pem is not valid PEM of the expected kind",
        ),
        (Roots::Pem(Vec::new()), "(PEM text) holds no CA certificate"),
    ] {
        let destination = Destination {
            roots,
            ..Destination::default()
        };
        let error = HttpClient::new(destination).unwrap_err().to_string();
        assert_eq!(
            error.replace(folder.path().to_str().unwrap(), "FOLDER"),
            expected
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own folder")]
pub(crate) fn write(path: PathBuf, text: &str) {
    std::fs::write(path, text).unwrap();
}

/// PEM around what is no certificate.
pub(crate) const UNDECODABLE: &str =
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
