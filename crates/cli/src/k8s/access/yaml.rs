use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};
use zeroize::Zeroize as _;

/// A document whose texts may be secrets: they are wiped when it goes.
pub(super) struct Document(Value);

impl Document {
    /// Reads the first document of a YAML text, JSON being a part of YAML.
    ///
    /// Nodes that aliases stand for are counted each time, so that a few lines
    /// cannot become gigabytes. An error names a place and no value.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut loader = Loader::default();
        for event in &mut Events(Parser::new_from_str(text)) {
            let (event, line) = event?;
            let ended = loader.take(event);
            if ended.map_err(|why| format!("line {line}: {why}"))? {
                break;
            }
        }
        Ok(Self(loader.root.take().unwrap_or(Value::Null)))
    }

    /// What stands under a key of the outermost mapping.
    pub(super) fn part(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Whether it can have parts at all; an empty one can.
    pub(super) fn is_mapping(&self) -> bool {
        self.0.is_object() || self.0.is_null()
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// The parser's events with their lines.
struct Events<'input>(Parser<'input, saphyr_parser::StrInput<'input>>);

impl<'input> Iterator for &mut Events<'input> {
    type Item = Result<(Event<'input>, usize), String>;

    fn next(&mut self) -> Option<Self::Item> {
        let event = self.0.next_event()?;
        Some(match event {
            Ok((event, span)) => Ok((event, span.start.line())),
            Err(error) => Err(format!("line {}: {}", error.marker().line(), error.info())),
        })
    }
}

/// Makes a value of events.
#[derive(Default)]
struct Loader {
    open: Vec<Open>,
    anchored: HashMap<usize, Value>,
    weight: usize,
    root: Option<Value>,
}

/// A collection that has not ended.
struct Open {
    anchor: usize,
    value: Value,
    key: Option<String>,
}

impl Loader {
    /// Says whether the document has ended.
    fn take(&mut self, event: Event<'_>) -> Result<bool, &'static str> {
        match event {
            Event::DocumentEnd => return Ok(true),
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref());
                self.insert(value, anchor)?;
            }
            Event::SequenceStart(anchor, _) => self.open(anchor, Value::Array(Vec::new()))?,
            Event::MappingStart(anchor, _) => self.open(anchor, Value::Object(Map::new()))?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { anchor, value, .. }) = self.open.pop() {
                    self.insert(value, anchor)?;
                }
            }
            Event::Alias(anchor) => {
                let value = self.anchored.get(&anchor);
                let value = value.ok_or("an alias stands inside of what it stands for")?;
                self.weight += weight(value);
                let value = value.clone();
                self.insert(value, 0)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
        Ok(false)
    }

    fn open(&mut self, anchor: usize, value: Value) -> Result<(), &'static str> {
        if self.open.len() == DEEPEST {
            return Err("it is nested too deeply");
        }
        let key = None;
        self.open.push(Open { anchor, value, key });
        Ok(())
    }

    fn insert(&mut self, value: Value, anchor: usize) -> Result<(), &'static str> {
        if anchor > 0 {
            self.weight += weight(&value);
            self.anchored.insert(anchor, value.clone());
        }
        if self.weight > HEAVIEST {
            return Err("its anchors and aliases stand for too much");
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(value);
            return Ok(());
        };
        match (&mut open.value, open.key.take()) {
            (Value::Array(items), _) => items.push(value),
            (Value::Object(members), Some(key)) => {
                members.insert(key, value);
            }
            (_, _) => open.key = Some(key(value)?),
        }
        Ok(())
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        let open = self.open.iter_mut().map(|open| &mut open.value);
        open.chain(self.anchored.values_mut())
            .chain(&mut self.root)
            .for_each(wipe);
    }
}

fn key(value: Value) -> Result<String, &'static str> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(is) => Ok(is.to_string()),
        Value::Null => Ok(String::new()),
        Value::Array(_) | Value::Object(_) => Err("a key of a mapping is no text"),
    }
}

/// What a scalar is by the core schema. A number that is not written as we would
/// write it stays a text, so that a token of digits loses none of them.
///
/// [Core schema](https://yaml.org/spec/1.2.2/#103-core-schema)
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    if style != ScalarStyle::Plain || tag.is_some() {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Value::from(number),
            _ => Value::String(text.to_owned()),
        },
    }
}

/// How many bytes it takes, about.
fn weight(value: &Value) -> usize {
    NODE + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| key.len() + weight(value))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// More than any kubeconfig has.
const DEEPEST: usize = 32;

/// A node without its text.
const NODE: usize = 32;

/// Of what anchors and aliases stand for; a file itself has at most 1 MiB.
const HEAVIEST: usize = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> Result<Value, String> {
        Document::parse(text).map(|document| document.0.clone())
    }

    #[test]
    fn yaml_is_what_kubectl_takes_it_for() {
        for (text, expected) in [
            ("", Value::Null),
            (
                "a: b\nc: [1, ~, true]",
                json!({"a": "b", "c": [1, null, true]}),
            ),
            ("a:\nb: ''", json!({"a": null, "b": ""})),
            (r#"{"a": {"b": "c"}}"#, json!({"a": {"b": "c"}})),
            (
                "a: '1'\nb: !!str 1\nc: |\n  d\n  e\n",
                json!({"a": "1", "b": "1", "c": "d\ne\n"}),
            ),
            (
                "a: 007\nb: 1e3\nc: 0x1f",
                json!({"a": "007", "b": "1e3", "c": "0x1f"}),
            ),
            ("1: a\ntrue: b", json!({"1": "a", "true": "b"})),
            (
                "a: &x {b: c}\nd: *x",
                json!({"a": {"b": "c"}, "d": {"b": "c"}}),
            ),
            ("a: 1\n---\nb: 2", json!({"a": 1})),
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused_by_its_line() {
        for (text, expected) in [
            ("a: b\nc: [1", "line 3: "),
            ("a: b: c", "line 1: "),
            ("a: *x", "line 1: "),
            (
                "a: &x [*x]",
                "line 1: an alias stands inside of what it stands for",
            ),
            ("? [a]\n: b", "line 1: a key of a mapping is no text"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        assert_eq!(parse(&deep).unwrap_err(), "line 1: it is nested too deeply");
    }

    #[test]
    fn a_few_lines_do_not_become_gigabytes() {
        let mut laughs = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for level in 1..30 {
            let alias = format!("*a{}", level - 1);
            let aliases = vec![alias; 9].join(", ");
            laughs = format!("{laughs}a{level}: &a{level} [{aliases}]\n");
        }
        let error = parse(&laughs).unwrap_err();
        assert!(error.ends_with("stand for too much"), "{error}");
    }
}
