use std::time::SystemTime;

use serde_json::{Value, json};

use super::super::micro_time::micro_time;
use super::notice::{Notice, Regarding};

/// A new event, as the API takes it.
///
/// [Event v1](https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/)
pub(super) fn posted(notice: &Notice, instance: &str, now: SystemTime) -> Value {
    let Regarding { namespace, name } = &notice.regarding;
    json!({
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "generateName": prefix(name),
            "namespace": namespace,
        },
        "eventTime": micro_time(now),
        "reportingController": CONTROLLER,
        "reportingInstance": instance,
        "type": notice.severity.word(),
        "reason": notice.reason,
        "action": notice.action,
        "note": shortened(&notice.note),
        "regarding": {
            "apiVersion": "v1",
            "kind": "Secret",
            "namespace": namespace,
            "name": name,
        },
    })
}

/// Of what the server makes a name that nobody has: by itself it must be one, but
/// for a dash at its end, and the server keeps no more of it than this.
fn prefix(name: &str) -> String {
    let name = &name[..name.floor_char_boundary(LONGEST_PREFIX - 1)];
    format!("{}-", name.trim_end_matches(['-', '.']))
}

/// It has happened again, as a merge patch.
pub(super) fn series(count: u32, now: SystemTime) -> Value {
    json!({"series": {"count": count, "lastObservedTime": micro_time(now)}})
}

/// As much of it as the API takes, with a mark at its end where some is missing.
fn shortened(note: &str) -> String {
    if note.len() <= LONGEST_NOTE {
        return note.to_owned();
    }
    let end = note.floor_char_boundary(LONGEST_NOTE - CUT.len());
    [&note[..end], CUT].concat()
}

const CONTROLLER: &str = "iamra.dev/iamra";

const LONGEST_PREFIX: usize = 58;

const LONGEST_NOTE: usize = 1024;

const CUT: &str = "…";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::notice::Severity;
    use super::*;

    #[test]
    fn an_event_says_what_where_and_by_whom() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        for (severity, word) in [(Severity::Normal, "Normal"), (Severity::Warning, "Warning")] {
            let notice = Notice {
                regarding: Regarding {
                    namespace: "team-a".to_owned(),
                    name: "ecr-pull".to_owned(),
                },
                severity,
                reason: "Adopted",
                action: "Deliver",
                note: "it held only logins".to_owned(),
            };
            let expected = json!({
                "apiVersion": "events.k8s.io/v1",
                "kind": "Event",
                "metadata": {"generateName": "ecr-pull-", "namespace": "team-a"},
                "eventTime": "1970-01-01T00:00:01.500000Z",
                "reportingController": "iamra.dev/iamra",
                "reportingInstance": "pod-1",
                "type": word,
                "reason": "Adopted",
                "action": "Deliver",
                "note": "it held only logins",
                "regarding": {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "namespace": "team-a",
                    "name": "ecr-pull",
                },
            });
            assert_eq!(posted(&notice, "pod-1", now), expected);
        }
        let again = json!({
            "series": {"count": 2, "lastObservedTime": "1970-01-01T00:00:01.500000Z"},
        });
        assert_eq!(series(2, now), again);
    }

    #[test]
    fn the_name_of_an_event_begins_as_its_object_is_called() {
        let long = "x".repeat(253);
        let dotted = format!("{}.x.x", &long[..56]);
        for (name, expected) in [
            ("ecr-pull", "ecr-pull-"),
            (&long, &format!("{}-", &long[..57])),
            (&dotted, &format!("{}-", &long[..56])),
        ] {
            assert_eq!(prefix(name), expected);
        }
    }

    #[test]
    fn a_long_note_is_cut_between_characters() {
        let fits = "x".repeat(1024);
        assert_eq!(shortened(&fits), fits);
        for long in ["x".repeat(1025), "é".repeat(1024), "😀".repeat(300)] {
            let short = shortened(&long);
            assert!(short.len() <= 1024 && short.len() > 1016, "{}", short.len());
            assert!(long.starts_with(short.strip_suffix('…').unwrap()));
        }
    }
}
