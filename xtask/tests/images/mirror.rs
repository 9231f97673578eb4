//! Copies with their signatures.

use crate::docker_registry::Server;
use crate::stand_in::StandIn;
use crate::tool::{Layout, run, run_peer, run_told, tools};

/// An image with what was said of it.
struct Signed {
    layout: Layout,
    /// cosign's.
    tag: String,
    /// The digest of what has the image as its subject.
    referrer: String,
}

fn signed() -> Signed {
    let layout = Layout::of(3000, &["--tag", "1.0"]);
    let signature = layout.write_signature(None);
    let tag = format!("{}.sig", layout.digest.replace(':', "-"));
    layout.name_manifest(&signature, Some(&tag));
    // One that OCI's way files under its subject, and that has no name.
    let size = std::fs::metadata(format!("{}/{}", layout.path(), blob(&layout.digest)));
    let referrer = layout.write_signature(Some((&layout.digest, size.unwrap().len())));
    layout.name_manifest(&referrer, None);
    Signed {
        layout,
        tag,
        referrer,
    }
}

fn blob(digest: &str) -> String {
    digest.replace("sha256:", "blobs/sha256/")
}

#[test]
fn a_layout_is_copied_into_another_with_all_that_it_names() {
    let Signed { layout, tag, .. } = signed();
    let copy = layout.scratch("copy");
    run(&["mirror", &layout.path(), &copy]).ok();
    let entries = |path: &str| {
        let text = std::fs::read_to_string(format!("{path}/index.json")).unwrap();
        let mut blobs: Vec<_> = std::fs::read_dir(format!("{path}/blobs/sha256"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        blobs.sort();
        (text.contains(&tag), text.matches("digest").count(), blobs)
    };
    assert_eq!(entries(&copy), entries(&layout.path()));
    // One name of it, and what was said of that.
    let one = layout.scratch("one");
    run(&["mirror", &format!("{}:1.0", layout.path()), &one]).ok();
    assert_eq!(entries(&one), entries(&layout.path()));
}

#[test]
fn signatures_follow_an_image_through_registries() {
    let registry = StandIn::start();
    let Signed {
        layout,
        tag,
        referrer,
    } = signed();
    let told = |arguments: &[&str]| run_told(tools(arguments), "token\n").ok();
    let first = registry.repository("first");
    told(&["mirror", &layout.path(), &first, "--password-stdin"]);
    let state = registry.state();
    assert!(state.manifests.contains_key(&format!("first {tag}")));
    // The stand-in has no list of referrers, so there is the tag in place of one.
    let list = layout.digest.replace(':', "-");
    let text = String::from_utf8_lossy(&state.manifests[&format!("first {list}")]);
    assert!(text.contains(&referrer), "{text}");
    drop(state);
    // Another has one, and is asked for it.
    let listing = StandIn::start();
    listing.state().lists_referrers = true;
    let second = listing.repository("second");
    told(&["mirror", &layout.path(), &second, "--password-stdin"]);
    assert!(
        !listing
            .state()
            .manifests
            .contains_key(&format!("second {list}"))
    );
    let folder = layout.scratch("docker");
    std::fs::create_dir(&folder).unwrap();
    let (host, _) = second.split_once('/').unwrap();
    let config = serde_json::json!({"auths": {host: {"auth": "QVdTOnRva2Vu"}}});
    std::fs::write(format!("{folder}/config.json"), config.to_string()).unwrap();
    let back = layout.scratch("back");
    let mut mirror = tools(&["mirror", &format!("{second}:1.0"), &back]);
    mirror.env("DOCKER_CONFIG", folder);
    run_told(mirror, "").ok();
    assert!(std::fs::exists(format!("{back}/{}", blob(&referrer))).unwrap());
    assert!(
        std::fs::read_to_string(format!("{back}/index.json"))
            .unwrap()
            .contains(&tag)
    );
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_mirror_has_the_same_digests_and_the_signatures() {
    let (Some(from), Some(to)) = (Server::start(), Server::start()) else {
        return;
    };
    let Some(skopeo) = crate::tool::peer("skopeo") else {
        return;
    };
    let Signed {
        layout,
        tag,
        referrer,
    } = signed();
    let first = from.repository("team/iamra");
    run(&["mirror", &layout.path(), &first]).ok();
    let second = to.repository("mirrored/iamra");
    let name = format!("{first}@{}", layout.digest);
    run(&["mirror", &name, &format!("{second}:2.0")]).ok();
    let raw = |repository: &str, tag: &str| {
        let image = format!("docker://{repository}:{tag}");
        run_peer(&skopeo, &["inspect", "--tls-verify=false", "--raw", &image])
            .ok()
            .stdout
    };
    let list = layout.digest.replace(':', "-");
    assert_eq!(raw(&second, "2.0"), raw(&first, "1.0"));
    for tag in [&tag, &list] {
        assert_eq!(raw(&second, tag), raw(&first, tag));
    }
    let again = run(&["mirror", &name, &format!("{second}:2.0"), "--no-clobber"]).ok();
    assert!(again.stdout.contains("sent 0 of "), "{again}");
    // And back into a layout.
    let back = layout.scratch("back");
    run(&["mirror", &format!("{second}:2.0"), &back]).ok();
    let index = std::fs::read_to_string(format!("{back}/index.json")).unwrap();
    assert!(
        index.contains(&layout.digest) && index.contains(&tag),
        "{index}"
    );
    assert!(std::fs::exists(format!("{back}/{}", blob(&referrer))).unwrap());
}
