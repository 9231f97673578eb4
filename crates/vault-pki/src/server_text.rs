/// How much of a server's text is repeated.
const LIMIT: usize = 400;

/// Makes a server's text fit for one line of a terminal or a log: no control
/// character, no run of spaces, not endless.
///
/// Go joins several errors as "1 error occurred:", a line break and a bullet;
/// that frame says nothing and is left out.
pub(crate) fn sanitised(text: &str) -> String {
    let text = unframed(text);
    let words: Vec<&str> = text
        .split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    if line.chars().count() <= LIMIT {
        return line;
    }
    line.chars().take(LIMIT).chain(['…']).collect()
}

/// Whether Vault put the text into the frame of several errors, as it does
/// where a policy denies, and not where the token itself is bad.
pub(crate) fn is_framed(text: &str) -> bool {
    text.contains("error occurred:\n") || text.contains("errors occurred:\n")
}

fn unframed(text: &str) -> &str {
    let inner = text.trim().strip_prefix("1 error occurred:");
    inner.map_or(text, |inner| {
        inner.trim().strip_prefix("* ").unwrap_or(inner)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_line_without_the_frame() {
        for (text, expected) in [
            (
                "1 error occurred:\n\t* permission denied\n\n",
                "permission denied",
            ),
            ("a\r\nb\tc\u{1b}[31m", "a b c [31m"),
            ("", ""),
            (
                "2 errors occurred:\n\t* one\n\t* two\n\n",
                "2 errors occurred: * one * two",
            ),
        ] {
            assert_eq!(sanitised(text), expected);
        }
    }

    proptest! {
        #[test]
        fn always_short_and_printable(text in any::<String>()) {
            let line = sanitised(&text);
            prop_assert!(line.chars().count() <= LIMIT + 1);
            prop_assert!(!line.chars().any(char::is_control));
        }
    }
}
