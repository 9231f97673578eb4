/// What others say, fit for one line of a terminal or a log: no control
/// character, no run of blanks, and no more than `limit` characters.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let words = text.split(|it: char| it.is_control() || it.is_whitespace());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let line: String = words.join(" ").chars().take(limit).collect();
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_short_and_moves_no_cursor() {
        for (text, expected) in [
            ("", ""),
            (" \r\n\t", ""),
            ("a\u{1b}[2Jb\r\nc  d\u{85}", "a [2Jb c d"),
            ("ääääääääääää", "ääääääääää"),
            ("   01234567   89", "01234567 8"),
            ("012345678 9", "012345678"),
        ] {
            assert_eq!(one_line(text, 10), expected, "{text:?}");
        }
    }
}
