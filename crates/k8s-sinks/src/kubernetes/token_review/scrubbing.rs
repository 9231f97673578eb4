use super::super::Error;

/// The same without the words that hold a part of the token. A message may have
/// been cut, so it is enough that a part of it is there.
pub(super) fn scrubbed(text: &str, token: &str) -> String {
    let words = text.split_whitespace();
    let words = words.map(|word| if shows(word, token) { SCRUBBED } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The same for all that a server has said in an error.
pub(super) fn scrubbed_error(mut error: Error, token: &str) -> Error {
    let said = match &mut error {
        Error::Unauthorized { message }
        | Error::Denied { message, .. }
        | Error::Rejected { message, .. }
        | Error::Unavailable { message, .. }
        | Error::Gone { message } => Some(message),
        Error::DeadlineExceeded { last, .. } => last.as_mut(),
        _ => None,
    };
    if let Some(said) = said {
        *said = scrubbed(said, token);
    }
    error
}

fn shows(word: &str, token: &str) -> bool {
    let token = token.trim().as_bytes();
    let run = token.len().min(LONGEST_SHOWN + 1);
    if run == 0 {
        return false;
    }
    let mut runs = word.as_bytes().windows(run);
    runs.any(|run| token.windows(run.len()).any(|part| part == run))
}

const SCRUBBED: &str = "[the token]";

/// All tokens of a signature begin alike for as long as that.
const LONGEST_SHOWN: usize = 11;

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ3ZWIifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ";

    #[test]
    fn what_a_server_repeats_is_not_shown() {
        let cut = &TOKEN[..30];
        for (text, expected) in [
            (
                format!("[invalid bearer token, {TOKEN}]"),
                "[invalid bearer token, [the token]",
            ),
            (format!("token: \"{cut}"), "token: [the token]"),
            (TOKEN[25..].to_owned(), "[the token]"),
            ("invalid bearer token".to_owned(), "invalid bearer token"),
            ("eyJhbGciOiJ is short".to_owned(), "eyJhbGciOiJ is short"),
        ] {
            assert_eq!(scrubbed(&text, TOKEN), expected);
        }
        assert_eq!(scrubbed("it is not x1y2", "x1y2"), "it is not [the token]");
        assert_eq!(scrubbed("nothing of it", "\n"), "nothing of it");
    }
}
