//! What is signed, and what is not.

use std::process::Command;

use crate::tool::{Layout, Run, tools};

/// A repository with one commit, which git takes in place of ours.
pub(crate) struct Clean {
    folder: tempfile::TempDir,
}

impl Clean {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.args(arguments).current_dir(folder.path());
            assert!(git.status().unwrap().success());
        };
        git(&["init", "--quiet"]);
        let who = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
        let commit = ["commit", "--quiet", "--allow-empty", "--message", "x"];
        git(&[&who[..], &commit].concat());
        Self { folder }
    }

    pub(crate) fn given_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("GIT_DIR", self.folder.path().join(".git"))
            .env("GIT_WORK_TREE", self.folder.path())
    }

    pub(crate) fn change(&self) {
        std::fs::write(self.folder.path().join("new"), "").unwrap();
    }
}

fn refused(arguments: &[&str], tree: &Clean) -> String {
    let mut command = tools(arguments);
    tree.given_to(&mut command);
    Run::of(&command.output().unwrap()).refusal()
}

#[test]
fn only_what_is_built_of_a_commit_is_signed() {
    let layout = Layout::of(3000, &[]);
    let clean = Clean::new();
    let path = layout.path();
    for given in [["--from", &path], ["--binary", &path]] {
        let key = ["image", "--sign-key", "/nonexistent"];
        let line = refused(&[&key[..], &given].concat(), &clean);
        let words = format!("of this commit: leave out {}", given[0]);
        assert!(line.contains(&words), "{line}");
    }
    let sign = ["image", "--sign-key", "/nonexistent"];
    let line = refused(&sign, &clean);
    assert!(line.starts_with("/nonexistent"), "{line}");
    clean.change();
    let line = refused(&sign, &clean);
    assert!(line.contains("commit or stash `new` first"), "{line}");
}

#[test]
fn an_image_of_a_tree_with_changes_says_so() {
    let tree = Clean::new();
    let revision = |layout: &Layout| {
        let index = layout.digest.replace("sha256:", "blobs/sha256/");
        let text = std::fs::read(format!("{}/{index}", layout.path())).unwrap();
        let index: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let revision = &index["annotations"]["org.opencontainers.image.revision"];
        revision.as_str().unwrap().to_owned()
    };
    let clean = revision(&Layout::in_tree(&tree, 3000));
    tree.change();
    assert_eq!(
        revision(&Layout::in_tree(&tree, 3000)),
        format!("{clean}-dirty")
    );
}

/// A workflow cannot say on which base, and must not say on none.
#[test]
fn an_image_on_a_base_is_not_attested() {
    let tree = Clean::new();
    let base = Layout::in_tree(&tree, 3000);
    let (path, binary, output) = (
        base.path(),
        base.scratch("binary-arm64"),
        base.scratch("on"),
    );
    let build = ["image", "--platform", "linux/arm64", "--binary", &binary];
    let mut build = tools(&[&build[..], &["--base", &path, "--output", &output]].concat());
    Run::of(&tree.given_to(&mut build).output().unwrap()).ok();
    let attest = ["attest", "127.0.0.1:1/iamra:1", "--layout", &output];
    assert!(refused(&attest, &tree).contains("stands on a base"));
}
