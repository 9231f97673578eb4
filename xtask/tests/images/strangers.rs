//! What others make of our images: skopeo and umoci, with Debian's docker-registry.

use std::os::unix::fs::MetadataExt as _;

use serde_json::Value;

use crate::docker_registry::Server;
use crate::push::push;
use crate::tool::{Layout, peer, run, run_peer, run_told, tools};

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn skopeo_inspects_and_copies_both_platforms() {
    let (Some(server), Some(skopeo)) = (Server::start(), peer("skopeo")) else {
        return;
    };
    let layout = Layout::of(20_000, &["--tag", "1.0"]);
    let repository = server.repository("team/iamra");
    push(&layout, &repository, &[]).ok();
    let image = format!("docker://{repository}:1.0");
    for architecture in ["amd64", "arm64"] {
        let on = ["--override-arch", architecture, "--override-os", "linux"];
        let inspect = [&on[..], &["inspect", "--tls-verify=false", &image]].concat();
        let found: Value = serde_json::from_str(&run_peer(&skopeo, &inspect).ok().stdout).unwrap();
        assert_eq!(found["Architecture"], architecture);
        assert_eq!(found["Labels"]["org.opencontainers.image.title"], "iamra");
        let to = format!("oci:{}:1", layout.scratch(architecture));
        let copy = ["copy", "--quiet", "--src-tls-verify=false", &image, &to];
        run_peer(&skopeo, &[&on[..], &copy].concat()).ok();
    }
    // All of it at once stays what it is.
    let to = format!("oci:{}:1", layout.scratch("all"));
    let copy = [
        "copy",
        "--quiet",
        "--all",
        "--preserve-digests",
        "--src-tls-verify=false",
    ];
    run_peer(&skopeo, &[&copy[..], &[&image, &to]].concat()).ok();
    let copied = crate::tool::digest(layout.scratch("all").as_ref());
    assert_eq!(copied, layout.digest);
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn skopeo_reads_the_archive_for_docker() {
    let Some(skopeo) = peer("skopeo") else { return };
    let layout = Layout::of(20_000, &["--tag", "1.0"]);
    let archives = ["a.tar", "b.tar"].map(|name| layout.scratch(name));
    for archive in &archives {
        let path = layout.path();
        let arguments = ["image", "--from", &path, "--docker-archive", archive];
        run(&[&arguments[..], &["--platform", "linux/arm64"]].concat()).ok();
    }
    let [first, second] = archives
        .clone()
        .map(|archive| std::fs::read(archive).unwrap());
    assert_eq!(first, second);
    let image = format!("docker-archive:{}:iamra:1.0", archives[0]);
    let found = run_peer(&skopeo, &["--override-arch", "arm64", "inspect", &image]).ok();
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!(found["Architecture"], "arm64");
    let to = format!("oci:{}:1", layout.scratch("loaded"));
    run_peer(&skopeo, &["copy", "--quiet", &image, &to]).ok();
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn umoci_unpacks_it_alone_and_on_a_base() {
    let (Some(umoci), Some(server)) = (peer("umoci"), Server::start()) else {
        return;
    };
    let layout = Layout::of(20_000, &["--tag", "1.0"]);
    // A base that is ours, too: what was added to it is there, and so is the rest.
    // It comes in docker's own format, with other names for the same bytes.
    let Some(skopeo) = peer("skopeo") else { return };
    let base = server.repository("team/base");
    let (from, to) = (
        format!("oci:{}:1.0", layout.path()),
        format!("docker://{base}:1.0"),
    );
    let copy = [
        "copy",
        "--quiet",
        "--all",
        "--format",
        "v2s2",
        "--dest-tls-verify=false",
    ];
    run_peer(&skopeo, &[&copy[..], &[&from, &to]].concat()).ok();
    let other = layout.scratch("other");
    std::fs::write(&other, b"another binary").unwrap();
    let base = format!("{base}:1.0");
    let amd64 = layout.scratch("binary-amd64");
    // umoci knows no index over several platforms.
    let (alone, based) = (layout.scratch("alone"), layout.scratch("based"));
    let build = ["image", "--tag", "1.0", "--output"];
    run(&[&build[..], &[&alone, "--binary", &amd64]].concat()).ok();
    let on_base = [
        &based,
        "--binary",
        &other,
        "--base",
        &base,
        "--verify-reproducible",
    ];
    run(&[&build[..], &on_base].concat()).ok();
    let again = format!("oci:{}:1", layout.scratch("again"));
    let copy = [
        "copy",
        "--quiet",
        "--all",
        &format!("oci:{based}:1.0"),
        &again,
    ];
    run_peer(&skopeo, &copy).ok();
    for (layout_path, bundle, expected) in [
        (alone, "bundle-alone", std::fs::read(&amd64).unwrap()),
        (based, "bundle-based", b"another binary".to_vec()),
    ] {
        let (image, bundle) = (format!("{layout_path}:1.0"), layout.scratch(bundle));
        run_peer(
            &umoci,
            &["unpack", "--rootless", "--image", &image, &bundle],
        )
        .ok();
        let root = format!("{bundle}/rootfs");
        assert_eq!(std::fs::read(format!("{root}/iamra")).unwrap(), expected);
        let link = std::fs::read_link(format!("{root}/usr/local/bin/docker-credential-iamra"));
        assert_eq!(link.unwrap().to_str(), Some("/iamra"));
        assert!(
            std::fs::read_to_string(format!("{root}/etc/passwd"))
                .unwrap()
                .contains("nobody")
        );
        let mode = std::fs::metadata(format!("{root}/iamra")).unwrap().mode();
        assert_eq!(mode & 0o777, 0o755);
        let config = std::fs::read(format!("{bundle}/config.json")).unwrap();
        let config: Value = serde_json::from_slice(&config).unwrap();
        assert_eq!(config["process"]["user"]["uid"], 65534);
        assert_eq!(config["process"]["args"][0], "/iamra");
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_registry_with_passwords_and_a_private_authority_is_served() {
    let Some(server) = Server::guarded() else {
        return;
    };
    let layout = Layout::of(20_000, &[]);
    let (repository, authority) = (server.repository("team/iamra"), server.file("ca.pem"));
    push(&layout, &repository, &["--registry-ca", &authority]).ok();
    let path = layout.path();
    let wrong = [
        "image",
        "--from",
        &path,
        "--push",
        &repository,
        "--password-stdin",
    ];
    let wrong = [&wrong[..], &["--registry-ca", &authority]].concat();
    let line = run_told(tools(&wrong), "wrong\n").refusal();
    assert!(line.contains("the login was refused: 401"), "{line}");
    let stranger = Server::guarded().unwrap();
    let line = push(
        &layout,
        &repository,
        &["--registry-ca", &stranger.file("ca.pem")],
    )
    .refusal();
    assert!(
        line.contains("; --registry-ca names who signs for it"),
        "{line}"
    );
}
