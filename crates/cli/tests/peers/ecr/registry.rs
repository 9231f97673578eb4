//! docker-registry under the name of an ECR registry: who pushes and pulls there
//! with our logins, and what we say where it refuses them.

mod server;

use std::collections::BTreeSet;

use super::HOST;
use super::pull::every_login;
use super::skopeo::{Skopeo, digest};
use super::stage::Stage;
use crate::laboratory::Laboratory;
use crate::passage::Passage;
use crate::run::Run;
use server::Server;

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn skopeo_pushes_and_pulls_by_every_login() {
    let (Some(skopeo), Some((stage, server))) = (Skopeo::found(), at_docker_registry()) else {
        return;
    };
    server.admit(&stage, stage.printed(&["token"]).trim_end());
    let nobody = skopeo.copy(&stage, (&image("none"), "oci:none:1"), &[]);
    assert_eq!(nobody.code, Some(1), "{nobody}");
    let logins = every_login(&stage);
    let source = source(&skopeo, &stage);
    let mut tags = BTreeSet::new();
    for (name, logins) in &logins {
        let pushed = skopeo.copy(&stage, ("oci:source:1", &image(name)), logins);
        assert_eq!(pushed.code, Some(0), "{name}: {pushed}");
        let pulled = skopeo.copy(&stage, (&image(name), &format!("oci:{name}:1")), logins);
        assert_eq!(pulled.code, Some(0), "{name}: {pulled}");
        assert_eq!(digest(&stage, name), source, "{name}");
        let found = stage.json(&["check", "--repo", &format!("pushed/app:{name}")]);
        assert_eq!(found[0]["manifest"]["digest"], *source, "{name}");
        tags.insert((*name).to_owned());
    }
    let listed = stage.printed(&["tags", &format!("{HOST}/pushed/app")]);
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    assert_eq!(listed, tags);
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_refused_token_is_explained() {
    let (Some(skopeo), Some((stage, server))) = (Skopeo::found(), at_docker_registry()) else {
        return;
    };
    server.admit(&stage, "another token");
    for (name, logins) in every_login(&stage) {
        let run = skopeo.copy(&stage, (&image("1"), &format!("oci:{name}:1")), &logins);
        assert!(run.stderr.contains("unauthorized"), "{name}: {run}");
    }
    for words in [
        &["check"][..],
        &["check", "--repo", "pushed/app:1"],
        &["tags", "pushed/app"],
    ] {
        let run = Run::of(&mut stage.ecr(words));
        assert_eq!(run.code, Some(3), "{run}");
        assert!(run.stderr.contains("401"), "{run}");
        assert!(run.stderr.contains(HOST), "{run}");
    }
}

/// A stage whose registry is a docker-registry; tokens are the sandbox's.
fn at_docker_registry() -> Option<(Stage, Server)> {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let server = Server::start(&laboratory)?;
    let passage = Passage::to(server.address);
    let sandbox = laboratory.sandbox.aws_ca_pem().unwrap().to_owned();
    let authorities = sandbox + &server.authority;
    Some((Stage::with(laboratory, passage, &authorities), server))
}

/// An image to push, from the sandbox; its digest.
fn source(skopeo: &Skopeo, stage: &Stage) -> String {
    let way = Passage::to_sandbox(&stage.laboratory.sandbox);
    let printed = stage.laboratory.path("printed.json").display().to_string();
    let logins = [("HTTPS_PROXY", way.url()), ("REGISTRY_AUTH_FILE", printed)];
    let image = format!("docker://{HOST}/team/app:1");
    let run = skopeo.copy(stage, (&image, "oci:source:1"), &logins);
    assert_eq!(run.code, Some(0), "{run}");
    digest(stage, "source")
}

fn image(tag: &str) -> String {
    format!("docker://{HOST}/pushed/app:{tag}")
}
