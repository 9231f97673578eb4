//! OpenSSL, on what `cert issue` wrote.

use std::ffi::OsStr;

use crate::laboratory::Laboratory;
use crate::peer::Peer;
use crate::run::Run;

/// A layout, the file that holds its intermediates, and how many certificates
/// are in each file.
const LAYOUTS: [(&str, &str, &[(&str, usize)]); 3] = [
    ("clean", "chain.pem", &[("cert.pem", 1), ("chain.pem", 1)]),
    ("bundle", "cert.pem", &[("cert.pem", 2)]),
    ("legacy", "chain.pem", &[("cert.pem", 2), ("chain.pem", 2)]),
];

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn it_verifies_every_layout_and_finds_every_certificate() {
    let Some(openssl) = Peer::program("openssl") else {
        return;
    };
    let laboratory = Laboratory::new();
    let root = laboratory.write("root.pem", laboratory.sandbox.trust_anchor_pem());
    for (layout, intermediates, files) in LAYOUTS {
        for mode in ["sign", "issue"] {
            let folder = laboratory.path(&format!("{layout}-{mode}"));
            let options = ["--layout", layout, "--pki-mode", mode, "--out-dir"];
            let mut issue = laboratory.command(&["cert", "issue"]);
            Run::of(issue.args(options).arg(&folder)).ok();

            let certificate = folder.join("cert.pem");
            let intermediates = folder.join(intermediates);
            let verify = |purpose: &str| {
                let mut command = openssl.command(&laboratory);
                command.args(["verify", "-purpose", purpose, "-CAfile", &root]);
                Run::of(command.arg("-untrusted").arg(&intermediates).arg(&certificate))
            };
            verify("sslclient").ok();
            assert_ne!(verify("sslserver").code, Some(0), "it is for clients");
            for (name, count) in files {
                let found = certificates(&openssl, &laboratory, folder.join(name).as_os_str());
                assert_eq!(found, *count, "{layout} {mode} {name}");
            }
            let key = folder.join("private.pem");
            let key = text(&openssl, &laboratory, &["pkey", "-pubout"], key.as_os_str());
            let subject = ["x509", "-noout", "-pubkey"];
            let certified = text(&openssl, &laboratory, &subject, certificate.as_os_str());
            assert_eq!(key, certified, "{layout} {mode}");
        }
    }
}

/// How many certificates OpenSSL finds in a file.
fn certificates(openssl: &Peer, laboratory: &Laboratory, file: &OsStr) -> usize {
    let mut command = openssl.command(laboratory);
    command.args(["crl2pkcs7", "-nocrl", "-out", "all.p7", "-certfile"]);
    Run::of(command.arg(file)).ok();
    let print = ["pkcs7", "-print_certs", "-noout"];
    let printed = text(openssl, laboratory, &print, OsStr::new("all.p7"));
    printed.matches("subject=").count()
}

fn text(openssl: &Peer, laboratory: &Laboratory, arguments: &[&str], file: &OsStr) -> String {
    let mut command = openssl.command(laboratory);
    command.args(arguments).arg("-in").arg(file);
    Run::of(&mut command).ok().stdout
}
