//! Containers in manifests: image, command and arguments change, and every other
//! byte stays.

mod container;
mod forms;
mod work;

use container::{Container, Runner};

use super::Findings;
use super::change::{MANIFEST, PATCHER, SIGNING_HELPER};
use super::section::Kind;
use super::yaml::{Node, Value};

pub(super) fn look(text: &str, (image, kind): (&str, Kind), findings: &mut Findings) {
    let Some(documents) = Node::documents(text) else {
        broken(text, findings);
        return;
    };
    for container in documents.iter().flat_map(|one| containers(text, one)) {
        let form = forms::of(&container);
        if form.is_none() {
            stays(&container, findings);
        } else if let Some(why) = container.obstacle() {
            findings.edits.keep(container.node.range.clone());
            let name = container.name;
            findings.tell(MANIFEST.also(format!("The container {name} stays as it is: {why}.")));
            continue;
        }
        if let Some(mut form) = form {
            if kind == Kind::Expanded {
                // It is Kubernetes that shall put these in.
                let arguments = form.arguments.iter_mut();
                arguments.for_each(|argument| *argument = argument.replace("$(", "\\$("));
            }
            if container.has_comments() {
                findings.tell(
                    MANIFEST.also(
                        "Comments in a container's command and arguments are gone with those.",
                    ),
                );
            }
            container.become_iamra(&form.arguments, image, &mut findings.edits);
            for change in form.changes {
                findings.tell(change);
            }
        }
    }
}

/// All containers of a document, and the services of compose.
fn containers<'t>(text: &'t str, document: &'t Node) -> Vec<Container<'t>> {
    let mut found = Vec::new();
    gather(document, false, &mut |node, is_below_an_anchor| {
        let name = node.get("name").and_then(Node::text);
        found.push(Container {
            text,
            node,
            runner: Runner::Kubernetes,
            name: name.unwrap_or("without a name"),
            is_below_an_anchor,
        });
    });
    let services = document.get("services");
    for (key, node) in services.map_or(&[][..], Node::entries) {
        found.push(Container {
            text,
            node,
            runner: Runner::Compose,
            name: key.text().unwrap_or_default(),
            is_below_an_anchor: services.is_some_and(|services| services.is_anchored),
        });
    }
    found.retain(|container| matches!(container.node.value, Value::Mapping(_)));
    found
}

/// What stands in lists of containers, and whether that is below an anchor.
fn gather<'t>(node: &'t Node, is_anchored: bool, found: &mut impl FnMut(&'t Node, bool)) {
    let is_anchored = is_anchored || node.is_anchored;
    for (key, value) in node.entries() {
        if matches!(key.text(), Some("initContainers" | "containers")) {
            let is_anchored = is_anchored || value.is_anchored;
            value
                .items()
                .iter()
                .for_each(|item| found(item, is_anchored));
        }
        gather(value, is_anchored, found);
    }
    for item in node.items() {
        gather(item, is_anchored, found);
    }
}

/// Says of what looks like a manifest that it is none: a template, say.
fn broken(text: &str, findings: &mut Findings) {
    let has = |key: &str| text.lines().any(|line| line.trim_start().starts_with(key));
    let Some(line) = Node::broken_line(text).filter(|_| has("containers:")) else {
        return;
    };
    findings.tell(MANIFEST.also(format!(
        "The manifest is no YAML in its line {line}, so that its containers stay: render a template first."
    )));
}

/// Says of a container that does not become iamra's what has to be known.
fn stays(container: &Container<'_>, findings: &mut Findings) {
    let name = container.name;
    if forms::has_other_work(container) {
        // Nothing inside of it becomes iamra's, which its image may not have.
        findings.edits.keep(container.node.range.clone());
        findings.tell(MANIFEST.also(format!(
            "The container {name} stays as it is: its script does other work, too, which iamra does not do."
        )));
        return;
    }
    if container.image() == Some("imagepullsecret-patcher") {
        PATCHER.changes().for_each(|change| findings.tell(change));
    }
    let mut words = container.words();
    words.extend(container.lines());
    let programs = ["aws_signing_helper", "needroleshere", "aws ecr get-"];
    let calls = |word: &&str| programs.iter().any(|program| word.contains(program));
    if words.iter().any(calls) {
        findings.tell(SIGNING_HELPER.also(format!(
            "The script of the container {name} calls iamra now, which has to be in its image."
        )));
    }
}
