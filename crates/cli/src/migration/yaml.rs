use std::ops::Range;

use saphyr_parser::{Event, Marker, Parser, Span};

/// A node of a document, and where it stands in the text, in bytes.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) range: Range<usize>,
    /// How far it stands from the beginning of its line, in characters.
    pub(super) column: usize,
    pub(super) value: Value,
    /// Whether an alias may stand for it elsewhere.
    pub(super) is_anchored: bool,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Value {
    Scalar(String),
    Sequence(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
    /// What stands elsewhere.
    Alias,
}

impl Node {
    /// The documents of a text; none where it is no YAML.
    pub(super) fn documents(text: &str) -> Option<Vec<Self>> {
        let places = Places::of(text);
        let mut reader = Reader {
            text,
            parser: Parser::new_from_str(text),
            places,
            depth: 0,
        };
        let mut documents = Vec::new();
        loop {
            let (event, span) = reader.next()?;
            match event {
                Event::StreamEnd => return Some(documents),
                Event::Nothing
                | Event::StreamStart
                | Event::DocumentStart(_)
                | Event::DocumentEnd => {}
                event => documents.push(reader.node(event, span)?),
            }
        }
    }

    /// The line where a text ceases to be YAML, from one.
    pub(super) fn broken_line(text: &str) -> Option<usize> {
        let mut parser = Parser::new_from_str(text);
        loop {
            match parser.next_event()? {
                Ok((Event::StreamEnd, _)) => return None,
                Ok(_) => {}
                Err(error) => return Some(error.marker().line()),
            }
        }
    }

    pub(super) fn entries(&self) -> &[(Self, Self)] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The key and the value of a mapping's entry.
    pub(super) fn entry(&self, name: &str) -> Option<(&Self, &Self)> {
        let found = self
            .entries()
            .iter()
            .find(|(key, _)| key.text() == Some(name));
        found.map(|(key, value)| (key, value))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.entry(name).map(|(_, value)| value)
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// Another text in this one's place, in the same quotes.
    pub(super) fn requoted(&self, source: &str, text: &str) -> String {
        let quote = source[self.range.clone()].chars().next();
        match quote {
            Some(quote @ ('"' | '\'')) => format!("{quote}{text}{quote}"),
            _ => text.to_owned(),
        }
    }

    /// Whether it stands in brackets.
    pub(super) fn is_in_brackets(&self, source: &str) -> bool {
        source[self.range.clone()].starts_with(['{', '['])
    }

    /// This node and all below it.
    pub(super) fn visit<'n>(&'n self, visitor: &mut impl FnMut(&'n Self)) {
        visitor(self);
        match &self.value {
            Value::Sequence(items) => items.iter().for_each(|item| item.visit(visitor)),
            Value::Mapping(entries) => entries.iter().for_each(|(_, value)| value.visit(visitor)),
            Value::Scalar(_) | Value::Alias => {}
        }
    }
}

/// Makes nodes of events.
struct Reader<'input> {
    text: &'input str,
    parser: Parser<'input, saphyr_parser::StrInput<'input>>,
    places: Places,
    depth: usize,
}

/// Deeper than any manifest: each level is a call.
const DEEPEST: usize = 100;

impl<'input> Reader<'input> {
    fn next(&mut self) -> Option<(Event<'input>, Span)> {
        self.parser.next_event()?.ok()
    }

    fn node(&mut self, event: Event<'input>, span: Span) -> Option<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let start = self.places.byte(&span.start)?;
        let is_anchored = match &event {
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _) => *anchor != 0,
            _ => false,
        };
        let (value, end) = match event {
            Event::Scalar(text, ..) => {
                // A text of several lines ends where the parser sees what is next.
                let end = self.places.byte(&span.end)?;
                let written = self.text.get(start..end)?;
                let end =
                    start + quoted_length(written).unwrap_or_else(|| written.trim_end().len());
                (Value::Scalar(text.into_owned()), end)
            }
            Event::Alias(_) => (Value::Alias, self.places.byte(&span.end)?),
            Event::SequenceStart(..) => self.sequence(start)?,
            Event::MappingStart(..) => self.mapping(start)?,
            _ => return None,
        };
        self.depth -= 1;
        Some(Node {
            range: start..end.max(start),
            column: span.start.col(),
            value,
            is_anchored,
        })
    }

    fn sequence(&mut self, start: usize) -> Option<(Value, usize)> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let last = items.last().map(|last| last.range.end);
                let end = self.end(start, &span, last)?;
                return Some((Value::Sequence(items), end));
            }
            items.push(self.node(event, span)?);
        }
    }

    fn mapping(&mut self, start: usize) -> Option<(Value, usize)> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                let last = entries.last().map(|(_, value)| value.range.end);
                let end = self.end(start, &span, last)?;
                return Some((Value::Mapping(entries), end));
            }
            let key = self.node(event, span)?;
            let (event, span) = self.next()?;
            entries.push((key, self.node(event, span)?));
        }
    }

    /// A collection in brackets ends with its bracket, another one with its last
    /// node: the parser has the beginning of what comes next.
    fn end(&self, start: usize, span: &Span, last: Option<usize>) -> Option<usize> {
        if self.places.is_bracket(start) {
            return self.places.byte(&span.end);
        }
        Some(last.unwrap_or(start))
    }
}

/// As far as a text in quotes goes: the parser looks past a comment behind it.
fn quoted_length(written: &str) -> Option<usize> {
    let quote = written
        .chars()
        .next()
        .filter(|one| matches!(one, '"' | '\''))?;
    let mut is_escaped = false;
    let mut rest = written.char_indices().skip(1).peekable();
    while let Some((at, one)) = rest.next() {
        if is_escaped {
            is_escaped = false;
        } else if one == '\\' && quote == '"' {
            is_escaped = true;
        } else if one == quote {
            let is_doubled = quote == '\'' && rest.peek().is_some_and(|(_, next)| *next == quote);
            if !is_doubled {
                return Some(at + 1);
            }
            rest.next();
        }
    }
    None
}

/// Where characters stand, which the parser counts.
struct Places {
    bytes: Vec<usize>,
    brackets: Vec<bool>,
}

impl Places {
    fn of(text: &str) -> Self {
        let (mut bytes, mut brackets) = (Vec::new(), Vec::new());
        for (place, character) in text.char_indices() {
            bytes.push(place);
            brackets.push(matches!(character, '[' | '{'));
        }
        bytes.push(text.len());
        brackets.push(false);
        Self { bytes, brackets }
    }

    fn byte(&self, marker: &Marker) -> Option<usize> {
        self.bytes.get(marker.index()).copied()
    }

    fn is_bracket(&self, byte: usize) -> bool {
        let place = self.bytes.binary_search(&byte);
        place.is_ok_and(|place| self.brackets[place])
    }
}
