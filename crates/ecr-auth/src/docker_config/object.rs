use std::borrow::Cow;

use jsonc_parser::ast::Value;
use zeroize::Zeroizing;

use super::layout::Layout;
use crate::json_object::{JsonObject, Member};

/// A JSON object in which members come, go and change, and all else stays.
pub(super) struct EditedObject<'a> {
    members: Vec<EditedMember<'a>>,
    tail: Cow<'a, str>,
    layout: Layout<'a>,
    changed: bool,
}

pub(super) struct EditedMember<'a> {
    pub(super) name: String,
    lead: Cow<'a, str>,
    head: Cow<'a, str>,
    text: Text<'a>,
    trail: &'a str,
    /// As it was read; none of one that has been written.
    value: Option<Value<'a>>,
}

enum Text<'a> {
    Kept(&'a str),
    Made(Zeroizing<String>),
}

impl<'a> EditedObject<'a> {
    pub(super) fn new(object: JsonObject<'a>, layout: Layout<'a>) -> Self {
        Self {
            members: object.members.into_iter().map(EditedMember::from).collect(),
            tail: object.tail.into(),
            layout,
            changed: false,
        }
    }

    pub(super) fn layout(&self) -> Layout<'a> {
        self.layout
    }

    pub(super) fn changed(&self) -> bool {
        self.changed
    }

    pub(super) fn get(&self, name: &str) -> Option<&EditedMember<'a>> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Takes out the members whose names `are_out` says it of, and gives them.
    pub(super) fn take(&mut self, mut are_out: impl FnMut(&str) -> bool) -> Vec<String> {
        let out = self.members.extract_if(.., |member| are_out(&member.name));
        let names: Vec<String> = out.map(|member| member.name).collect();
        if !names.is_empty() {
            self.changed = true;
            if self.members.is_empty() {
                self.tail = "".into();
            }
        }
        names
    }

    /// Gives a member its value: in its place, or behind all others.
    pub(super) fn set(&mut self, name: &str, text: Zeroizing<String>) {
        self.changed = true;
        let text = Text::Made(text);
        if let Some(member) = self.members.iter_mut().find(|member| member.name == name) {
            (member.text, member.value) = (text, None);
            return;
        }
        let is_first = self.members.is_empty();
        if is_first {
            self.tail = self.layout.tail().into();
        }
        self.members.push(EditedMember {
            name: name.to_owned(),
            lead: self.layout.lead(is_first).into(),
            head: [&quoted(name), self.layout.colon()].concat().into(),
            text,
            trail: "",
            value: None,
        });
    }

    /// The object as text.
    pub(super) fn render(&self) -> Zeroizing<String> {
        let mut pieces = vec!["{"];
        for (index, member) in self.members.iter().enumerate() {
            if index > 0 {
                pieces.push(",");
            }
            pieces.extend([&*member.lead, &*member.head, member.text(), member.trail]);
        }
        pieces.extend([&*self.tail, "}"]);
        concat(&pieces)
    }
}

impl<'a> EditedMember<'a> {
    pub(super) fn value(&self) -> Option<&Value<'a>> {
        self.value.as_ref()
    }

    /// The value as it is written.
    pub(super) fn text(&self) -> &str {
        match &self.text {
            Text::Kept(text) => text,
            Text::Made(text) => text,
        }
    }
}

impl<'a> From<Member<'a>> for EditedMember<'a> {
    fn from(member: Member<'a>) -> Self {
        Self {
            name: member.name,
            lead: member.lead.into(),
            head: member.head.into(),
            text: Text::Kept(member.text),
            trail: member.trail,
            value: Some(member.value),
        }
    }
}

/// A name as JSON has it.
fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// In one buffer of the right size: one that grows leaves copies behind.
pub(super) fn concat(pieces: &[&str]) -> Zeroizing<String> {
    let size = pieces.iter().map(|piece| piece.len()).sum();
    let mut text = Zeroizing::new(String::with_capacity(size));
    for piece in pieces {
        text.push_str(piece);
    }
    text
}
