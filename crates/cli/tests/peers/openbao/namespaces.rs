//! Mounts that are in a namespace of a real OpenBao.

use serde_json::json;

use super::deployment::Deployment;
use super::setup;
use crate::run::Run;

/// What a client of the root namespace needs to be signed in the other one.
const POLICY: &str = r#"path "team/pki-aws/sign/iamra" { capabilities = ["update"] }"#;

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn login_and_mount_are_found_in_the_same_namespace_or_in_two() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let bao = &deployment.bao;
    bao.demand("POST", "sys/namespaces/team", &json!({}));
    let team = bao.in_namespace("team");
    setup::public_key_infrastructure(&team, &deployment.sandbox);

    let mut command = deployment.command(&["cert", "issue"]);
    command.env("VAULT_NAMESPACE", "team");
    Run::of(command.env("VAULT_TOKEN", team.token("iamra"))).ok();

    let policy = json!({ "policy": POLICY });
    bao.demand("PUT", "sys/policies/acl/team", &policy);
    setup::kubernetes_role(bao, "team");
    let jwt = deployment
        .laboratory
        .write("jwt", &deployment.service_accounts.good);
    let arguments = [
        ["--auth", "kubernetes"],
        ["--auth-role", "team"],
        ["--jwt-file", &jwt],
        ["--vault-pki-namespace", "team"],
    ];
    let run = deployment.run(&[&["cert", "issue"], &arguments.concat()[..]].concat());
    assert!(run.ok().stderr.contains("revoked our token"));
    // In the root namespace the role has no such right.
    let run = deployment.run(&[&["cert", "issue"], &arguments[..3].concat()[..]].concat());
    assert_eq!(run.code, Some(3), "{run}");
}
