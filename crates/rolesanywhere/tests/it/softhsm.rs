//! Keys and certificates on a token: `SoftHSM2`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, CertificateType, ObjectClass};
use cryptoki::session::UserType;
use rolesanywhere::{Identity, Pkcs11Error, Pkcs11Module, Pkcs11Uri, Signer as _};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::SecretString;

use crate::laboratory::Laboratory;

const TESTDATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");
const KEYS: [&str; 4] = ["rsa2048", "ecp256", "ecp384", "ecp521"];
const CONFIGURATION: &str = "SOFTHSM2_CONF";

/// The library reads where its tokens are from the environment when it is
/// loaded, so the test runs itself once more with that set.
#[tokio::test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
#[expect(clippy::disallowed_methods, reason = "how the test knows itself again")]
async fn a_token_signs_and_the_sandbox_verifies() {
    let Some(library) = library() else {
        eprintln!(
            "SKIPPED: there is no softhsm2-util on PATH, or no libsofthsm2.so, or no openssl"
        );
        return;
    };
    if std::env::var_os(CONFIGURATION).is_none() {
        return run_with_token();
    }
    let module = Pkcs11Module::load(&library).unwrap();
    write_certificates(&library);
    let laboratory = Laboratory::new().await;
    let ca = CertificateDer::from_pem_file(format!("{TESTDATA}/keys/ca.pem")).unwrap();
    laboratory.sandbox.configure_roles_anywhere(|state| {
        state.trust_anchors[0].certificates.push(ca);
    });
    for (index, name) in KEYS.iter().enumerate() {
        for uri in [
            format!("pkcs11:token=iamra;object={name}"),
            format!("pkcs11:model=SoftHSM%20v2;id=%0{}", index + 1),
        ] {
            let identity = identity(&module, &uri);
            let request = laboratory.request();
            let session = laboratory
                .roles_anywhere()
                .create_session(&identity, &request)
                .await;
            session.unwrap_or_else(|error| panic!("{uri}: {error:?}"));
            let text = format!("{:?}", identity.signer());
            assert!(
                text.starts_with("Pkcs11Signer { token: \"iamra\", algorithm: "),
                "{text}"
            );
        }
    }
    refusals(&module);
}

fn identity(module: &Pkcs11Module, uri: &str) -> Identity {
    let uri = uri.parse().unwrap();
    let (certificate, above) = module.certificates(&uri, None).unwrap();
    let signer = module.signer(&uri.any_object(), &certificate, Some(&pin()));
    let signer = signer.unwrap_or_else(|error| panic!("{uri}: {error}"));
    assert!(!signer.public_key().is_empty());
    Identity::new(certificate, above, Arc::new(signer)).unwrap()
}

fn refusals(module: &Pkcs11Module) {
    let uri = |text: &str| text.parse::<Pkcs11Uri>().unwrap();
    let ecp256 = uri("pkcs11:token=iamra;object=ecp256");
    let (certificate, _) = module.certificates(&ecp256, None).unwrap();
    let signer = |text: &str, pin: Option<&SecretString>| {
        module
            .signer(&uri(text), &certificate, pin)
            .map(drop)
            .unwrap_err()
    };
    let pin = pin();
    // Without a PIN first: whoever is logged in is so for the whole process.
    let missing = signer("pkcs11:token=iamra;object=ecp256", None);
    assert!(
        matches!(missing, Pkcs11Error::PinMissing { .. }),
        "{missing}"
    );
    let wrong = signer("pkcs11:token=iamra;object=ecp256", Some(&"0000".into()));
    assert!(matches!(wrong, Pkcs11Error::WrongPin { .. }), "{wrong}");
    let other = signer("pkcs11:token=iamra;object=ecp384", Some(&pin));
    assert!(matches!(other, Pkcs11Error::OtherKey { .. }), "{other}");
    let none = signer("pkcs11:token=iamra;object=nothing", Some(&pin));
    assert!(matches!(none, Pkcs11Error::NoObject { .. }), "{none}");
    let token = signer("pkcs11:token=another", Some(&pin)).to_string();
    assert!(
        token.ends_with("is pkcs11:token=another; there are: iamra"),
        "{token}"
    );
    let several = module.certificates(&uri("pkcs11:token=iamra"), None);
    assert!(matches!(
        several,
        Err(Pkcs11Error::Several { count: 4, .. })
    ));
    let absent = Pkcs11Module::load(Path::new("/nowhere/lib.so")).unwrap_err();
    assert!(matches!(absent, Pkcs11Error::NotLoaded { .. }), "{absent}");
}

fn pin() -> SecretString {
    "1234".into()
}

fn library() -> Option<PathBuf> {
    let tools = ["softhsm2-util", "openssl"];
    let are_there = tools
        .iter()
        .all(|tool| Command::new(tool).arg("--version").output().is_ok());
    let folders = [
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/lib",
        "/usr/lib/pkcs11",
    ];
    let names = ["softhsm/libsofthsm2.so", "libsofthsm2.so"];
    let paths = folders
        .iter()
        .flat_map(|folder| names.map(|name| Path::new(folder).join(name)));
    paths.filter(|_| are_there).find(|path| path.exists())
}

/// Makes a token with the four keys on it, and runs this test with it.
#[expect(clippy::disallowed_methods, reason = "a test's own folder")]
fn run_with_token() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = folder.path().join("softhsm2.conf");
    let tokens = format!("directories.tokendir = {}\n", folder.path().display());
    std::fs::write(&configuration, tokens).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        let output = command
            .args(arguments)
            .env(CONFIGURATION, &configuration)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    };
    run(
        "softhsm2-util",
        &[
            "--init-token",
            "--free",
            "--label",
            "iamra",
            "--pin",
            "1234",
            "--so-pin",
            "5678",
        ],
    );
    for (index, name) in KEYS.iter().enumerate() {
        let key = folder.path().join(name).display().to_string();
        let pem = format!("{TESTDATA}/pki/{name}.key");
        run(
            "openssl",
            &["pkcs8", "-topk8", "-nocrypt", "-in", &pem, "-out", &key],
        );
        let id = format!("0{}", index + 1);
        let import = ["--import", &key, "--token", "iamra", "--pin", "1234"];
        run(
            "softhsm2-util",
            &[&import[..], &["--label", name, "--id", &id]].concat(),
        );
    }
    let this = std::env::current_exe().unwrap();
    let name = "softhsm::a_token_signs_and_the_sandbox_verifies";
    run(&this.display().to_string(), &["--ignored", "--exact", name]);
}

fn write_certificates(library: &Path) {
    let context = Pkcs11::new(library).unwrap();
    // The library is one for the whole process, and is initialised already.
    drop(context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)));
    let slot = context.get_slots_with_initialized_token().unwrap()[0];
    let session = context.open_rw_session(slot).unwrap();
    session.login(UserType::User, Some(&pin())).unwrap();
    for (index, name) in KEYS.iter().enumerate() {
        let der = CertificateDer::from_pem_file(format!("{TESTDATA}/keys/{name}.pem")).unwrap();
        let id = u8::try_from(index + 1).unwrap();
        let template = [
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Subject(vec![0x30, 0x00]),
            Attribute::Label(name.as_bytes().to_vec()),
            Attribute::Id(vec![id]),
            Attribute::Value(der.to_vec()),
        ];
        session.create_object(&template).unwrap();
    }
}
