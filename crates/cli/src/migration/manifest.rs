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
        } else if container.is_shared() {
            findings.edits.keep(container.node.range.clone());
            findings.tell(MANIFEST.also(
                "A container stays as it is: it has an anchor, and what stands for that elsewhere would become iamra's, too.",
            ));
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
    document.visit(&mut |node| {
        let lists = ["initContainers", "containers"];
        let lists = lists.iter().filter_map(|name| node.get(name));
        found.extend(
            lists
                .flat_map(Node::items)
                .map(|it| (it, Runner::Kubernetes)),
        );
    });
    let services = document.get("services").map_or(&[][..], Node::entries);
    found.extend(services.iter().map(|(_, it)| (it, Runner::Compose)));
    let is_container = |(node, _): &(&Node, _)| matches!(node.value, Value::Mapping(_));
    let found = found.into_iter().filter(is_container);
    found
        .map(|(node, runner)| Container { text, node, runner })
        .collect()
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
    let name = container.node.get("name").and_then(Node::text);
    let name = name.unwrap_or("without a name");
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
    let words = container.words();
    let calls = |word: &&str| word.contains("aws_signing_helper") || word.contains("aws ecr get-");
    if words.iter().any(calls) {
        findings.tell(SIGNING_HELPER.also(format!(
            "The script of the container {name} calls iamra now, which has to be in its image."
        )));
    }
}
