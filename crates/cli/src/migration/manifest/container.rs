use std::ops::Range;

use crate::migration::edit::Edits;
use crate::migration::yaml::{Node, Value};

/// A container of a manifest.
pub(super) struct Container<'t> {
    pub(super) text: &'t str,
    pub(super) node: &'t Node,
    pub(super) runner: Runner,
    /// In Kubernetes it is a value of its own.
    pub(super) name: &'t str,
    /// Whether what it stands in may stand elsewhere, too.
    pub(super) is_below_an_anchor: bool,
}

/// Whose manifest it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Runner {
    Kubernetes,
    /// Docker's or podman's compose.
    Compose,
}

impl Runner {
    /// What is called in place of the image's entry point, and with what.
    fn keys(self) -> [&'static str; 2] {
        match self {
            Self::Kubernetes => ["command", "args"],
            Self::Compose => ["entrypoint", "command"],
        }
    }
}

/// What a variable of a container is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Variable<'t> {
    Literal(&'t str),
    /// It comes from a Secret or the like.
    Elsewhere,
}

impl<'t> Container<'t> {
    /// The image's own name, without registry, tag and digest.
    pub(super) fn image(&self) -> Option<&'t str> {
        let image = self.node.get("image")?.text()?;
        let name = image.rsplit('/').next().unwrap_or(image);
        Some(name.split([':', '@']).next().unwrap_or(name))
    }

    /// Command and arguments, as one list.
    pub(super) fn words(&self) -> Vec<&'t str> {
        let lists = self.runner.keys().into_iter();
        let lists = lists.filter_map(|name| self.node.get(name));
        lists.flat_map(Node::items).filter_map(Node::text).collect()
    }

    /// Command and arguments where they are written as a line each, as compose takes them.
    pub(super) fn lines(&self) -> impl Iterator<Item = &'t str> {
        let node = self.node;
        let lines = self.runner.keys().into_iter();
        lines.filter_map(move |name| node.get(name)?.text())
    }

    /// The arguments alone.
    pub(super) fn arguments(&self) -> Vec<&'t str> {
        let [_, key] = self.runner.keys();
        let arguments = self.node.get(key).map_or(&[][..], Node::items);
        arguments.iter().filter_map(Node::text).collect()
    }

    /// What keeps it from being read wholly, as a sentence goes on.
    pub(super) fn obstacle(&self) -> Option<&'static str> {
        if self.is_shared() {
            return Some(
                "it has an anchor, and what stands for that elsewhere would become iamra's, too",
            );
        }
        if self.runner == Runner::Compose {
            let elsewhere = ["build", "extends", "<<"];
            if elsewhere.iter().any(|key| self.node.get(key).is_some()) {
                return Some("a part of it stands elsewhere");
            }
        }
        let lists = self.runner.keys().into_iter();
        let mut lists = lists.filter_map(|name| self.node.get(name));
        let is_read = |node: &Node| match node.text() {
            Some(text) => matches!(text, "" | "~" | "null"),
            None => node.items().iter().all(|item| item.text().is_some()),
        };
        (!lists.all(is_read)).then_some("its command is no list of words")
    }

    /// Whether a variable is set for it, wherever from.
    pub(super) fn has_variable(&self, name: &str) -> bool {
        let Some(set) = self.node.get("environment") else {
            return self.variable(name).is_some();
        };
        let is_it = |item: &Node| {
            let text = item.text().unwrap_or_default();
            text.split('=').next() == Some(name)
        };
        set.get(name).is_some() || set.items().iter().any(is_it)
    }

    pub(super) fn variable(&self, name: &str) -> Option<Variable<'t>> {
        let variables = self.node.get("env")?.items().iter();
        let is_named = |variable: &&Node| variable.get("name").and_then(Node::text) == Some(name);
        let variable = variables.into_iter().find(is_named)?;
        Some(match variable.get("value").and_then(Node::text) {
            Some(value) => Variable::Literal(value),
            None => Variable::Elsewhere,
        })
    }

    /// Where a folder of the AWS profile files is mounted.
    pub(super) fn aws_folder(&self) -> Option<&'t str> {
        let (list, key) = match self.runner {
            Runner::Kubernetes => ("volumeMounts", "mountPath"),
            Runner::Compose => ("volumes", "target"),
        };
        let mounts = self.node.get(list)?.items().iter();
        let mut paths = mounts.filter_map(|mount| match mount.text() {
            Some(short) => target(short),
            None => written(mount).then(|| mount.get(key)?.text()).flatten(),
        });
        paths.find(|path| path.trim_end_matches('/').ends_with("/.aws"))
    }

    /// Whether an alias may stand elsewhere for what would change.
    fn is_shared(&self) -> bool {
        let changing = ["image"].into_iter().chain(self.runner.keys());
        let mut is_shared = self.node.is_anchored || self.is_below_an_anchor;
        for node in changing.filter_map(|name| self.node.get(name)) {
            node.visit(&mut |node| is_shared |= node.is_anchored);
        }
        is_shared
    }

    /// Whether command or arguments have comments, which go with them.
    pub(super) fn has_comments(&self) -> bool {
        let lists = self.runner.keys().into_iter();
        let mut lists = lists.filter_map(|name| self.node.entry(name));
        lists.any(|(key, value)| {
            let written = &self.text[value_range(self.text, key, value)];
            let mut lines = written.lines();
            lines.any(|line| line.trim_start().starts_with('#') || line.contains(" #"))
        })
    }

    /// Makes it one of iamra's.
    pub(super) fn become_iamra(&self, arguments: &[String], image: &str, edits: &mut Edits) {
        let Some((key, old)) = self.node.entry("image") else {
            return;
        };
        edits.replace(old.range.clone(), old.requoted(self.text, image));
        let command = if self.is_json() {
            "[\"/iamra\"]"
        } else {
            "[/iamra]"
        }
        .to_owned();
        let arguments = format!("[{}]", self.list(arguments));
        let mut absent = Vec::new();
        for (name, value) in self.runner.keys().into_iter().zip([command, arguments]) {
            match self.node.entry(name) {
                Some((key, node)) => {
                    edits.replace(value_range(self.text, key, node), format!(" {value}"));
                }
                None => absent.push((name, value)),
            }
        }
        self.insert(&absent, (key, old), edits);
    }

    fn list(&self, arguments: &[String]) -> String {
        let quoted = arguments.iter().map(|argument| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=".contains(&byte);
            let is_plain = argument.bytes().all(is_plain)
                && !self.is_json()
                && argument.bytes().any(|byte| byte.is_ascii_alphabetic())
                && !is_another_type(argument);
            if is_plain {
                return argument.clone();
            }
            // What a shell takes away is none of the text.
            let quoted = serde_json::Value::from(argument.as_str()).to_string();
            quoted.replace("\\\\$(", "\\$(")
        });
        quoted.collect::<Vec<String>>().join(", ")
    }

    fn is_json(&self) -> bool {
        self.node.is_in_brackets(self.text)
    }

    /// Puts entries behind the image's, which every container has.
    fn insert(&self, absent: &[(&str, String)], (key, old): (&Node, &Node), edits: &mut Edits) {
        if absent.is_empty() {
            return;
        }
        if self.is_json() {
            let entries = absent
                .iter()
                .map(|(name, value)| format!(", \"{name}\": {value}"));
            edits.replace(old.range.end..old.range.end, entries.collect::<String>());
            return;
        }
        let line_end = self.text[old.range.end..].find(['\r', '\n']);
        let end = line_end.map_or(self.text.len(), |at| old.range.end + at);
        let line_break = if self.text[end..].starts_with("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let indent = " ".repeat(key.column);
        let lines = absent
            .iter()
            .map(|(name, value)| format!("{line_break}{indent}{name}: {value}"));
        edits.replace(end..end, lines.collect::<String>());
    }
}

