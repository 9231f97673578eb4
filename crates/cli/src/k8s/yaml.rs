use std::borrow::Cow;
use std::fmt::Write as _;

use saphyr::{Mapping, Scalar, ScalarStyle, Yaml, YamlEmitter};
use serde_json::Value;

/// A document as YAML, with the `---` before it.
///
/// kubectl reads YAML 1.1, where `no` is a boolean, `1:30` a number of base 60
/// and a date no text: a text stands without quotes only where every reader
/// takes it for one.
pub(crate) fn document(value: &Value) -> String {
    let mut text = String::new();
    let mut emitter = YamlEmitter::new(&mut text);
    emitter.multiline_strings(true);
    let result = emitter.dump(&node(value));
    // Writing into a text does not fail.
    debug_assert!(result.is_ok(), "{result:?}");
    text.push('\n');
    text
}

/// A text in double quotes, as JSON, YAML and TOML read it alike.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn node(value: &Value) -> Yaml<'static> {
    match value {
        Value::Null => plain("null".to_owned()),
        Value::Bool(value) => plain(value.to_string()),
        Value::Number(value) => plain(value.to_string()),
        Value::String(text) if is_block(text) => {
            Yaml::Value(Scalar::String(Cow::Owned(text.clone())))
        }
        Value::String(text) => word(text),
        Value::Array(items) => Yaml::Sequence(items.iter().map(node).collect()),
        Value::Object(fields) => {
            let mut mapping = Mapping::new();
            for (key, value) in fields {
                mapping.insert(word(key), node(value));
            }
            Yaml::Mapping(mapping)
        }
    }
}

fn word(text: &str) -> Yaml<'static> {
    if is_plain(text) {
        return plain(text.to_owned());
    }
    let style = ScalarStyle::DoubleQuoted;
    Yaml::Representation(Cow::Owned(escaped(text)), style, None)
}

fn plain(text: String) -> Yaml<'static> {
    Yaml::Representation(Cow::Owned(text), ScalarStyle::Plain, None)
}

/// Whether no reader takes it for anything but this text. It begins with a
/// letter or a slash: so it is no number, no date, and none of the indicators.
fn is_plain(text: &str) -> bool {
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let ends_well = !text.ends_with([' ', ':']);
    // Behind the beginning, quotes and the like are letters as any other.
    let is_harmless =
        |c: char| c.is_ascii_alphanumeric() || " -_./:,;=+()$'\"!|?&*<>[]".contains(c);
    begins_well
        && ends_well
        && text.chars().all(is_harmless)
        && !text.contains(": ")
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether it can stand as the lines that it is made of, and comes back as it
/// was. A space at the beginning would be taken for the indentation.
fn is_block(text: &str) -> bool {
    let lines = text.strip_suffix('\n').unwrap_or(text);
    let is_printable = |c: char| c == '\n' || (c == ' ' || c.is_ascii_graphic());
    lines.contains('\n')
        && !lines.starts_with([' ', '\n'])
        && !lines.ends_with('\n')
        && text.chars().all(is_printable)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            // In YAML 1.1, some of the others end a line; what TOML wants
            // escaped is among them.
            c if c.is_control() || "\u{2028}\u{2029}\u{feff}".contains(c) => {
                // Writing into a text does not fail.
                let _ = write!(escaped, "\\u{:04x}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// The words of YAML 1.1 that are no text.
const WORDS: [&str; 11] = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Value {
        serde_saphyr::from_str(text).unwrap()
    }

    /// What YAML 1.1, YAML 1.2 and the emitter trip over.
    const TEXTS: &[&str] = &[
        "",
        " ",
        "a",
        " a",
        "a ",
        "y",
        "N",
        "yes",
        "No",
        "ON",
        "off",
        "True",
        "false",
        "null",
        "Null",
        "~",
        "0",
        "01",
        "010",
        "0o10",
        "0x1F",
        "0b1",
        "1_000",
        "1e3",
        "12e7",
        "1.5",
        ".5",
        "+1",
        "-1",
        "1:30",
        "190:20:30",
        ".inf",
        "-.Inf",
        ".NaN",
        "nan",
        "2001-01-01",
        "2001-12-14t21:59:43.10-05:00",
        "=",
        "<<",
        "-",
        "- a",
        "--a",
        "---",
        "...",
        "? a",
        ": a",
        "a: b",
        "a:",
        "a:b",
        "a #b",
        "#a",
        "a#b",
        "&a",
        "*a",
        "!a",
        "!!str a",
        "|",
        ">",
        "%a",
        "@a",
        "`a",
        "{a}",
        "[a]",
        "a, b",
        "{{ .a }}",
        "'a'",
        "\"a\"",
        "a\"b",
        "\\",
        "a\\nb",
        "a\tb",
        "\ta",
        "a\nb",
        "a\nb\n",
        "a\n\nb\n",
        "a\n",
        "\n",
        "\na",
        " a\nb",
        "a\n b",
        "a\nb\n\n",
        "a\r\nb",
        "a\rb",
        "a\u{85}b",
        "a\u{2028}b\nc",
        "\u{feff}a\nb",
        "\u{7f}",
        "\0",
        "\u{1b}[0m",
        "é",
        "日本\n語",
        "😀",
        "a\n\tb",
        "a\n---\nb",
        "a\n# b\nc: d",
        "$(id)",
        "a;b",
        "/healthz",
        "0.0.0.0:9090",
        "system:serviceaccount:a:b",
        "08",
        "0.1.0",
        "1.30",
        "1e",
        "e1",
        "Infinity",
    ];

    #[test]
    fn every_text_comes_back() {
        for text in TEXTS {
            let value = json!({"a": text, "list": [text, {"b": text}], *text: "key"});
            let yaml = document(&value);
            assert_eq!(read(&yaml), value, "{text:?}\n{yaml}");
        }
    }

    #[test]
    fn any_text_comes_back() {
        let letters: Vec<char> =
            " \n\t\r:#-?|>&*!%@`'\"\\{}[],~=<.0123eExXoOynab_+$\u{85}\u{2028}é"
                .chars()
                .collect();
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..4_000 {
            let length = random.usize(..9);
            let mut letter = |_| letters[random.usize(..letters.len())];
            let text: String = (0..length).map(&mut letter).collect();
            let value = json!({"a": {"b": text}, "list": [[text], text]});
            let yaml = document(&value);
            assert_eq!(read(&yaml), value, "{text:?}\n{yaml}");
        }
    }

    /// What a reader of YAML 1.1 would take for something else is quoted.
    #[test]
    fn what_yaml_1_1_reads_otherwise_is_quoted() {
        for text in [
            "y",
            "n",
            "yes",
            "No",
            "ON",
            "off",
            "010",
            "0o10",
            "1_000",
            "1:30",
            "~",
            "2001-01-01",
            "<<",
            "=",
            "1.30",
            "0b1",
            ".inf",
            "",
        ] {
            assert_eq!(
                document(&json!({"a": text})),
                format!("---\na: \"{text}\"\n")
            );
        }
        assert_eq!(document(&json!({"y": 1})), "---\n\"y\": 1\n");
    }

    #[test]
    fn other_values_are_as_json_has_them() {
        let value = json!({
            "a": [], "b": {}, "c": null, "d": [true, false, 0, -1, 1.5, u64::MAX],
            "e": [[1, 2], [{"f": [{"g": "h"}]}]],
        });
        let yaml = document(&value);
        assert_eq!(read(&yaml), value, "{yaml}");
    }
}
