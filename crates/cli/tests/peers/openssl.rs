//! OpenSSL, on what `cert issue` wrote.

use std::path::Path;

use crate::laboratory::Laboratory;
use crate::peer::Peer;
use crate::run::Run;

struct Layout {
    name: &'static str,
    /// The file that holds the intermediates.
    intermediates: &'static str,
    /// How many certificates are in which file.
    certificates: &'static [(&'static str, usize)],
}

const LAYOUTS: [Layout; 3] = [
    Layout {
        name: "clean",
        intermediates: "chain.pem",
        certificates: &[("cert.pem", 1), ("chain.pem", 1)],
    },
    Layout {
        name: "bundle",
        intermediates: "cert.pem",
        certificates: &[("cert.pem", 2)],
    },
    Layout {
        name: "legacy",
        intermediates: "chain.pem",
        certificates: &[("cert.pem", 2), ("chain.pem", 2)],
    },
];

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn it_verifies_every_layout_and_finds_every_certificate_and_the_key() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    for layout in &LAYOUTS {
        for mode in ["sign", "issue"] {
            let Layout { name, .. } = layout;
            let folder = format!("{name}-{mode}");
            let options = ["--layout", name, "--pki-mode", mode, "--out-dir", &folder];
            let run = openssl
                .laboratory
                .run(&[&["cert", "issue"], &options[..]].concat());
            run.ok();
            let folder = openssl.laboratory.path(&folder);
            openssl.verify(layout, &folder);
            for (file, count) in layout.certificates {
                let found = openssl.certificates(&folder.join(file));
                assert_eq!(found, *count, "{name} {mode} {file}");
            }
            let key = openssl.read(&["pkey", "-pubout"], &folder.join("private.pem"));
            let certificate = folder.join("cert.pem");
            let certified = openssl.read(&["x509", "-noout", "-pubkey"], &certificate);
            assert_eq!(key, certified, "{name} {mode}");
        }
    }
}

/// The program, and a sandbox whose root is in `root.pem`.
struct OpenSsl {
    program: Peer,
    laboratory: Laboratory,
}

impl OpenSsl {
    fn find() -> Option<Self> {
        let program = Peer::program("openssl")?;
        let laboratory = Laboratory::new();
        laboratory.write("root.pem", laboratory.sandbox.trust_anchor_pem());
        Some(Self {
            program,
            laboratory,
        })
    }

    /// The certificate is valid below the root, for clients and not for servers.
    #[track_caller]
    fn verify(&self, layout: &Layout, folder: &Path) {
        for (purpose, valid) in [("sslclient", true), ("sslserver", false)] {
            let mut command = self.program.command(&self.laboratory);
            command
                .args(["verify", "-CAfile", "root.pem", "-purpose", purpose])
                .arg("-untrusted")
                .arg(folder.join(layout.intermediates))
                .arg(folder.join("cert.pem"));
            let run = Run::of(&mut command);
            assert_eq!(
                run.code == Some(0),
                valid,
                "{} {purpose}: {run}",
                layout.name
            );
        }
    }

    /// How many certificates it finds in a file.
    fn certificates(&self, file: &Path) -> usize {
        let mut command = self.program.command(&self.laboratory);
        command.args(["crl2pkcs7", "-nocrl", "-out", "all.p7", "-certfile"]);
        Run::of(command.arg(file)).ok();
        let print = ["pkcs7", "-print_certs", "-noout"];
        let printed = self.read(&print, Path::new("all.p7"));
        printed.matches("subject=").count()
    }

    fn read(&self, arguments: &[&str], file: &Path) -> String {
        let mut command = self.program.command(&self.laboratory);
        command.args(arguments).arg("-in").arg(file);
        Run::of(&mut command).ok().stdout
    }
}
