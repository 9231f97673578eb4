use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// The file system of an image.
pub(crate) struct Root {
    /// By their paths, so that their order is one.
    pub(crate) entries: BTreeMap<String, Entry>,
    /// Of all of them, in seconds since the epoch.
    pub(crate) time: u64,
}

/// What stands at a path.
#[derive(Clone)]
pub(crate) enum Entry {
    Folder { owner: u64, mode: u32 },
    File { contents: Vec<u8>, mode: u32 },
    Link { to: &'static str },
}

impl Root {
    /// This binary, what it needs, and what is in it.
    pub(crate) fn new(binary: Vec<u8>, sbom: Vec<u8>, time: u64) -> Self {
        let mut root = Self::on_base(binary, sbom, time);
        for folder in ["etc", "etc/ssl", "etc/ssl/certs"] {
            root.entries.insert(folder.to_owned(), Entry::folder(0));
        }
        for (path, text) in [
            (
                "etc/passwd",
                "nobody:x:65534:65534:nobody:/home/nobody:/iamra\n".to_owned(),
            ),
            ("etc/group", "nobody:x:65534:\n".to_owned()),
            ("etc/ssl/certs/ca-certificates.crt", certificates()),
        ] {
            let contents = text.into_bytes();
            let file = Entry::File {
                contents,
                mode: 0o644,
            };
            root.entries.insert(path.to_owned(), file);
        }
        root
    }

    /// This binary under its names, and a home: users and authorities are the base's,
    /// which may know some that we do not.
    pub(crate) fn on_base(binary: Vec<u8>, sbom: Vec<u8>, time: u64) -> Self {
        let mut entries = BTreeMap::new();
        for folder in [
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
        let binary = Entry::File {
            contents: binary,
            mode: 0o755,
        };
        entries.insert("iamra".to_owned(), binary);
        // By its ending, scanners (syft, trivy) find it in any folder.
        let at = "usr/share/sbom/iamra.cdx.json";
        let sbom = Entry::File {
            contents: sbom,
            mode: 0o644,
        };
        entries.insert(at.to_owned(), sbom);
        for name in NAMES {
            entries.insert(
                format!("usr/local/bin/{name}"),
                Entry::Link { to: "/iamra" },
            );
        }
        Self { entries, time }
    }

    /// One with nothing in it yet.
    pub(crate) fn empty(time: u64) -> Self {
        let entries = BTreeMap::new();
        Self { entries, time }
    }

    /// Puts it at a path, below folders of root's.
    pub(crate) fn add(&mut self, path: impl Into<String>, entry: Entry) {
        let path = path.into();
        for (end, _) in path.match_indices('/') {
            let folder = path[..end].to_owned();
            self.entries
                .entry(folder)
                .or_insert_with(|| Entry::folder(0));
        }
        self.entries.insert(path, entry);
    }
}

impl Entry {
    /// One that everybody may read.
    pub(crate) fn file(contents: impl Into<Vec<u8>>) -> Self {
        let contents = contents.into();
        Self::File {
            contents,
            mode: 0o644,
        }
    }

    /// One that everybody may run.
    pub(crate) fn program(contents: Vec<u8>) -> Self {
        Self::File {
            contents,
            mode: 0o755,
        }
    }

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
