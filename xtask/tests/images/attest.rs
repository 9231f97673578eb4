//! What a workflow says of an image, beside what a key has signed.

use std::process::Command;

use crate::docker_registry::Server;
use crate::tool::{Layout, Run, peer, run_told, tools};

/// By a key of its own in place of a workflow's identity, which is not to be had here; all
/// else is as there: cosign's first format, the login in a file that goes again.
#[test]
#[ignore = "peer: cosign, docker-registry"]
fn an_attestation_is_one_that_cosign_verifies() {
    let (Some(cosign), Some(server)) = (peer("cosign"), Server::guarded()) else {
        return;
    };
    let layout = Layout::of(3000, &[]);
    let repository = server.repository("iamra");
    let authority = server.file("ca.pem");
    let login = ["--password-stdin", "--registry-ca", &authority];
    let push = ["image", "--from", &layout.path(), "--push", &repository];
    run_told(tools(&[&push[..], &login].concat()), TOKEN).ok();

    let folder = layout.scratch("keys");
    std::fs::create_dir_all(&folder).unwrap();
    let cosign = |arguments: &[&str]| -> Run {
        let mut command = Command::new(&cosign);
        command.args(arguments).current_dir(&folder);
        command.env("COSIGN_PASSWORD", "");
        run_told(command, "")
    };
    cosign(&["generate-key-pair"]).ok();

    let image = format!("{repository}:latest");
    let key = format!("{folder}/cosign.key");
    let attest = ["attest", &image, "--key", &key];
    let mut attest = tools(&[&attest[..], &login].concat());
    attest
        .env("COSIGN_PASSWORD", "")
        .env("SSL_CERT_FILE", &authority);
    let said = run_told(attest, TOKEN).ok();
    assert!(
        !said.to_string().contains(&format!("AWS:{TOKEN}")),
        "{said}"
    );

    let verify = [
        "verify-attestation",
        "--key",
        "cosign.pub",
        "--insecure-ignore-tlog=true",
    ];
    let of = ["--type", "slsaprovenance1", "--registry-username", "AWS"];
    let with = [
        "--registry-password",
        TOKEN,
        "--registry-cacert",
        &authority,
        &image,
    ];
    let verified = cosign(&[&verify[..], &of, &with].concat()).ok();
    assert!(
        verified.stdout.contains("application/vnd.in-toto+json"),
        "{verified}"
    );
    // Under the tag that key and workflow have in common, and no bundle beside it.
    let tag = format!("{}.att", layout.digest.replace(':', "-"));
    assert!(
        server.tags("iamra").contains(&tag),
        "{:?}",
        server.tags("iamra")
    );
}

/// What the guarded registry takes.
const TOKEN: &str = "token";
