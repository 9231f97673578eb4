//! AWS's side misbehaves, and everything else that goes wrong in the first hour.

#[cfg(all(unix, feature = "ecr", feature = "kubernetes"))]
mod case;
#[cfg(all(unix, feature = "ecr", feature = "kubernetes"))]
mod first_hour;

use iamra_sandbox::{Fault, FaultEffect, FaultTarget};

use crate::laboratory::Laboratory;
use crate::run::Run;

fn disturbed(name: &str, effect: FaultEffect, arguments: &[&str]) -> Run {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    laboratory
        .sandbox
        .faults()
        .add(Fault::always(FaultTarget::RolesAnywhere, effect));
    let run = laboratory.run(
        &[
            &["creds", "process", "--aws-timeout", "2"],
            &files[..],
            arguments,
        ]
        .concat(),
    );
    laboratory
        .filters()
        .bind(|| insta::assert_snapshot!(format!("aws-{name}"), run));
    run
}

#[test]
fn each_failure_has_its_exit_code_and_its_hint() {
    for (name, effect, code) in [
        ("throttled", FaultEffect::Throttle { retry_after: None }, 4),
        ("server-error", FaultEffect::ServerError { status: 500 }, 4),
        ("closed", FaultEffect::Close, 4),
        ("silent", FaultEffect::Hang, 4),
        ("html", FaultEffect::HtmlPage { status: 403 }, 1),
        ("endless", FaultEffect::EndlessBody, 1),
        ("expired", FaultEffect::Expired, 1),
        ("clock-skew", FaultEffect::ClockSkew { seconds: 3600 }, 3),
    ] {
        let run = disturbed(name, effect, &[]);
        assert_eq!(run.code, Some(code), "{name}: {run}");
        assert_eq!(run.stdout, "", "{name}");
    }
}

#[test]
fn vaults_ca_is_not_trusted_at_awss_address() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let files = laboratory.key_files("iamra");
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let arguments = [&["creds", "process"], &files[..]].concat();
    laboratory.run(&arguments).ok();
    let vault_ca = laboratory.path("vault-ca.pem");
    let mut command = laboratory.command(&arguments);
    let run = Run::of(command.env("AWS_CA_BUNDLE", vault_ca));
    assert_eq!(run.code, Some(2), "{run}");
    laboratory
        .filters()
        .bind(|| insta::assert_snapshot!("aws-unknown-ca", run));
}

#[test]
fn only_ipv6_loopback_works() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        eprintln!("SKIPPED: this machine has no IPv6 loopback");
        return;
    }
    let laboratory =
        Laboratory::changed(|settings| settings.loopback = iamra_sandbox::Loopback::V6);
    let files = laboratory.key_files("iamra");
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    laboratory
        .run(&[&["creds", "check"], &files[..]].concat())
        .ok();
}
