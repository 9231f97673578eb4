use jiff::civil::Date;
use semver::Version;

use crate::Failure;
use crate::failure::Result;

/// A changelog whose unreleased part has become a version's.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) text: String,
    /// What is new in the version.
    pub(super) notes: String,
}

/// Gives what is unreleased to this version, in the form of
/// [Keep a Changelog](https://keepachangelog.com/en/1.1.0/).
pub(super) fn cut(text: &str, version: &Version, today: Date) -> Result<Cut> {
    let absent = || Failure::new(format!("CHANGELOG.md has no heading `{UNRELEASED}`"));
    let (before, rest) = split_at_line(text, UNRELEASED).ok_or_else(absent)?;
    let end = rest.find("\n## ").map_or(rest.len(), |at| at + 1);
    let (notes, earlier) = rest.split_at(end);
    let notes = notes.trim();
    if !notes.lines().any(|line| line.starts_with("- ")) {
        let nothing = format!("CHANGELOG.md: nothing stands under `{UNRELEASED}`");
        return Err(Failure::new(nothing));
    }
    let earlier = if earlier.is_empty() {
        String::new()
    } else {
        format!("\n{earlier}")
    };
    Ok(Cut {
        text: format!("{before}{UNRELEASED}\n\n## {version} - {today}\n\n{notes}\n{earlier}"),
        notes: format!("{notes}\n"),
    })
}

/// What is new in a version that was cut.
pub(crate) fn notes(text: &str, version: &str) -> Result<String> {
    let headings = format!("\n## {version} - ");
    let absent = || Failure::new(format!("CHANGELOG.md has no part of {version}"));
    let at = text.find(&headings).ok_or_else(absent)?;
    let (_, rest) = text[at + 1..].split_once('\n').ok_or_else(absent)?;
    let notes = rest.split("\n## ").next().unwrap_or(rest);
    Ok(format!("{}\n", notes.trim()))
}

/// What stands before a line of its own, and what behind it.
fn split_at_line<'a>(text: &'a str, line: &str) -> Option<(&'a str, &'a str)> {
    let at = text.find(&format!("\n{line}\n"))? + 1;
    Some((&text[..at], &text[at + line.len() + 1..]))
}

const UNRELEASED: &str = "## Unreleased";

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_of(text: &str) -> Result<Cut> {
        let today = Date::constant(2026, 11, 26);
        cut(text, &Version::new(0, 2, 0), today)
    }

    #[test]
    fn what_is_unreleased_becomes_the_versions() {
        let first = cut_of("# Changelog\n\n## Unreleased\n\n### Added\n\n- One.\n").unwrap();
        let text = "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-11-26\n\n### Added\n\n- One.\n";
        assert_eq!(first.text, text);
        assert_eq!(first.notes, "### Added\n\n- One.\n");
        assert_eq!(notes(text, "0.2.0").unwrap(), first.notes);
        assert!(notes(text, "0.2").is_err());

        // And the next one stands before it.
        let next = first
            .text
            .replacen("Unreleased\n", "Unreleased\n\n- Two.\n", 1);
        let next = cut(&next, &Version::new(0, 3, 0), Date::constant(2026, 12, 1)).unwrap();
        assert_eq!(next.notes, "- Two.\n");
        assert_eq!(notes(&next.text, "0.3.0").unwrap(), next.notes);
        let (before, rest) = next
            .text
            .split_once("## 0.3.0 - 2026-12-01\n\n- Two.\n\n")
            .unwrap();
        assert_eq!(before, "# Changelog\n\n## Unreleased\n\n");
        assert!(
            rest.starts_with("## 0.2.0 - 2026-11-26\n\n### Added"),
            "{rest}"
        );
    }

    #[test]
    fn without_anything_new_there_is_no_release() {
        for (text, complaint) in [
            ("# Changelog\n", "no heading"),
            ("# Changelog\n\n## Unreleased\n", "nothing stands"),
            (
                "# Changelog\n\n## Unreleased\n\n## 0.1.0\n\n- Old.\n",
                "nothing stands",
            ),
        ] {
            let failure = cut_of(text).unwrap_err().to_string();
            assert!(failure.contains(complaint), "{failure}");
        }
    }
}
