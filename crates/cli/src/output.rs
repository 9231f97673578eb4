use std::io::{ErrorKind, Write as _};

use refresh::FaultKind;
use serde::Serialize;

use crate::failure::Failure;

/// Prints data: the only way to stdout.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

/// Prints what need not be text.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        // Whoever read us has read enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// Prints JSON for programs, on lines of its own.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::new("output.failed", FaultKind::Failed, error))?;
    print(&format!("{text}\n"))
}

/// What others have written, in one line that a terminal can bear.
#[cfg(feature = "kubernetes")]
pub(crate) fn one_line(text: &str) -> String {
    let shown = text.chars().map(|character| {
        let is_bad = character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
        if is_bad { '\u{fffd}' } else { character }
    });
    shown.take(LONGEST_CELL).collect()
}

/// Longer than an ARN that one comes across.
#[cfg(feature = "kubernetes")]
const LONGEST_CELL: usize = 300;

/// Writes to stderr: for people.
pub(crate) fn complain(text: &str) {
    // Where stderr is closed, nobody is there to be told.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Says what failed, and what to do about it.
pub(crate) fn report(failure: &Failure) {
    let mut text = format!("error[{}]: {failure}\n", failure.code());
    if let Some(hint) = failure.hint() {
        text += &format!("hint: {hint}\n");
    }
    complain(&text);
}
