use std::{fs, path::Path};

use k8s_sinks::{
    Error, Receipt, Warning,
    file::{
        CertificateFolder, ConfigFile, CredentialsFile, Layout, ProfileFile, ProfileName, Setting,
    },
};
use private_file::Options;
use refresh::{Fault, FaultKind};

use crate::{
    certificates::{self, generation_of},
    conformance::{Subject, plant, sink_conformance},
    oracle::{credentials, expected, keys},
};

sink_conformance!(credentials_file, |folder, options| {
    let path = folder.join("credentials");
    let sink = super::CredentialsFile::new(&path, super::ProfileName::default(), options);
    Box::new(super::Credentials { sink, path })
});

sink_conformance!(certificate_folder, |folder, options| {
    let sink = super::CertificateFolder::new(folder, super::Layout::Clean, options);
    Box::new(super::Certificates {
        sink,
        folder: folder.to_owned(),
    })
});

sink_conformance!(certificate_folder_with_pkcs12, |folder, options| {
    let sink = super::CertificateFolder::new(folder, super::Layout::Clean, options);
    Box::new(super::WithKeyStore(super::Certificates {
        sink: sink.with_pkcs12(crate::pkcs12::key_store()),
        folder: folder.to_owned(),
    }))
});

#[derive(Debug)]
struct Credentials {
    sink: CredentialsFile,
    path: std::path::PathBuf,
}

impl Subject for Credentials {
    fn deliver(&self, generation: u32) -> Result<Receipt, Error> {
        self.sink.deliver(&credentials(generation))
    }

    fn shown(&self) -> Option<u32> {
        let contents = fs::read(&self.path).ok()?;
        let shown = keys(ProfileFile::Credentials, &contents, "default");
        let generation = shown[0].as_deref()?.strip_prefix("ASIA")?.parse().unwrap();
        assert_eq!(shown, expected(generation), "a mixture");
        // A writer may have come in between: read as it is now.
        let read = self.sink.read().unwrap()?;
        assert_eq!(read.access_key_id.get(..4), Some("ASIA"));
        Some(generation)
    }

    fn file(&self) -> &'static str {
        "credentials"
    }

    fn leftovers(&self) -> &'static [&'static str] {
        &[".credentials.aB3dE6gH9j.tmp", ".credentials.lock"]
    }

    fn secrets(&self, generation: u32) -> Vec<String> {
        expected(generation).into_iter().skip(1).flatten().collect()
    }
}

#[derive(Debug)]
struct Certificates {
    sink: CertificateFolder,
    folder: std::path::PathBuf,
}

impl Subject for Certificates {
    fn deliver(&self, generation: u32) -> Result<Receipt, Error> {
        self.sink.deliver(&certificates::set(generation))
    }

    fn shown(&self) -> Option<u32> {
        loop {
            // One generation by one look at the link; gone means two swaps since.
            let folder = self
                .folder
                .join(fs::read_link(self.folder.join("..data")).ok()?);
            let read = |name: &str| fs::read(folder.join(name)).ok();
            let files = (read("cert.pem"), read("chain.pem"), read("private.pem"));
            if let (Some(certificate), Some(chain), Some(key)) = files {
                let generation = generation_of(&key);
                assert_eq!(
                    (generation_of(&certificate), generation_of(&chain)),
                    (generation, generation)
                );
                return Some(generation);
            }
        }
    }

    fn file(&self) -> &'static str {
        "private.pem"
    }

    fn leftovers(&self) -> &'static [&'static str] {
        &["..staged", "..lock"]
    }

    fn secrets(&self, generation: u32) -> Vec<String> {
        vec![
            format!("key {generation}"),
            certificates::key_base64(generation),
        ]
    }
}

/// The same, and the key store is always that of the certificate beside it.
#[derive(Debug)]
struct WithKeyStore(Certificates);

impl Subject for WithKeyStore {
    fn deliver(&self, generation: u32) -> Result<Receipt, Error> {
        self.0.deliver(generation)
    }

    fn shown(&self) -> Option<u32> {
        loop {
            let folder = fs::read_link(self.0.folder.join("..data")).ok()?;
            let folder = self.0.folder.join(folder);
            let read = |name: &str| fs::read(folder.join(name)).ok();
            let (Some(key), Some(shown)) = (read("private.pem"), read("keystore.p12")) else {
                continue;
            };
            let generation = generation_of(&key);
            let expected = crate::pkcs12::key_store().encode(&certificates::set(generation));
            assert_eq!(shown, *expected.unwrap(), "a mixture");
            return self.0.shown();
        }
    }

    fn file(&self) -> &'static str {
        "keystore.p12"
    }

    fn leftovers(&self) -> &'static [&'static str] {
        self.0.leftovers()
    }

    fn secrets(&self, generation: u32) -> Vec<String> {
        [self.0.secrets(generation), vec!["correct horse".to_owned()]].concat()
    }
}

fn sink(path: &Path) -> CredentialsFile {
    CredentialsFile::new(path, ProfileName::default(), Options::new().create_folder())
}

#[test]
fn a_fresh_file_is_what_the_shell_script_wrote() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".aws/credentials");
    let receipt = sink(&path).deliver(&credentials(7)).unwrap();
    assert_eq!(
        (receipt.path.as_path(), receipt.warnings),
        (path.as_path(), vec![])
    );
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "[default]\naws_access_key_id=ASIA7\naws_secret_access_key=secret/7+\naws_session_token=token7==\n"
    );
}

#[test]
fn warnings_come_with_the_receipt_once_also_when_nothing_changes() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("credentials");
    plant(&path, "[default]\naws_security_token = old\n");
    for changed in [true, false] {
        let receipt = sink(&path).deliver(&credentials(7)).unwrap();
        assert_eq!(receipt.changed, changed);
        let [Warning::CompetingKey { key, .. }] = receipt.warnings.as_slice() else {
            panic!("{:?}", receipt.warnings);
        };
        assert_eq!(*key, "aws_security_token");
    }
}

#[test]
fn a_file_that_cannot_be_parsed_stays() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("credentials");
    plant(&path, "hunter2\n");
    let error = sink(&path).deliver(&credentials(7)).unwrap_err();
    assert!(
        matches!(&error, Error::NotEdited { path: at, .. } if *at == path),
        "{error:?}"
    );
    assert_eq!(error.fault(), FaultKind::Configuration);
    assert_eq!(fs::read(&path).unwrap(), b"hunter2\n");
}

#[test]
fn a_credential_that_is_no_single_line_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("credentials");
    let mut bad = credentials(7);
    bad.session_token = "token\n[other]\naws_access_key_id=x".into();
    let error = sink(&path).deliver(&bad).unwrap_err();
    assert!(
        matches!(&error, Error::BadValue { key } if key == "aws_session_token"),
        "{error:?}"
    );
    assert!(!path.exists());
}

#[test]
fn the_config_file_gets_its_settings() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config");
    let sink = ConfigFile::new(&path, "dev".parse().unwrap(), Options::new());
    let settings = || {
        let process = "/usr/bin/iamra creds process --config \"/etc/my iamra.toml\"";
        let pairs = [("credential_process", process), ("region", "eu-west-1")];
        pairs
            .into_iter()
            .map(|(key, value)| Setting::new(key, value.into()).unwrap())
            .collect()
    };
    assert!(sink.deliver(settings()).unwrap().changed);
    assert!(!sink.deliver(settings()).unwrap().changed);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "[profile dev]\ncredential_process=/usr/bin/iamra creds process --config \"/etc/my iamra.toml\"\nregion=eu-west-1\n"
    );
}
