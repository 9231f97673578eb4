//! A question at the terminal, answered without being seen.

use std::fs::File;
use std::io::{IsTerminal as _, Read, Write as _};

use rustix::fs::{Mode, OFlags, open};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

/// Asks, and gives what was typed; `None` where there is no terminal, or who
/// sits there wants to end it.
///
/// Standard error must be a terminal, too: where it is a log, nobody would know
/// why nothing happens.
pub(super) fn ask(question: &str) -> Option<Zeroizing<String>> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    let mut terminal = Hidden::open()?;
    terminal.file.write_all(question.as_bytes()).ok()?;
    let typed = read_line(&mut terminal.file);
    terminal.file.write_all(b"\n").ok()?;
    typed
}

/// The terminal without echo, until this is dropped. The keys that send signals
/// are read as bytes meanwhile: a signal would end us with the echo off.
struct Hidden {
    file: File,
    before: Termios,
}

impl Hidden {
    fn open() -> Option<Self> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(open("/dev/tty", flags, Mode::empty()).ok()?);
        let before = tcgetattr(&file).ok()?;
        let mut hidden = before.clone();
        hidden.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        hidden.special_codes[SpecialCodeIndex::VMIN] = 1;
        hidden.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&file, OptionalActions::Flush, &hidden).ok()?;
        Some(Self { file, before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // Without the terminal there is nothing left to restore.
        let _ = tcsetattr(&self.file, OptionalActions::Flush, &self.before);
    }
}

/// One line, edited as terminals do it.
fn read_line(from: &mut impl Read) -> Option<Zeroizing<String>> {
    // It never grows, so that no copy of it stays behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut byte = [0];
    loop {
        from.read_exact(&mut byte).ok()?;
        match byte[0] {
            b'\r' | b'\n' => {
                let text = std::str::from_utf8(&line).ok()?;
                return Some(Zeroizing::new(text.to_owned()));
            }
            INTERRUPT | QUIT | SUSPEND => return None,
            END if line.is_empty() => return None,
            KILL => line.clear(),
            BACKSPACE | DELETE => {
                // A character of UTF-8 goes as a whole.
                while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            byte if line.len() < LONGEST => line.push(byte),
            _ => return None,
        }
    }
}

const LONGEST: usize = 1024;
const INTERRUPT: u8 = 0x03;
const END: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const KILL: u8 = 0x15;
const SUSPEND: u8 = 0x1a;
const QUIT: u8 = 0x1c;
const DELETE: u8 = 0x7f;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_as_terminals_do_it() {
        for (typed, expected) in [
            (&b"word\r"[..], Some("word")),
            (b"word\nmore", Some("word")),
            (b"wrong\x15word\n", Some("word")),
            (b"worx\x7fd\n", Some("word")),
            ("w\u{f6}\x7ford\n".as_bytes(), Some("word")),
            (b"\x7f\x08word\n", Some("word")),
            (b"\n", Some("")),
            (b"word\x03", None),
            (b"\x04", None),
            (b"word", None),
        ] {
            let line = read_line(&mut &*typed);
            assert_eq!(line.as_deref().map(String::as_str), expected);
        }
    }
}
