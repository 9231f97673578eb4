//! A folder of CA certificates.

use std::path::Path;

use bytes::Bytes;
use destination::{Destination, Error, HttpClient, Roots};
use http::Request;
use refresh::{Fault as _, FaultKind};

use crate::files::{UNDECODABLE, write};
use crate::log::Log;
use crate::peer::{Ca, OK, serve};
use crate::trust::fetch;

fn trusting(folder: &Path) -> Destination {
    Destination {
        roots: Roots::Directory(folder.to_owned()),
        ..Destination::default()
    }
}

#[tokio::test]
async fn a_folder_of_certificates_is_read_past_what_is_none() {
    let ca = Ca::new();
    let port = serve(Some(ca.server("localhost", None)), OK).await;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("README"), "not a certificate");
    write(folder.path().join("ca.pem"), &ca.pem());
    std::fs::create_dir(folder.path().join("old")).unwrap();
    let log = Log::new();
    let _guard = log.listen();
    let response = fetch(trusting(folder.path()), "localhost", port).await;
    assert!(response.is_ok(), "{response:?}");
    assert_eq!(log.text(), "", "that is as it should be");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_warned_of_and_passed_over() {
    let ca = Ca::new();
    let port = serve(Some(ca.server("localhost", None)), OK).await;
    let folder = tempfile::tempdir().unwrap();
    let cut_off = format!("{}-----BEGIN CERTIFICATE-----\n!", ca.pem());
    let large = "x".repeat(private_file::LIMIT + 1);
    for (name, text) in [
        ("a-undecodable.pem", UNDECODABLE),
        ("b-large.pem", &large),
        ("c-sound-and-cut-off.pem", &cut_off),
    ] {
        write(folder.path().join(name), text);
    }
    let log = Log::new();
    let _guard = log.listen();
    let response = fetch(trusting(folder.path()), "localhost", port).await;
    assert!(response.is_ok(), "{response:?}");
    let text = log.text();
    for name in ["a-undecodable", "b-large", "c-sound-and-cut-off"] {
        let line = text.lines().find(|line| line.contains(name));
        let line = line.unwrap_or_else(|| panic!("{name} is not named: {text}"));
        assert!(line.contains("passed over a CA certificate"), "{line}");
        assert!(line.contains(" WARN "), "{line}");
    }
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[test]
fn a_folder_without_a_usable_certificate_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("ca.pem"), UNDECODABLE);
    let error = HttpClient::new(trusting(folder.path())).unwrap_err();
    assert!(matches!(error, Error::NoRoots { .. }), "{error:?}");
}

#[test]
fn a_folder_of_a_thousand_files_is_read_and_no_larger_one() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("ca.pem"), &Ca::new().pem());
    for number in 1..1000 {
        write(folder.path().join(number.to_string()), "");
    }
    assert!(HttpClient::new(trusting(folder.path())).is_ok());
    write(folder.path().join("1000"), "");
    let error = HttpClient::new(trusting(folder.path())).unwrap_err();
    let expected = format!("{} holds more than 1000 files", folder.path().display());
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.fault(), FaultKind::Configuration);
}

/// Written in place: the folder itself looks as before.
#[tokio::test]
async fn a_folder_is_read_again_when_a_file_in_it_changes() {
    let (old, new) = (Ca::new(), Ca::new());
    let port = serve(Some(new.server("localhost", None)), OK).await;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("ca.pem"), &old.pem());
    let client = HttpClient::new(trusting(folder.path())).unwrap();
    let request = || {
        let request = Request::get(format!("https://localhost:{port}/"));
        request.body(Bytes::new()).unwrap()
    };
    assert!(client.send(request()).await.is_err());
    let text = format!("{}{}", old.pem(), new.pem());
    write(folder.path().join("ca.pem"), &text);
    assert!(client.send(request()).await.is_ok());
}
