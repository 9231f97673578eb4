//! Other forms of the image: an archive for docker, and a layer on a base.

use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::tool::{Layout, digest, run};

#[test]
fn an_archive_for_docker_is_reproducible_and_whole() {
    let layout = Layout::of(3000, &["--tag", "1.0", "--tag", "latest"]);
    let archives = ["a.tar", "b.tar"].map(|name| layout.scratch(name));
    let path = layout.path();
    for archive in &archives {
        let platform = ["--platform", "linux/arm64", "--docker-archive", archive];
        run(&[&["image", "--from", &path][..], &platform].concat()).ok();
    }
    let [first, second] = archives.map(|archive| std::fs::read(archive).unwrap());
    assert_eq!(first, second);
    let manifest: Value = serde_json::from_slice(&file(&first, "manifest.json")).unwrap();
    assert_eq!(
        manifest[0]["RepoTags"],
        serde_json::json!(["iamra:1.0", "iamra:latest"])
    );
    let config = file(&first, manifest[0]["Config"].as_str().unwrap());
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["architecture"], "arm64");
    let layer = file(&first, manifest[0]["Layers"][0].as_str().unwrap());
    let binary = std::fs::read(layout.scratch("binary-arm64")).unwrap();
    assert_eq!(file(&layer, "iamra"), binary);
    let both = run(&[
        "image",
        "--from",
        &path,
        "--platform",
        "linux/amd64,linux/arm64",
        "--docker-archive",
        "x",
    ]);
    assert!(both.refusal().contains("for one platform"));
}

#[test]
fn a_base_stays_below_what_is_added() {
    let base = Layout::of(3000, &["--tag", "1.0"]);
    let (binary, output) = (base.scratch("binary-arm64"), base.scratch("based"));
    let on = |base: &str, output: &str, platform: &str| {
        let build = ["image", "--binary", &binary, "--platform", platform];
        run(&[&build[..], &["--base", base, "--output", output]].concat())
    };
    on(&base.path(), &output, "linux/arm64").ok();
    let manifest = image(Path::new(&output));
    assert_eq!(
        manifest["annotations"]["org.opencontainers.image.base.digest"],
        *base.digest
    );
    let layers = manifest["layers"].as_array().unwrap();
    let below = image_of(Path::new(&base.path()), 1);
    assert_eq!((layers.len(), &layers[0]), (2, &below["layers"][0]));
    let config = blob(Path::new(&output), &manifest["config"]);
    assert_eq!(config["rootfs"]["diff_ids"].as_array().unwrap().len(), 2);
    assert_eq!(config["config"]["User"], "65534:65534");
    // That one is of arm64 alone.
    let wrong = on(&output, &base.scratch("wrong"), "linux/amd64").refusal();
    assert!(wrong.contains("has no image for linux/amd64"), "{wrong}");
    let same = on(&base.path(), &base.path(), "linux/arm64").refusal();
    assert!(same.contains("would be replaced"), "{same}");
    assert_eq!(digest(Path::new(&base.path())), base.digest);
}

/// A file of an archive.
fn file(archive: &[u8], name: &str) -> Vec<u8> {
    let mut archive = tar::Archive::new(archive);
    let mut entries = archive.entries().unwrap().map(Result::unwrap);
    let mut entry = entries
        .find(|entry| entry.path().unwrap() == Path::new(name))
        .unwrap();
    let mut contents = Vec::new();
    entry.read_to_end(&mut contents).unwrap();
    contents
}

/// The manifest of a layout of one platform.
fn image(layout: &Path) -> Value {
    image_of(layout, 0)
}

fn image_of(layout: &Path, platform: usize) -> Value {
    let index = serde_json::json!({"digest": digest(layout)});
    blob(layout, &blob(layout, &index)["manifests"][platform])
}

fn blob(layout: &Path, descriptor: &Value) -> Value {
    let digest = descriptor["digest"].as_str().unwrap();
    let path = layout.join(digest.replace("sha256:", "blobs/sha256/"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
