use std::ops::Range;

/// A word of a command, as it is written, or what stands between commands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Word {
    pub(super) range: Range<usize>,
    /// Whether it is `|`, `;`, `)` and the like.
    pub(super) is_operator: bool,
}

/// A command in a text: its words up to what ends it.
#[derive(Debug)]
pub(super) struct Command<'t> {
    text: &'t str,
    pub(super) words: Vec<Range<usize>>,
}

impl<'t> Command<'t> {
    /// The word as it is written.
    pub(super) fn raw(&self, index: usize) -> &'t str {
        self.words
            .get(index)
            .map_or("", |range| &self.text[range.clone()])
    }

    /// The same without quotes around all of it.
    pub(super) fn bare(&self, index: usize) -> &'t str {
        unquoted(self.raw(index))
    }

    pub(super) fn range(&self) -> Range<usize> {
        let first = self.words.first().map_or(0, |first| first.start);
        let last = self.words.last().map_or(first, |last| last.end);
        first..last
    }

    /// Whether its first words are these.
    pub(super) fn begins(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(index, word)| self.bare(index) == *word)
    }

    pub(super) fn has(&self, word: &str) -> bool {
        (0..self.words.len()).any(|index| self.bare(index) == word)
    }

    /// The value of a flag, as it is written: the next word, or behind a `=`.
    pub(super) fn flag(&self, name: &str) -> Option<&'t str> {
        (0..self.words.len()).find_map(|index| {
            let raw = self.raw(index);
            if raw == name {
                return Some(self.raw(index + 1)).filter(|value| !value.is_empty());
            }
            raw.strip_prefix(name)?.strip_prefix('=')
        })
    }
}

/// The commands of a text, those inside of `$(…)`, too, each with what stands
/// between it and the next.
pub(super) fn commands(text: &str) -> Vec<(Command<'_>, &str)> {
    let mut commands = Vec::new();
    let mut words: Vec<Range<usize>> = Vec::new();
    for word in all(text) {
        if !word.is_operator {
            words.push(word.range);
            continue;
        }
        if !words.is_empty() {
            let command = Command {
                text,
                words: std::mem::take(&mut words),
            };
            commands.push((command, &text[word.range]));
        }
    }
    if !words.is_empty() {
        commands.push((Command { text, words }, ""));
    }
    commands
}

pub(super) fn unquoted(word: &str) -> &str {
    let inside = |quote: char| word.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(word)
}

/// Words and operators. What is in quotes belongs to its word; a comment is
/// passed over; a backslash at the end of a line goes on with the next.
fn all(text: &str) -> Vec<Word> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = match bytes[at] {
            b' ' | b'\t' | b'\r' => 1,
            b'\\' if is_end_of_line(&bytes[at + 1..]) => 1 + end_of_line(&bytes[at + 1..]),
            b'#' => until(&bytes[at..], b'\n'),
            b'\n' | b'|' | b';' | b'&' | b'(' | b')' | b'<' | b'>' | b'`' => {
                found.push(Word {
                    range: at..at + 1,
                    is_operator: true,
                });
                1
            }
            b'$' if bytes.get(at + 1) == Some(&b'(') => {
                found.push(Word {
                    range: at..at + 2,
                    is_operator: true,
                });
                2
            }
            _ => {
                let length = word_length(&bytes[at..]);
                found.push(Word {
                    range: at..at + length,
                    is_operator: false,
                });
                length
            }
        };
        at += length.max(1);
    }
    found
}

fn word_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        at += match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' | b'|' | b';' | b'&' | b'(' | b')' | b'<' | b'>'
            | b'`' => {
                return at;
            }
            b'$' if bytes.get(at + 1) == Some(&b'(') => return at,
            b'\\' if is_end_of_line(&bytes[at + 1..]) => return at,
            b'\\' => 2,
            b'$' if bytes.get(at + 1) == Some(&b'{') => until(&bytes[at..], b'}') + 1,
            quote @ (b'\'' | b'"') => 1 + until(&bytes[at + 1..], quote) + 1,
            _ => 1,
        };
    }
    bytes.len()
}

fn until(bytes: &[u8], end: u8) -> usize {
    let found = bytes.iter().position(|byte| *byte == end);
    found.unwrap_or(bytes.len())
}

fn is_end_of_line(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\n") || bytes.starts_with(b"\r\n")
}

fn end_of_line(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"\r\n") { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<Vec<&str>> {
        let commands = commands(text);
        let words = |command: &Command<'_>| {
            let words = command.words.iter();
            words.map(|word| &text[word.clone()]).collect::<Vec<&str>>()
        };
        commands.iter().map(|(command, _)| words(command)).collect()
    }

    #[test]
    fn words_are_those_of_a_shell() {
        for (text, expected) in [
            ("a b  c\n", vec![vec!["a", "b", "c"]]),
            (
                "a \\\n  --b \\\r\n c # d\ne",
                vec![vec!["a", "--b", "c"], vec!["e"]],
            ),
            (
                "a 'b c' \"d | e\" f=\"g h\"",
                vec![vec!["a", "'b c'", "\"d | e\"", "f=\"g h\""]],
            ),
            (
                "T=$(a b) c | d",
                vec![vec!["T="], vec!["a", "b"], vec!["c"], vec!["d"]],
            ),
            ("a ${B c} $D", vec![vec!["a", "${B c}", "$D"]]),
            ("a \\$B 'unclosed", vec![vec!["a", "\\$B", "'unclosed"]]),
            ("ExecStart=/bin/a b", vec![vec!["ExecStart=/bin/a", "b"]]),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn flags_are_found_in_both_forms() {
        let commands = commands("a --b c --d=$E --f");
        let command = &commands[0].0;
        assert_eq!(command.flag("--b"), Some("c"));
        assert_eq!(command.flag("--d"), Some("$E"));
        assert_eq!(command.flag("--f"), None);
        assert_eq!(command.flag("--g"), None);
    }
}
