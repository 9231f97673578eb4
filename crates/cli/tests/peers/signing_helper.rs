//! AWS's own `aws_signing_helper`.

mod drop_in;

use crate::laboratory::Laboratory;
use crate::peer::Peer;
use crate::run::Run;

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn it_opens_sessions_with_our_certificates_and_answers_as_we_do() {
    let Some(helper) = Peer::program("aws_signing_helper") else {
        return;
    };
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let plain = laboratory.sandbox.aws_http_url();
    for endpoint in [plain, laboratory.sandbox.aws_url()] {
        for (role, layout) in [
            ("iamra", "clean"),
            ("p384", "clean"),
            ("default-role", "clean"),
            ("iamra", "legacy"),
            ("default-role", "legacy"),
        ] {
            let options = options(&laboratory, (role, layout), &endpoint);
            let mut command = helper.command(&laboratory);
            // Go's variable for a private CA.
            command.env("SSL_CERT_FILE", laboratory.path("aws-ca.pem"));
            let theirs = Run::of(command.arg("credential-process").args(&options)).ok();
            let ours = laboratory
                .command(&["creds", "process"])
                .args(&options)
                .output();
            let ours = Run::from(ours.unwrap()).ok();
            let names = members(&ours.stdout);
            assert_eq!(names.len(), 5, "{ours}");
            assert_eq!(members(&theirs.stdout), names, "{role} {layout} {endpoint}");
        }
    }
}

/// Has a certificate issued; the options with which both take it.
fn options(laboratory: &Laboratory, kind: (&str, &str), endpoint: &str) -> Vec<String> {
    let (role, layout) = kind;
    let request = ["--out-dir", role, "--pki-role", role, "--layout", layout];
    laboratory
        .run(&[&["cert", "issue"], &request[..]].concat())
        .ok();
    let file = |name: &str| format!("{role}/{name}.pem");
    let sandbox = &laboratory.sandbox;
    let options = [
        ("--certificate", file("cert")),
        ("--private-key", file("private")),
        ("--intermediates", file("chain")),
        ("--trust-anchor-arn", sandbox.trust_anchor_arn().to_owned()),
        ("--profile-arn", sandbox.profile_arn().to_owned()),
        ("--role-arn", sandbox.role_arn().to_owned()),
        ("--region", "us-east-1".to_owned()),
        ("--endpoint", endpoint.to_owned()),
    ];
    let words = |(name, value): (&str, String)| [name.to_owned(), value];
    options.into_iter().flat_map(words).collect()
}

/// The names of a flat document's members in their order, each with the kind
/// of its value. No value holds an escaped quote.
fn members(document: &str) -> Vec<(&str, char)> {
    let words: Vec<&str> = document.split('"').collect();
    words
        .windows(2)
        .filter_map(|pair| {
            let value = pair[1].strip_prefix(':')?.trim_start();
            Some((pair[0], value.chars().next().unwrap_or('"')))
        })
        .collect()
}
