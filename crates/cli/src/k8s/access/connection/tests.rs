#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "a test's own folder")]

use secrecy::ExposeSecret as _;

use super::super::tests::with_context;
use super::*;

fn cluster(server: &str) -> ClusterEntry {
    ClusterEntry {
        server: server.into(),
        ..ClusterEntry::default()
    }
}

/// Made of this cluster with these variables.
fn made(cluster: &ClusterEntry, variables: &[(&str, &str)]) -> Result<Destination, Failure> {
    let base = base(cluster)?;
    with_context(&[], variables, |context| {
        destination(cluster, &base, &context.settings)
    })
}

#[test]
fn a_server_is_an_address_with_a_scheme() {
    for server in [
        "https://10.0.0.1:6443",
        "https://[fd00::1]/prefix",
        "http://localhost:8080",
    ] {
        assert_eq!(
            base(&cluster(server))
                .unwrap()
                .to_string()
                .trim_end_matches('/'),
            server
        );
    }
    for (server, expected) in [
        ("", "the cluster has no server"),
        ("10.0.0.1:6443", "it must begin with https://"),
        ("ftp://a", "it must begin with https://"),
        ("https://", "it is no URL"),
        ("https://u:p@a", "the server's address has a user in it"),
    ] {
        let message = base(&cluster(server)).unwrap_err().to_string();
        assert!(message.contains(expected), "{server}: {message}");
        assert!(!message.contains("u:p"), "{message}");
    }
}

#[test]
fn trust_is_what_the_cluster_says() {
    let entry = ClusterEntry {
        certificate_authority: "/ca".into(),
        tls_server_name: "kubernetes".into(),
        ..cluster("https://[fd00::1]:6443")
    };
    let destination = made(&entry, &[]).unwrap();
    assert!(matches!(destination.roots, Roots::File(path) if path == std::path::Path::new("/ca")));
    let server_name = destination.server_name.unwrap();
    assert_eq!(
        (server_name.host.as_str(), server_name.name.as_str()),
        ("fd00::1", "kubernetes")
    );

    let data = ClusterEntry {
        certificate_authority_data: "UEVN\n IQ==".into(),
        ..entry
    };
    assert!(matches!(made(&data, &[]).unwrap().roots, Roots::Pem(text) if text == b"PEM!"));
    let wrong = ClusterEntry {
        certificate_authority_data: "*".into(),
        ..data.clone()
    };
    let message = made(&wrong, &[]).unwrap_err().to_string();
    assert_eq!(message, "certificate-authority-data is not base64");

    let both = ClusterEntry {
        insecure_skip_tls_verify: true,
        ..data
    };
    let message = made(&both, &[]).unwrap_err().to_string();
    assert!(
        message.contains("beside a certificate-authority"),
        "{message}"
    );
    let neither = ClusterEntry {
        insecure_skip_tls_verify: true,
        ..cluster("https://a")
    };
    assert_eq!(
        made(&neither, &[]).unwrap().verification,
        Verification::DangerousNone
    );
}

#[test]
fn the_kubeconfigs_proxy_stands_before_the_common_one() {
    let common = [
        ("https_proxy", "http://common:1"),
        ("no_proxy", "10.0.0.0/8,.svc"),
    ];
    let https = |proxy: Option<Proxy>| {
        let proxy = proxy.unwrap();
        let url = proxy.https.unwrap().expose_secret().to_owned();
        (url, proxy.no_proxy)
    };
    let entry = cluster("https://a");
    assert!(made(&entry, &[]).unwrap().proxy.is_none());
    assert_eq!(
        https(made(&entry, &common).unwrap().proxy),
        ("http://common:1".to_owned(), "10.0.0.0/8,.svc".to_owned())
    );
    let own = ClusterEntry {
        proxy_url: "http://u:hunter2@own:1".into(),
        ..entry.clone()
    };
    let destination = made(&own, &common).unwrap();
    assert!(!format!("{destination:?}").contains("hunter2"));
    assert_eq!(
        https(destination.proxy),
        ("http://u:hunter2@own:1".to_owned(), String::new())
    );
    let socks = ClusterEntry {
        proxy_url: "socks5://u:hunter2@own:1".into(),
        ..entry
    };
    let message = made(&socks, &[]).unwrap_err().to_string();
    assert_eq!(
        message,
        "the cluster's proxy-url is not one of http:// or https://"
    );
}

#[test]
fn a_client_certificate_has_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "K").unwrap();
    let user = |fields: [&str; 4]| UserEntry {
        client_certificate: fields[0].into(),
        client_certificate_data: fields[1].into(),
        client_key: fields[2].into(),
        client_key_data: fields[3].into(),
        ..UserEntry::default()
    };
    assert!(client_identity(&user([""; 4])).unwrap().is_none());
    let files = client_identity(&user(["c", "", "k", ""])).unwrap();
    assert!(
        matches!(files, Some(ClientIdentity::Files { .. })),
        "{files:?}"
    );
    let mixed = client_identity(&user(["", "Qw==", key.to_str().unwrap(), ""])).unwrap();
    let Some(ClientIdentity::Pem {
        certificate,
        private_key,
    }) = mixed
    else {
        panic!("{mixed:?}");
    };
    assert_eq!(
        (certificate.as_slice(), private_key.as_slice()),
        (&b"C"[..], &b"K"[..])
    );
    for (fields, expected) in [
        (
            ["c", "", "", ""],
            "the user has a client-certificate without a client-key",
        ),
        (
            ["", "", "", "Sw=="],
            "the user has a client-key without a client-certificate",
        ),
        (["", "*", "k", ""], "client-certificate-data is not base64"),
    ] {
        let failure = client_identity(&user(fields)).unwrap_err();
        assert_eq!(failure.to_string(), expected);
    }
}
