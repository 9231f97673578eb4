//! A peer that answers as it is told, over TCP or TLS.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub(crate) struct Ca(CertifiedIssuer<'static, KeyPair>);

impl Ca {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        // A name of its own: two CAs of one name are told apart only by signature.
        let key = KeyPair::generate().unwrap();
        let name = format!("CA {:x?}", &key.public_key_raw()[1..5]);
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A certificate for `name` and its key.
    pub(crate) fn issue(&self, name: &str) -> (CertificateDer<'static>, String, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.der().clone(), certificate.pem(), key)
    }

    /// Settings of a server called `name` that lets in whom `clients` vouches for.
    pub(crate) fn server(&self, name: &str, clients: Option<&Self>) -> Arc<ServerConfig> {
        let (certificate, _, key) = self.issue(name);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let mut roots = rustls::RootCertStore::empty();
                roots.add(clients.0.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Arc::new(
            builder
                .with_single_cert(vec![certificate], key.into())
                .unwrap(),
        )
    }
}

/// Serves `answer` to every request on every connection; returns the port.
pub(crate) async fn serve(tls: Option<Arc<ServerConfig>>, answer: impl Into<Vec<u8>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = answer.into();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, answer) = (tls.clone(), answer.clone());
            tokio::spawn(async move {
                match tls {
                    None => converse(stream, &answer).await,
                    Some(config) => {
                        let accepting = TlsAcceptor::from(config).accept(stream);
                        match accepting.into_fallible().await {
                            Ok(stream) => converse(stream, &answer).await,
                            // Closed at once, the connection would be reset, and the
                            // alert be lost on its way.
                            Err((_, mut stream)) => {
                                let mut sink = tokio::io::sink();
                                let _ = tokio::io::copy(&mut stream, &mut sink).await;
                            }
                        }
                    }
                }
            });
        }
    });
    port
}

/// Answers each request; `{head}` in the answer becomes the request's own head.
pub(crate) async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8]) {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        head.extend_from_slice(&buffer[..read]);
        if head.ends_with(b"\r\n\r\n") {
            let answer = if answer == b"{echo}" {
                let length = head.len();
                [
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").as_bytes(),
                    &head,
                ]
                .concat()
            } else {
                answer.to_vec()
            };
            head.clear();
            if stream.write_all(&answer).await.is_err() {
                return;
            }
            // An answer without a length ends with the connection.
            if !answer
                .windows(15)
                .any(|window| window == b"content-length:")
            {
                return;
            }
        }
    }
}

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
