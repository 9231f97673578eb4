use serde_json::Value;

/// What stands for a value that is known only later, and what HCL calls that
/// value: `${profile}`, `aws_rolesanywhere_profile.a.arn`.
pub(super) type Reference<'a> = (&'static str, &'a str);

/// A value on one line.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(self::value).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// A document over several lines, each but the first indented by `indent`
/// spaces more than its bracket.
pub(super) fn document(value: &Value, references: &[Reference<'_>], indent: usize) -> String {
    let inner = " ".repeat(indent + 2);
    let end = " ".repeat(indent);
    let nested = |value: &Value| document(value, references, indent + 2);
    match value {
        Value::Object(fields) => {
            let lines = fields
                .iter()
                .map(|(name, value)| format!("{inner}{} = {}\n", quoted(name), nested(value)));
            format!("{{\n{}{end}}}", lines.collect::<String>())
        }
        Value::Array(items) => {
            let lines = items
                .iter()
                .map(|item| format!("{inner}{},\n", nested(item)));
            format!("[\n{}{end}]", lines.collect::<String>())
        }
        Value::String(text) => referring(text, references),
        other => other.to_string(),
    }
}

/// A quoted text, in which HCL replaces nothing: templates begin with `${` or
/// `%{`, and an escaped character begins none.
pub(super) fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|character| match character {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\n' => "\\n".to_owned(),
            '$' | '%' => format!("\\u{:04x}", u32::from(character)),
            control if control.is_control() => format!("\\u{:04x}", u32::from(control)),
            other => other.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

/// The expression in place of a text that is nothing but a reference.
fn referring(text: &str, references: &[Reference<'_>]) -> String {
    let found = references.iter().find(|(name, _)| *name == text);
    found.map_or_else(|| quoted(text), |(_, expression)| (*expression).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_read_by_hcl() {
        for (text, expected) in [
            ("plain", r#""plain""#),
            (r#"a"b\c"#, r#""a\"b\\c""#),
            (
                "${file(\"/etc/passwd\")}",
                r#""\u0024{file(\"/etc/passwd\")}""#,
            ),
            ("$${x} %{if x}", r#""\u0024\u0024{x} \u0025{if x}""#),
            ("a\nb\u{7}", r#""a\nb\u0007""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
