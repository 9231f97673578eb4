use std::time::Duration;

/// Seconds (`90`), or a duration as Go writes it (`1m30s`, `1.5h`, `500ms`).
///
/// Zero is refused: a client that never waits never gets an answer, and one
/// that waits for ever is what this setting is against.
pub(super) fn parse(text: &str) -> Result<Duration, &'static str> {
    let seconds = match text.parse::<u32>() {
        Ok(seconds) => f64::from(seconds),
        Err(_) => go(text).ok_or(EXPECTED)?,
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(EXPECTED),
    }
}

fn go(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(number_end);
        let unit_end = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        seconds += number.parse::<f64>().ok()? * unit_seconds(unit)?;
        rest = after;
    }
    (!text.is_empty()).then_some(seconds)
}

fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    })
}

const EXPECTED: &str = "it must be seconds or a duration such as 90s or 1m30s, and not zero";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seconds_or_a_duration_of_go() {
        for (text, seconds) in [
            ("60", 60.0),
            ("90s", 90.0),
            ("1m30s", 90.0),
            ("1.5h", 5400.0),
            ("500ms", 0.5),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "0", "0s", "-1s", "1", "s", "1d", "1 s", "1..5s", "."] {
            assert_eq!(parse(text).is_ok(), text == "1", "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9.a-zµ -]{0,12}") {
            let _ = parse(&text);
        }
    }
}
