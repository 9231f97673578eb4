//! A real OpenBao with TLS and a CA of its own.

use super::deployment::Deployment;
use super::server::{CA_FILE, Transport};
use crate::run::Run;

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn its_ca_is_trusted_where_it_is_named() {
    let Some(deployment) = Deployment::reached_by(Transport::Tls) else {
        return;
    };
    let issue = |ca: &str| {
        let mut command = deployment.command(&["cert", "issue"]);
        Run::of(command.env("VAULT_CACERT", ca))
    };
    issue(CA_FILE).ok();
    // The CA that issues certificates has nothing to do with it.
    for ca in ["", "root.pem"] {
        let run = issue(ca);
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.contains("VAULT_CACERT"), "{run}");
    }
}
