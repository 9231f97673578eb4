//! Containers in manifests: image, command and arguments change, and every other
//! byte stays.

mod container;
mod forms;

use container::Container;

use super::Findings;
use super::section::Kind;
use super::yaml::{Node, Value};

pub(super) fn look(text: &str, (image, kind): (&str, Kind), findings: &mut Findings) {
    let documents = Node::documents(text).unwrap_or_default();
    let mut found = Vec::new();
    for document in &documents {
        document.visit(&mut |node| {
            let lists = ["initContainers", "containers"];
            let lists = lists.iter().filter_map(|name| node.get(name));
            found.extend(lists.flat_map(Node::items));
        });
    }
    let is_container = |node: &&Node| matches!(node.value, Value::Mapping(_));
    for node in found.into_iter().filter(is_container) {
        let container = Container { text, node };
        if let Some(mut form) = forms::of(&container) {
            if kind == Kind::Expanded {
                // It is Kubernetes that shall put these in.
                let arguments = form.arguments.iter_mut();
                arguments.for_each(|argument| *argument = argument.replace("$(", "\\$("));
            }
            container.become_iamra(&form.arguments, image, &mut findings.edits);
            for change in form.changes {
                findings.tell(change);
            }
        }
    }
}
