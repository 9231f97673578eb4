use std::time::Duration;

use crate::cluster::Size;
use crate::course::{Course, QUOTA, float};
use crate::start::Kind;

pub(crate) fn heading(size: Size) {
    let Size {
        pods,
        agents,
        accounts,
    } = size;
    println!(
        "\n{pods} pods of {accounts} accounts on {agents} nodes, {} accounts on each; {QUOTA} sessions a \
         second; all start within a second",
        size.accounts_of_a_node()
    );
    println!(
        "{:<14} {:>9} {:>9} {:>9} {:>8}  {:>8} {:>8} {:>8} {:>8} {:>8} {:>9}",
        "until they", "", "", "", "longest", "", "for each", "", "certifi-", "token", "throttled"
    );
    println!(
        "{:<14} {:>9} {:>9} {:>9} {:>8}  {:>8} {:>8} {:>8} {:>8} {:>8} {:>9}",
        "have them",
        "half",
        "99 %",
        "all",
        "wait",
        "sessions",
        "account",
        "logins",
        "cates",
        "reviews",
        "answers"
    );
}

pub(crate) fn print(kind: Kind, course: &Course, size: Size) {
    let calls = course.calls;
    println!(
        "{:<14} {:>9} {:>9} {:>9} {:>8}  {:>8} {:>8.2} {:>8} {:>8} {:>8} {:>9}",
        kind.to_string(),
        time(course.by(50)),
        time(course.by(99)),
        time(course.by(100)),
        time(course.longest_wait.filter(|_| course.is_whole())),
        calls.sessions,
        float(calls.sessions) / float(size.accounts),
        calls.logins,
        calls.certificates,
        calls.reviews,
        calls.throttled,
    );
    if !course.is_whole() {
        println!("{:<14} {}", "", extrapolated(course, size));
    }
}

/// What was not waited for.
fn extrapolated(course: &Course, size: Size) -> String {
    let per_account = float(course.sessions_needed) / float(size.accounts);
    format!(
        "watched for {}: {} of {} have credentials; extrapolated at {QUOTA} a second: all after {} at the \
         best, {} sessions, {per_account:.1} for each account",
        time(Some(course.watched)),
        course.times.len(),
        course.pods,
        time(Some(course.expected())),
        course.sessions_needed,
    )
}

/// The targets, which are those of the brokers.
pub(crate) fn judge(course: &Course, size: Size) -> bool {
    let last = course.by(100).unwrap_or(Duration::MAX);
    let sessions = float(course.calls.sessions) / float(size.accounts);
    let (in_time, shared) = (last <= LONGEST, sessions <= SESSIONS);
    println!(
        "with brokers: all after {}, target {} {}; {sessions:.2} sessions for each account, target {SESSIONS} {}",
        time(course.by(100)),
        time(Some(LONGEST)),
        mark(in_time),
        mark(shared),
    );
    in_time && shared
}

pub(crate) fn mark(kept: bool) -> &'static str {
    if kept { "✓" } else { "✗" }
}

/// `–` for what was not seen.
pub(crate) fn time(time: Option<Duration>) -> String {
    match time.map(|time| time.as_secs_f64()) {
        None => "–".to_owned(),
        Some(seconds) if seconds < 10.0 => format!("{seconds:.2} s"),
        Some(seconds) if seconds < 120.0 => format!("{seconds:.1} s"),
        Some(seconds) => format!("{:.1} min", seconds / 60.0),
    }
}

const LONGEST: Duration = Duration::from_secs(60);
const SESSIONS: f64 = 1.2;
