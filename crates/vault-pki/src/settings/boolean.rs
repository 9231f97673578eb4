/// What Go's `strconv.ParseBool` accepts, and nothing else.
///
/// A library that takes every other text for "true" switches the check of
/// Vault's certificate off for `no`.
pub(super) fn parse(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("it must be true or false"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truth_table() {
        for text in ["1", "t", "T", "true", "TRUE", "True"] {
            assert_eq!(parse(text), Ok(true), "{text}");
        }
        for text in ["0", "f", "F", "false", "FALSE", "False"] {
            assert_eq!(parse(text), Ok(false), "{text}");
        }
        for text in ["", "no", "yes", "on", "tRUE", " true", "2"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
