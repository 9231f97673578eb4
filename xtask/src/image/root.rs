use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// The file system of an image.
pub(crate) struct Root {
    /// By their paths, so that their order is one.
    pub(super) entries: BTreeMap<String, Entry>,
    /// Of all of them, in seconds since the epoch.
    pub(super) time: u64,
}

/// What stands at a path.
pub(crate) enum Entry {
    Folder { owner: u64, mode: u32 },
    File { contents: Vec<u8>, mode: u32 },
    Link { to: &'static str },
}

impl Root {
    /// This binary, what it needs, and what is in it.
    pub(crate) fn new(binary: Vec<u8>, sbom: Vec<u8>, time: u64) -> Self {
        let mut entries = BTreeMap::new();
        for folder in [
            "etc",
            "etc/ssl",
            "etc/ssl/certs",
            "home",
            "usr",
            "usr/local",
            "usr/local/bin",
            "usr/share",
            "usr/share/sbom",
        ] {
            entries.insert(folder.to_owned(), Entry::folder(0));
        }
        entries.insert("home/nobody".to_owned(), Entry::folder(NOBODY));
        let file = |contents: Vec<u8>, mode| Entry::File { contents, mode };
        entries.insert("iamra".to_owned(), file(binary, 0o755));
        // By its ending, scanners (syft, trivy) find it in any folder.
        let at = "usr/share/sbom/iamra.cdx.json";
        entries.insert(at.to_owned(), file(sbom, 0o644));
        for (path, text) in [
            (
                "etc/passwd",
                "nobody:x:65534:65534:nobody:/home/nobody:/iamra\n".to_owned(),
            ),
            ("etc/group", "nobody:x:65534:\n".to_owned()),
            ("etc/ssl/certs/ca-certificates.crt", certificates()),
        ] {
            entries.insert(path.to_owned(), file(text.into_bytes(), 0o644));
        }
        for name in NAMES {
            entries.insert(
                format!("usr/local/bin/{name}"),
                Entry::Link { to: "/iamra" },
            );
        }
        Self { entries, time }
    }
}

impl Entry {
    fn folder(owner: u64) -> Self {
        Self::Folder { owner, mode: 0o755 }
    }
}

/// Mozilla's, as PEM.
fn certificates() -> String {
    let mut text = String::new();
    for certificate in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        text += "-----BEGIN CERTIFICATE-----\n";
        let encoded = BASE64_STANDARD.encode(certificate);
        for line in encoded.as_bytes().chunks(64) {
            // To a string: that does not fail.
            let _ = writeln!(text, "{}", String::from_utf8_lossy(line));
        }
        text += "-----END CERTIFICATE-----\n";
    }
    text
}

pub(super) const NOBODY: u64 = 65534;

/// The names that the binary answers to.
pub(super) const NAMES: [&str; 7] = [
    "aws_signing_helper",
    "docker-credential-ecr-login",
    "docker-credential-iamra",
    "ecr-credential-provider",
    "ecr-k8s-secret-creator",
    "iamra",
    "iamra-credential-provider",
];
