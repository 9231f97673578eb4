use std::ops::Range;

use crate::Problem;

/// One line, its end apart.
pub(crate) struct Line<'a> {
    /// Its number in the file, from 1.
    pub(crate) number: usize,
    /// The text without the line end.
    pub(crate) text: &'a [u8],
    /// `\n`, `\r\n`, or nothing at the end of the file.
    pub(crate) end: &'a [u8],
    pub(crate) kind: LineKind<'a>,
}

pub(crate) enum LineKind<'a> {
    /// Nothing but spaces and tabs.
    Blank,
    /// `#` or `;` at the margin.
    Comment,
    /// `[name]`; the name with its spaces.
    Header { name: &'a [u8] },
    /// `key = value`.
    Property(Property),
    /// Indented: belongs to the property above.
    Continuation,
}

/// Where the parts of a property are in its line.
pub(crate) struct Property {
    /// The key, without spaces.
    pub(crate) key: Range<usize>,
    /// The value, without spaces around it and without a comment behind it.
    pub(crate) value: Range<usize>,
    /// The comment behind the value, from its `#` or `;`.
    pub(crate) comment: Option<usize>,
}

impl<'a> Line<'a> {
    pub(crate) fn parse(number: usize, raw: &'a [u8]) -> Result<Self, Problem> {
        let text = raw.strip_suffix(b"\n").unwrap_or(raw);
        // A carriage return belongs to the line end only before a newline.
        let has_newline = text.len() < raw.len();
        let text = text
            .strip_suffix(b"\r")
            .filter(|_| has_newline)
            .unwrap_or(text);
        if text.contains(&b'\r') {
            return Err(Problem::CarriageReturn);
        }
        let kind = LineKind::parse(text)?;
        Ok(Self {
            number,
            text,
            end: &raw[text.len()..],
            kind,
        })
    }

    /// Below a property without a value there are properties again.
    pub(crate) fn check_nested(&self) -> Result<(), Problem> {
        Property::parse(trim(self.text)).map(|_| ())
    }
}

impl<'a> LineKind<'a> {
    fn parse(text: &'a [u8]) -> Result<Self, Problem> {
        Ok(match text.first() {
            _ if trim(text).is_empty() => Self::Blank,
            Some(b'#' | b';') => Self::Comment,
            Some(b' ' | b'\t') => Self::Continuation,
            Some(b'[') => Self::Header {
                name: header_name(text)?,
            },
            _ => Self::Property(Property::parse(text)?),
        })
    }
}

impl Property {
    fn parse(text: &[u8]) -> Result<Self, Problem> {
        let comment = comment_start(text);
        let code = &text[..comment.unwrap_or(text.len())];
        let equals = code
            .iter()
            .position(|byte| *byte == b'=')
            .ok_or(Problem::NoEquals)?;
        let key = trim(&code[..equals]).len();
        if key == 0 {
            return Err(Problem::NoKey);
        }
        let behind = &code[equals + 1..];
        let value = trim(behind);
        let indent = behind.iter().take_while(|byte| is_space(**byte)).count();
        let start = equals + 1 + indent;
        Ok(Self {
            key: 0..key,
            value: start..start + value.len(),
            comment,
        })
    }
}

/// The name in a header. A comment may stand directly behind the bracket.
fn header_name(text: &[u8]) -> Result<&[u8], Problem> {
    let comment = text.iter().position(|byte| is_comment(*byte));
    let code = trim(&text[..comment.unwrap_or(text.len())]);
    let name = code
        .strip_prefix(b"[")
        .and_then(|rest| rest.strip_suffix(b"]"));
    name.ok_or(Problem::UnclosedHeader)
}

/// Where the comment behind a property starts: white space must come before it.
fn comment_start(text: &[u8]) -> Option<usize> {
    let candidates = (0..text.len()).filter(|index| is_comment(text[*index]));
    candidates
        .into_iter()
        .find(|index| ends_in_whitespace(&text[..*index]))
}

/// Whether the last character, which may be of several bytes, is white space.
fn ends_in_whitespace(text: &[u8]) -> bool {
    let last = &text[text.len().saturating_sub(4)..];
    String::from_utf8_lossy(last)
        .chars()
        .next_back()
        .is_some_and(char::is_whitespace)
}

fn is_comment(byte: u8) -> bool {
    matches!(byte, b'#' | b';')
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Without the spaces and tabs around it; other white space is text.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().take_while(|byte| is_space(**byte)).count();
    let text = &text[start..];
    let end = text
        .iter()
        .rev()
        .take_while(|byte| is_space(**byte))
        .count();
    &text[..text.len() - end]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key, value and comment of a property line.
    fn parts(text: &str) -> Result<(&str, &str, Option<&str>), Problem> {
        let property = Property::parse(text.as_bytes())?;
        Ok((
            &text[property.key],
            &text[property.value],
            property.comment.map(|at| &text[at..]),
        ))
    }

    #[test]
    fn properties_are_cut_as_the_sdks_cut_them() {
        for (text, expected) in [
            ("a=b", Ok(("a", "b", None))),
            ("a = b ", Ok(("a", "b", None))),
            ("a\t=\tb=c==", Ok(("a", "b=c==", None))),
            ("a = b # c", Ok(("a", "b", Some("# c")))),
            ("a = b;c", Ok(("a", "b;c", None))),
            ("a = b#c ;d", Ok(("a", "b#c", Some(";d")))),
            ("a = b\u{a0}# c", Ok(("a", "b\u{a0}", Some("# c")))),
            ("a =", Ok(("a", "", None))),
            ("a =  # c", Ok(("a", "", Some("# c")))),
            ("a =# c", Ok(("a", "# c", None))),
            ("a # = b", Err(Problem::NoEquals)),
            ("a b", Err(Problem::NoEquals)),
            ("= b", Err(Problem::NoKey)),
        ] {
            assert_eq!(parts(text), expected, "{text:?}");
        }
    }

    #[test]
    fn headers_are_cut_as_the_sdks_cut_them() {
        for (text, expected) in [
            ("[default]", Ok("default")),
            ("[ default\t]  ", Ok(" default\t")),
            ("[default]# comment", Ok("default")),
            ("[default] ; see [x]", Ok("default")),
            ("[a]b]", Ok("a]b")),
            ("[default", Err(Problem::UnclosedHeader)),
            ("[def#ault]", Err(Problem::UnclosedHeader)),
            ("[default] x", Err(Problem::UnclosedHeader)),
        ] {
            let name = header_name(text.as_bytes()).map(|name| str::from_utf8(name).unwrap());
            assert_eq!(name, expected, "{text:?}");
        }
    }

    #[test]
    fn line_ends_are_kept_apart() {
        for (raw, text, end) in [
            ("[a]\n", "[a]", "\n"),
            ("[a]\r\n", "[a]", "\r\n"),
            ("[a]", "[a]", ""),
            ("\n", "", "\n"),
        ] {
            let line = Line::parse(1, raw.as_bytes()).unwrap_or_else(|_| panic!("{raw:?}"));
            assert_eq!(
                (line.text, line.end),
                (text.as_bytes(), end.as_bytes()),
                "{raw:?}"
            );
        }
        for raw in ["[a]\r", "[a]\r\r\n", "a = b\rc = d\n"] {
            let problem = Line::parse(1, raw.as_bytes()).err();
            assert_eq!(problem, Some(Problem::CarriageReturn), "{raw:?}");
        }
    }
}
