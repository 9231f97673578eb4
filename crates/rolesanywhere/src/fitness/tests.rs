use std::time::Duration;

use super::*;
use crate::PemSources;

/// When the recorded certificates were valid.
const RECORDED: u64 = 1_795_237_600;

fn findings(name: &str, now: u64) -> Vec<Finding> {
    let path = format!("{}/testdata/fitness/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    let pem = std::fs::read(path).unwrap();
    let sources = PemSources {
        certificate: &pem,
        private_key: None,
        intermediates: None,
    };
    let (certificate, others) = sources.certificates().unwrap();

    Finding::of(
        &certificate,
        &others,
        SystemTime::UNIX_EPOCH + Duration::from_secs(now),
    )
}

fn lines(name: &str, now: u64) -> Vec<String> {
    let line = |finding: &Finding| format!("{:?}: {}", finding.severity, finding.unfitness);
    findings(name, now).iter().map(line).collect()
}

#[test]
fn certificates_of_real_roles_show_what_the_role_lacks() {
    const NO_CONSTRAINTS: &str = "Warning: it has no basic constraints (CA:FALSE)";
    for (name, expected) in [
        ("recommended", vec!["Warning: it expires in 8 min"]),
        ("vault-default-role", vec![NO_CONSTRAINTS]),
        ("sha384", vec![NO_CONSTRAINTS]),
        ("pss", vec![NO_CONSTRAINTS]),
        (
            "no-key-usage",
            vec![
                "Error: it has no key usage; digitalSignature is required",
                NO_CONSTRAINTS,
            ],
        ),
        (
            "key-encipherment-only",
            vec![
                "Error: its key usage is keyEncipherment; digitalSignature is required",
                NO_CONSTRAINTS,
            ],
        ),
        (
            "server-auth-only",
            vec![
                NO_CONSTRAINTS,
                "Warning: its extended key usage is serverAuth, without clientAuth",
            ],
        ),
        (
            "ed25519",
            vec![
                "Error: its key is Ed25519; RSA or EC (P-256, P-384, P-521) is required",
                NO_CONSTRAINTS,
            ],
        ),
        (
            "no-common-name",
            vec![
                NO_CONSTRAINTS,
                "Warning: it has no common name, so sessions have no source identity",
            ],
        ),
    ] {
        assert_eq!(lines(name, RECORDED), expected, "{name}");
    }
}

#[test]
fn made_certificates_show_the_rest() {
    const MADE: u64 = 1_800_000_000;
    for (name, expected) in [
        (
            "sha1",
            vec![
                "Error: its issuer signed it with sha1WithRSAEncryption; SHA-256 or stronger is required",
            ],
        ),
        (
            "short-key",
            vec!["Warning: its RSA key has 1024 bits; 2048 or more are advised"],
        ),
        (
            "certificate-authority",
            vec!["Error: it is a CA certificate (CA:TRUE), not an end-entity certificate"],
        ),
        (
            "unmappable",
            vec![
                "Warning: its common name \"app (blue)\" cannot be a source identity (2 to 64 letters, digits or _+=,.@-)",
                "Warning: its Subject/O \"Example (Test)\" cannot be a session tag (up to 256 letters, digits, spaces or _.:/=+-@)",
                "Warning: its Subject/CN \"app (blue)\" cannot be a session tag (up to 256 letters, digits, spaces or _.:/=+-@)",
                "Warning: its Issuer/O \"Example (Test)\" cannot be a session tag (up to 256 letters, digits, spaces or _.:/=+-@)",
                "Warning: its Issuer/CN \"app (blue)\" cannot be a session tag (up to 256 letters, digits, spaces or _.:/=+-@)",
                "Warning: its SAN/DNS \"*.example.test\" cannot be a session tag (up to 256 letters, digits, spaces or _.:/=+-@)",
            ],
        ),
    ] {
        assert_eq!(lines(name, MADE), expected, "{name}");
    }
}

#[test]
fn validity_is_that_of_the_time_given() {
    let first = |now| lines("recommended", now).remove(0);
    assert_eq!(
        first(RECORDED + 600),
        "Error: it expired at 2026-11-21T05:15:29Z (now 2026-11-21T05:16:40Z)"
    );
    assert_eq!(
        first(RECORDED - 600),
        "Error: it is valid from 2026-11-21T05:04:59Z (now 2026-11-21T04:56:40Z)"
    );
    // Two years on, the intermediate has expired, too.
    let later = lines("recommended", RECORDED + 63_072_000);
    assert_eq!(
        later[1],
        "Warning: the intermediate CN=iamra test intermediate is not valid at this time"
    );
}

#[test]
fn a_foreign_intermediate_breaks_the_path() {
    let read = |name: &str| {
        std::fs::read(format!(
            "{}/testdata/pki/{name}.pem",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap()
    };
    let fitness = std::fs::read(format!(
        "{}/testdata/fitness/recommended.pem",
        env!("CARGO_MANIFEST_DIR")
    ));
    let sources = PemSources {
        certificate: &fitness.unwrap(),
        private_key: None,
        intermediates: None,
    };
    let (certificate, _) = sources.certificates().unwrap();
    let (foreign, _) = PemSources {
        certificate: &read("int"),
        ..sources
    }
    .certificates()
    .unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(RECORDED);
    let findings = Finding::of(&certificate, &[foreign], now);
    assert!(findings.iter().any(|finding| matches!(
        &finding.unfitness,
        Unfitness::BrokenPath { issuer, .. } if issuer == "CN=iamra test intermediate"
    )));
}

#[test]
fn the_order_of_the_others_does_not_matter() {
    let read = |name: &str| {
        std::fs::read(format!(
            "{}/testdata/pki/{name}.pem",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap()
    };
    let text = [read("ecp256"), read("root"), read("int")].concat();
    let sources = PemSources {
        certificate: &text,
        private_key: None,
        intermediates: None,
    };
    let (certificate, others) = sources.certificates().unwrap();
    let now = certificate.not_before() + Duration::from_secs(60);
    let findings = Finding::of(&certificate, &others, now);
    let is_broken = |finding: &Finding| matches!(finding.unfitness, Unfitness::BrokenPath { .. });
    assert!(!findings.iter().any(is_broken), "{findings:?}");
}
