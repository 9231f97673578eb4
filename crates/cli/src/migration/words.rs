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

/// The flags of a command with their values, and its other words.
#[derive(Debug, Default)]
pub(super) struct Given<'t> {
    pub(super) flags: Vec<(&'t str, &'t str)>,
    pub(super) words: Vec<&'t str>,
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

    /// Whether nothing but the space between two words stands there.
    pub(super) fn is_blank(&self, range: Range<usize>) -> bool {
        let is_blank = |one: char| one.is_whitespace() || one == '\\';
        self.text[range].chars().all(is_blank)
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

    /// What stands behind the first words; nothing where a flag is neither one
    /// with a value nor one without.
    pub(super) fn given(
        &self,
        from: usize,
        valued: &[&str],
        switches: &[&str],
    ) -> Option<Given<'t>> {
        let mut given = Given::default();
        let mut at = from;
        while at < self.words.len() {
            let word = self.raw(at);
            at += 1;
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if word.starts_with('-') => (name, Some(value)),
                _ => (word, None),
            };
            if !word.starts_with('-') || word == "-" {
                given.words.push(word);
            } else if switches.contains(&name) {
                given.flags.push((name, value.unwrap_or_default()));
            } else if valued.contains(&name) {
                let next = value.or_else(|| (at < self.words.len()).then(|| self.raw(at)))?;
                at += usize::from(value.is_none());
                given.flags.push((name, next));
            } else {
                return None;
            }
        }
        Some(given)
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

/// The commands of a text, each with what stands between it and the next; behind
/// them those inside of `$(…)` and backticks.
pub(super) fn commands(text: &str) -> Vec<(Command<'_>, &str)> {
    let mut commands = Vec::new();
    let mut ranges: Vec<Range<usize>> = std::iter::once(0..text.len()).collect();
    while let Some(range) = ranges.pop() {
        let words = all(text, range);
        let inner = words.iter().filter(|word| !word.is_operator);
        ranges.extend(inner.flat_map(|word| substitutions(text, word.range.clone())));
        collect(text, words, &mut commands);
    }
    commands
}

fn collect<'t>(text: &'t str, all: Vec<Word>, commands: &mut Vec<(Command<'t>, &'t str)>) {
    let mut words: Vec<Range<usize>> = Vec::new();
    for word in all {
        if !word.is_operator {
            words.push(word.range);
            continue;
        }
        if !words.is_empty() {
            let words = std::mem::take(&mut words);
            commands.push((Command { text, words }, &text[word.range]));
        }
    }
    if !words.is_empty() {
        commands.push((Command { text, words }, ""));
    }
}

/// What a shell would run inside of a word.
fn substitutions(text: &str, word: Range<usize>) -> Vec<Range<usize>> {
    let bytes = &text.as_bytes()[word.clone()];
    let (mut found, mut at, mut is_quoted) = (Vec::new(), 0, false);
    while at < bytes.len() {
        let rest = &bytes[at..];
        at += match rest[0] {
            b'\\' => 2,
            b'"' => {
                is_quoted = !is_quoted;
                1
            }
            b'\'' if !is_quoted => 2 + until(&rest[1..], b'\''),
            _ => match substitution(rest) {
                Some(length) => {
                    let begin = if rest[0] == b'$' { 2 } else { 1 };
                    let start = word.start + at;
                    found.push(start + begin..start + length - 1);
                    length
                }
                None => 1,
            },
        };
    }
    found
}

pub(super) fn unquoted(word: &str) -> &str {
    let inside = |quote: char| word.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(word)
}

/// Words and operators. What is in quotes belongs to its word; a comment is
/// passed over; a backslash at the end of a line goes on with the next.
fn all(text: &str, range: Range<usize>) -> Vec<Word> {
    let bytes = &text.as_bytes()[..range.end];
    let mut found = Vec::new();
    let mut at = range.start;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let length = match rest[0] {
            b' ' | b'\t' | b'\r' => 1,
            b'\\' if is_end_of_line(&rest[1..]) => 1 + end_of_line(&rest[1..]),
            b'#' => until(rest, b'\n'),
            _ => match (redirection(rest), word_length(rest)) {
                (Some(length), _) => length,
                (None, length) => {
                    found.push(Word {
                        range: at..at + length.max(1),
                        is_operator: length == 0,
                    });
                    length
                }
            },
        };
        at += length.max(1);
    }
    found
}

/// `2>&1`, `>file` and the like, which are no words of their command.
fn redirection(bytes: &[u8]) -> Option<usize> {
    let digits = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let is_both = bytes.starts_with(b"&>");
    let begin = if is_both { 1 } else { digits };
    let signs = bytes[begin..].iter();
    let signs = signs.take_while(|byte| matches!(byte, b'<' | b'>')).count();
    let mut at = begin + signs;
    if signs == 0 || bytes.get(at) == Some(&b'(') {
        return None;
    }
    at += usize::from(matches!(bytes.get(at), Some(b'&' | b'|' | b'-')));
    let blanks = bytes[at..].iter();
    at += blanks
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    Some(at + word_length(&bytes[at..]))
}

fn word_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        at += match rest[0] {
            b' ' | b'\t' | b'\r' | b'\n' | b'|' | b';' | b'&' | b'(' | b')' | b'<' | b'>' => {
                return at;
            }
            b'\\' if is_end_of_line(&rest[1..]) => return at,
            b'\\' => 2,
            b'$' if rest.get(1) == Some(&b'{') => until(rest, b'}') + 1,
            b'\'' => 2 + until(&rest[1..], b'\''),
            b'"' => quoted(rest),
            _ => substitution(rest).unwrap_or(1),
        };
    }
    bytes.len()
}

/// As far as double quotes go.
fn quoted(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        let rest = &bytes[at..];
        at += match rest[0] {
            b'"' => return at + 1,
            b'\\' => 2,
            _ => substitution(rest).unwrap_or(1),
        };
    }
    bytes.len()
}

/// As far as `$(…)` or backticks go, where they end.
fn substitution(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"`") {
        let end = bytes[1..].iter().position(|byte| *byte == b'`')?;
        return Some(end + 2);
    }
    if !bytes.starts_with(b"$(") {
        return None;
    }
    let (mut at, mut depth) = (2, 1);
    while at < bytes.len() {
        let rest = &bytes[at..];
        at += match rest[0] {
            b'\\' => 2,
            b'\'' => 2 + until(&rest[1..], b'\''),
            b'"' => quoted(rest),
            b'(' => {
                depth += 1;
                1
            }
            b')' if depth == 1 => return Some(at + 1),
            b')' => {
                depth -= 1;
                1
            }
            _ => 1,
        };
    }
    None
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
                vec![vec!["T=$(a b)", "c"], vec!["d"], vec!["a", "b"]],
            ),
            ("a 2>&1 b >c 2> d", vec![vec!["a", "b"]]),
            ("a <<E >&2 | b &>c", vec![vec!["a"], vec!["b"]]),
            (
                "a \"$(b \"c d\")\" e",
                vec![vec!["a", "\"$(b \"c d\")\"", "e"], vec!["b", "\"c d\""]],
            ),
            (
                "a=`b c` d $(e",
                vec![vec!["a=`b c`", "d", "$"], vec!["e"], vec!["b", "c"]],
            ),
            ("a < <(b)", vec![vec!["a"], vec!["b"]]),
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
