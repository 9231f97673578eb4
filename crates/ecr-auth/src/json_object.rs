use std::collections::HashSet;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{ParseOptions, parse_to_ast};
use refresh::{Fault, FaultKind};
use serde::de::IgnoredAny;

/// A JSON object of which every byte is in one of the pieces.
///
/// `{`, then for each member lead, head, value and trail, with commas between
/// them, then the tail and `}`. Without `Debug`: there may be secrets in it.
pub(crate) struct JsonObject<'a> {
    /// The whole text that it is in.
    pub(crate) source: &'a str,
    pub(crate) members: Vec<Member<'a>>,
    /// The space before `}`.
    pub(crate) tail: &'a str,
}

/// One member of an object.
pub(crate) struct Member<'a> {
    pub(crate) name: String,
    pub(crate) value: Value<'a>,
    /// The space before the name.
    pub(crate) lead: &'a str,
    /// The name as it is written, and all up to the value.
    pub(crate) head: &'a str,
    /// The colon, and the space around it.
    pub(crate) colon: &'a str,
    /// The value as it is written.
    pub(crate) text: &'a str,
    /// The space before the comma; none behind the last member.
    pub(crate) trail: &'a str,
}

/// What keeps bytes from being read as a JSON object in one way only.
///
/// Neither variant holds a value: they may be secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidJson {
    /// The bytes are not UTF-8.
    #[error("not UTF-8 from byte {offset} on")]
    NotUtf8 {
        /// How many bytes before it are.
        offset: usize,
    },
    /// A byte order mark is in front, as some editors of Windows write it.
    #[error("begins with a byte order mark, which docker refuses: save it as UTF-8 without one")]
    ByteOrderMark,
    /// It is no JSON, or its objects are nested deeper than 256 levels.
    #[error("not JSON: {problem}")]
    Syntax {
        /// What is wrong, and where.
        problem: String,
    },
    /// It is another kind of value than an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// Two members of one object have the same name: readers take either.
    #[error("{name:?} is there twice")]
    Duplicate {
        /// The name.
        name: String,
    },
}

impl Fault for InvalidJson {
    fn fault(&self) -> FaultKind {
        FaultKind::Configuration
    }
}

impl<'a> JsonObject<'a> {
    /// Reads one object and nothing else, by RFC 8259 to the letter.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, InvalidJson> {
        let text = str::from_utf8(bytes).map_err(|error| InvalidJson::NotUtf8 {
            offset: error.valid_up_to(),
        })?;
        if text.starts_with(BYTE_ORDER_MARK) {
            return Err(InvalidJson::ByteOrderMark);
        }
        // The one is strict, the other bounds the depth and tells places.
        let _: IgnoredAny = serde_json::from_str(text).map_err(syntax)?;
        let parsed = parse_to_ast(text, &<_>::default(), &STRICT).map_err(syntax)?;
        match parsed.value {
            Some(Value::Object(object)) => Self::split(text, object),
            _ => Err(InvalidJson::NotAnObject),
        }
    }

    /// An object without members.
    pub(crate) fn empty() -> Self {
        Self {
            source: "",
            members: Vec::new(),
            tail: "",
        }
    }

    /// Takes apart an object of `text`.
    pub(crate) fn split(source: &'a str, object: Object<'a>) -> Result<Self, InvalidJson> {
        let mut members: Vec<Member<'a>> = Vec::with_capacity(object.properties.len());
        let mut names = HashSet::new();
        let mut end = object.range.start + 1;
        for property in object.properties {
            let Range { start, end: behind } = property.range;
            let (key, value) = (property.name.range(), property.value.range());
            let mut lead = &source[end..start];
            if let Some(last) = members.last_mut() {
                (last.trail, lead) = lead.split_once(',').unwrap_or(("", lead));
            }
            let name = property.name.into_string();
            if !names.insert(name.clone()) {
                return Err(InvalidJson::Duplicate { name });
            }
            members.push(Member {
                name,
                value: property.value,
                lead,
                head: &source[start..value.start],
                colon: &source[key.end..value.start],
                text: &source[value.start..value.end],
                trail: "",
            });
            end = behind;
        }
        let tail = &source[end..object.range.end - 1];
        Ok(Self {
            source,
            members,
            tail,
        })
    }

    /// The member with exactly this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Member<'a>> {
        self.members.iter().find(|member| member.name == name)
    }
}

impl Member<'_> {
    /// The value if it is a string.
    pub(crate) fn string(&self) -> Option<&str> {
        self.value.as_string_lit().map(|it| &*it.value)
    }
}

fn syntax(error: impl std::error::Error) -> InvalidJson {
    let problem = error.to_string();
    InvalidJson::Syntax { problem }
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Everything that the parser takes beyond JSON is off.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_in_a_piece() {
        for text in [
            "{}",
            "{ \r\n}",
            r#"{"a":1}"#,
            "{ \"a\" : 1e400 ,\n\t\"\\u0062\":[ {} ]\t,\"c\" :\r\n\"\\/\" }",
        ] {
            let object = JsonObject::parse(text.as_bytes()).unwrap();
            let members: Vec<String> = object
                .members
                .iter()
                .map(|it| [it.lead, it.head, it.text, it.trail].concat())
                .collect();
            let again = format!("{{{}{}}}", members.join(","), object.tail);
            assert_eq!(again, text);
        }
    }

    #[test]
    fn names_are_unescaped() {
        let object = JsonObject::parse(br#"{"\u0061":"\/"}"#).unwrap();
        assert_eq!(object.get("a").unwrap().text, r#""\/""#);
        assert!(object.get("b").is_none());
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let deep = [b"{\"a\":".repeat(257), b"1".to_vec(), b"}".repeat(257)].concat();
        for (bytes, message) in [
            (&b"{\"a\":\"\xff\"}"[..], "not UTF-8 from byte 6 on"),
            (
                b"\xef\xbb\xbf{}",
                "begins with a byte order mark, which docker refuses: save it as UTF-8 without one",
            ),
            (b"{}{}", "not JSON: trailing characters at line 1 column 3"),
            (
                b"",
                "not JSON: EOF while parsing a value at line 1 column 0",
            ),
            (
                b"{\"a\":1,}",
                "not JSON: key must be a string at line 1 column 8",
            ),
            (
                b"{/**/}",
                "not JSON: key must be a string at line 1 column 2",
            ),
            (
                &deep,
                "not JSON: Maximum nesting depth exceeded on line 1 column 1282",
            ),
            (
                br#"{"a":"\ud800"}"#,
                "not JSON: Invalid unicode escape sequence. 'd800 (unpaired high surrogate)' is not \
                 a valid UTF8 character on line 1 column 7",
            ),
            (b"[]", "not a JSON object"),
            (b"null", "not a JSON object"),
            (b"{\"a\":1,\"\\u0061\":2}", "\"a\" is there twice"),
        ] {
            let refused = JsonObject::parse(bytes).err().unwrap();
            assert_eq!(refused.to_string(), message);
        }
    }
}
