//! What a push sends, and in which order.

use crate::stand_in::{Refusal, StandIn, digest_of};
use crate::tool::{Layout, Run, run_told, tools};

/// `image --from LAYOUT --push REPOSITORY`, with a token.
pub(crate) fn push(layout: &Layout, repository: &str, more: &[&str]) -> Run {
    let path = layout.path();
    let mut arguments = vec!["image", "--from", &path, "--push", repository];
    arguments.extend(["--password-stdin"]);
    arguments.extend(more);
    run_told(tools(&arguments), "token\n")
}

#[test]
fn what_is_missing_is_sent_and_tags_come_last() {
    let registry = StandIn::start();
    let layout = Layout::of(3000, &["--tag", "1.0", "--tag", "latest"]);
    let signature = layout.write_signature(None);
    let tag = format!("{}.sig", layout.digest.replace(':', "-"));
    layout.name_manifest(&signature, Some(&tag));
    let repository = registry.repository("team/iamra");
    let first = push(&layout, &repository, &[]).ok();
    // Two layers and configurations, and those of the signature.
    assert!(first.stdout.contains("sent 6 of 6 blobs"), "{first}");
    let writes = registry.writes();
    let tags: Vec<_> = writes[writes.len() - 3..]
        .iter()
        .map(|call| call.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(tags, [&*tag, "1.0", "latest"]);
    for name in ["1.0", "latest"] {
        let key = format!("team/iamra {name}");
        assert_eq!(digest_of(&registry.state().manifests[&key]), layout.digest);
    }
    let again = push(&layout, &repository, &["--no-clobber"]).ok();
    assert!(
        again
            .stdout
            .contains("sent 0 of 6 blobs (0 B), 0 of 4 manifests"),
        "{again}"
    );
    assert_eq!(registry.writes(), [""; 0]);
}

/// The layers of what a tag names.
fn layers(registry: &StandIn, tag: &str) -> Vec<String> {
    let manifest = registry.state().manifests[&format!("team/iamra {tag}")].clone();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let layers = manifest["layers"].as_array().unwrap().iter();
    layers
        .map(|layer| layer["digest"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_others_have_said_stays_and_ours_is_added() {
    let registry = StandIn::start();
    let repository = registry.repository("team/iamra");
    // The same image, of which two say something: a key, say, and a workflow.
    let [ours, theirs] = [(); 2].map(|()| Layout::of(3000, &[]));
    assert_eq!(ours.digest, theirs.digest);
    for suffix in [".att", ".sig"] {
        let tag = format!("{}{suffix}", ours.digest.replace(':', "-"));
        for (layout, text) in [(&ours, "ours"), (&theirs, "theirs")] {
            layout.name_manifest(&layout.write_said(text), Some(&tag));
        }
    }
    push(&theirs, &repository, &[]).ok();
    push(&ours, &repository, &["--no-clobber"]).ok();
    let said = [digest_of(b"theirs"), digest_of(b"ours")];
    for suffix in [".att", ".sig"] {
        let tag = format!("{}{suffix}", ours.digest.replace(':', "-"));
        assert_eq!(layers(&registry, &tag), said);
    }
    registry.writes();
    for layout in [&ours, &theirs] {
        push(layout, &repository, &[]).ok();
        assert_eq!(registry.writes(), [""; 0]);
    }
    // Signed once more by a key that draws a random number: all three are kept.
    let tag = format!("{}.att", ours.digest.replace(':', "-"));
    let again = Layout::of(3000, &[]);
    again.name_manifest(&again.write_said("ours, again"), Some(&tag));
    push(&again, &repository, &[]).ok();
    let [first, second] = said;
    assert_eq!(
        layers(&registry, &tag),
        [first, second, digest_of(b"ours, again")]
    );
}

#[test]
fn what_is_there_is_left_out() {
    let registry = StandIn::start();
    let layout = Layout::of(3000, &[]);
    let repository = registry.repository("team/iamra");
    push(&layout, &repository, &[]).ok();
    registry.state().manifests.clear();
    let lost = registry.state().blobs.pop_first().unwrap();
    let again = push(&layout, &repository, &[]).ok();
    assert!(again.stdout.contains("sent 1 of 4 blobs"), "{again}");
    assert!(registry.state().blobs.contains_key(&lost.0));
}

#[test]
fn what_passes_is_tried_again() {
    let registry = StandIn::start();
    let layout = Layout::of(3000, &[]);
    for call in ["GET /v2/", "POST", "PUT", "/manifests/latest"] {
        registry.refuse(Refusal {
            call,
            times: 1,
            status: 503,
            code: "UNAVAILABLE",
        });
    }
    let repository = registry.repository("team/iamra");
    let run = push(&layout, &repository, &[]).ok();
    assert!(
        run.stdout
            .contains("answers 503 UNAVAILABLE as the stand-in says: again in"),
        "{run}"
    );
    let latest = registry.state().manifests["team/iamra latest"].clone();
    assert_eq!(digest_of(&latest), layout.digest);
}
