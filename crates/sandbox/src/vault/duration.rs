use std::time::Duration;

/// Reads a duration as Vault does: seconds, or Go's form (`1h30m`) with days.
/// The error is the text that Vault gives for it.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let invalid = || format!("time: invalid duration \"{text}\"");
    let mut total = 0_f64;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, behind) = rest.split_at(end);
        let number: f64 = number.parse().map_err(|_| invalid())?;
        let end = behind
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let scale = seconds_of(unit).ok_or_else(|| match unit {
            "" => format!("time: missing unit in duration \"{text}\""),
            unit => format!("time: unknown unit \"{unit}\" in duration \"{text}\""),
        })?;
        total += number * scale;
        rest = behind;
    }
    Duration::try_from_secs_f64(total).map_err(|_| invalid())
}

/// Go's `Duration.String()` for whole seconds: `24h0m0s`.
pub(super) fn go_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{}s", seconds % 60),
        (hours, minutes) => format!("{hours}h{minutes}m{}s", seconds % 60),
    }
}

/// The same without zeros at the end: `24h`.
pub(super) fn short_duration(duration: Duration) -> String {
    let text = go_duration(duration);
    let text = text
        .strip_suffix("m0s")
        .map_or_else(|| text.clone(), |t| format!("{t}m"));
    text.strip_suffix("h0m")
        .map_or_else(|| text.clone(), |t| format!("{t}h"))
}

fn seconds_of(unit: &str) -> Option<f64> {
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_vault_reads() {
        for (text, seconds) in [
            ("3600", 3600),
            ("1h", 3600),
            ("1h30m", 5400),
            ("1.5h", 5400),
            ("2d", 172_800),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_secs(seconds)),
                "{text}"
            );
        }
        for (text, error) in [
            (
                "1 fortnight",
                "time: unknown unit \" fortnight\" in duration \"1 fortnight\"",
            ),
            ("1.5", "time: missing unit in duration \"1.5\""),
            ("h", "time: invalid duration \"h\""),
            ("-1h", "time: invalid duration \"-1h\""),
        ] {
            assert_eq!(parse_duration(text), Err(error.into()), "{text}");
        }
    }

    #[test]
    fn writes_as_go_does() {
        for (seconds, long, short) in [
            (0, "0s", "0s"),
            (59, "59s", "59s"),
            (60, "1m0s", "1m"),
            (3600, "1h0m0s", "1h"),
            (5400, "1h30m0s", "1h30m"),
            (1_800_000, "500h0m0s", "500h"),
            (3601, "1h0m1s", "1h0m1s"),
        ] {
            let duration = Duration::from_secs(seconds);
            assert_eq!(go_duration(duration), long);
            assert_eq!(short_duration(duration), short);
        }
    }
}
