//! What a workflow says of an image, beside what a key has signed.

use std::process::Command;

use crate::clean_tree::Clean;
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
    let tree = Clean::new();
    let layout = Layout::in_tree(&tree, 3000);
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
    let attest = |layout: &str| {
        let attest = ["attest", &image, "--key", &key, "--layout", layout];
        let mut attest = tools(&[&attest[..], &login].concat());
        tree.given_to(&mut attest).env("COSIGN_PASSWORD", "");
        run_told(attest, TOKEN)
    };
    let said = attest(&layout.path()).ok();
    for leak in [TOKEN, BASE64] {
        assert!(!said.to_string().contains(leak), "{said}");
    }
    let another = attest(&Layout::of(4000, &[]).path()).refusal();
    assert!(another.contains("build it again"), "{another}");
    let another = attest(&Layout::in_tree(&tree, 4000).path()).refusal();
    assert!(another.contains("only that is attested"), "{another}");

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

/// `AWS:token`, as it is on the wire.
const BASE64: &str = "QVdTOnRva2Vu";

/// What the guarded registry takes.
const TOKEN: &str = "token";
