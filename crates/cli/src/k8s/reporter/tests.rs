use std::io::Write;
use std::sync::Arc;

use k8s_sinks::kubernetes::ForeignReason;

use super::*;
use crate::k8s::form::Form;

/// A reporter, and the events that it has for the cluster.
fn reporter(on_foreign: OnForeign) -> (Reporter, mpsc::Receiver<Notice>) {
    let form = crate::k8s::form::tests::chosen(&[]).unwrap();
    let spec = SecretSpec::new("ecr-pull", "default", Form::secret_form(&form)).unwrap();
    let (notices, posted) = mpsc::channel(2);
    let spec = spec.with_on_foreign(on_foreign);
    (Reporter::new(&spec, (notices, durations())), posted)
}

fn foreign() -> Error {
    Error::Foreign {
        namespace: "a".to_owned(),
        name: "ecr-pull".to_owned(),
        reason: ForeignReason::Unmarked,
    }
}

fn fail(reporter: &Reporter, error: &Error) {
    reporter.witness(&Happened::Failed {
        namespace: "a",
        error,
        again_in: Duration::from_secs(1),
    });
}

/// What is logged meanwhile.
fn logged(what: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl Write for Log {
        fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || written.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, what);
    let text = log.0.lock().unwrap().clone();
    String::from_utf8(text).unwrap()
}

#[test]
fn the_auditor_hears_of_each_write_and_of_no_other() {
    let (reporter, _posted) = reporter(OnForeign::default());
    let said = logged(|| {
        for outcome in [Outcome::Created, Outcome::Updated, Outcome::Merged] {
            reporter.delivered("a", (outcome, Some("2030-01-01T00:00:00Z")), false);
        }
        reporter.delivered("a", (Outcome::Updated, None), true);
        reporter.delivered("a", (Outcome::Unchanged, None), false);
        fail(&reporter, &foreign());
    });
    let audit: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("event=\"secret\""))
        .collect();
    assert_eq!(audit.len(), 4, "{said}");
    assert!(audit[0].contains("outcome=\"created\""), "{said}");
    assert!(audit[0].contains("2030-01-01T00:00:00Z"), "{said}");
}

#[test]
fn what_we_leave_alone_is_no_error() {
    let (reporter, mut posted) = reporter(OnForeign::default());
    fail(&reporter, &foreign());
    let missing = "namespace a".to_owned();
    fail(&reporter, &Error::NotFound { what: missing });
    let namespace = "a".to_owned();
    fail(&reporter, &Error::Terminating { namespace });
    let what = "the lead".to_owned();
    fail(&reporter, &Error::Overtaken { what });
    let writes = reporter.counts().writes;
    assert_eq!(writes, [("error", 1), ("refused", 1)].into());
    assert_eq!(posted.try_recv().unwrap().reason, "ForeignSecret");
    assert!(posted.try_recv().is_err());
}

#[test]
fn an_event_says_why_a_secret_was_taken_over() {
    for (on_foreign, why) in [
        (OnForeign::AdoptReplaceable, "nothing but logins"),
        (OnForeign::Adopt, "whatever it held"),
    ] {
        let (reporter, mut posted) = reporter(on_foreign);
        reporter.delivered("a", (Outcome::Adopted, None), false);
        let notice = posted.try_recv().unwrap();
        assert_eq!(notice.reason, "Adopted");
        assert!(notice.note.contains(why), "{}", notice.note);
    }
}

#[test]
fn a_storm_of_events_is_not_waited_for() {
    let (reporter, mut posted) = reporter(OnForeign::default());
    for _ in 0..100 {
        reporter.delivered("a", (Outcome::Created, None), false);
    }
    assert_eq!(reporter.counts().writes["created"], 100);
    assert!(posted.try_recv().is_ok() && posted.try_recv().is_ok());
    assert!(posted.try_recv().is_err());
}

#[test]
fn accounts_without_the_name_are_counted() {
    let (reporter, _posted) = reporter(OnForeign::default());
    let overtaken = Error::Overtaken {
        what: "a".to_owned(),
    };
    for error in [foreign(), overtaken] {
        reporter.witness(&Happened::NotAttached {
            namespace: "a",
            name: "default",
            error: &error,
        });
    }
    let counts = reporter.counts();
    assert_eq!((counts.attached, counts.not_attached), (0, 1));
}