/// Where compose mounts what is written in short: source, target and how.
fn target(short: &str) -> Option<&str> {
    if short.contains('$') {
        return None;
    }
    let parts: Vec<&str> = short.split(':').collect();
    match parts[..] {
        [target] | [_, target] => Some(target),
        [_, target, how] => (!how.split(',').any(|word| word == "ro")).then_some(target),
        _ => None,
    }
}

/// Whether a mount can be written to.
fn written(mount: &Node) -> bool {
    let keys = ["readOnly", "read_only"].iter();
    let mut values = keys.filter_map(|key| mount.get(key)?.text());
    !values.any(|value| value == "true")
}

/// What some readers of YAML take for a truth, for nothing or for a number.
fn is_another_type(word: &str) -> bool {
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let word = word.to_ascii_lowercase();
    words.contains(&word.as_str()) || word.starts_with("0x") || word.parse::<f64>().is_ok()
}

/// The value with what stands before it up to the key's colon: a list may begin
/// on the next line.
fn value_range(text: &str, key: &Node, value: &Node) -> Range<usize> {
    let colon = text[key.range.end..].find(':');
    let start = colon.map_or(key.range.end, |at| key.range.end + at + 1);
    let end = match value.value {
        Value::Scalar(ref text) if text.is_empty() => start,
        _ => value.range.end.max(start),
    };
    start..end
}
