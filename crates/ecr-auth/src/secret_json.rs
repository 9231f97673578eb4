use std::io::{self, Write};

use serde::Serialize;
use zeroize::Zeroizing;

/// A value as compact JSON, in memory that is wiped.
///
/// The text is measured first: a buffer that grows leaves copies behind.
pub(crate) fn render(value: &impl Serialize) -> Zeroizing<Vec<u8>> {
    render_before("", value)
}

/// The same as a line, as Go's encoder writes it.
pub(crate) fn render_line(value: &impl Serialize) -> Zeroizing<Vec<u8>> {
    render_before("\n", value)
}

fn render_before(end: &str, value: &impl Serialize) -> Zeroizing<Vec<u8>> {
    let mut size = Size(end.len());
    write(&mut size, value);
    let mut text = Zeroizing::new(Vec::with_capacity(size.0));
    write(&mut *text, value);
    text.extend_from_slice(end.as_bytes());
    text
}

fn write(writer: impl Write, value: &impl Serialize) {
    // Maps with names and strings, into memory: that does not fail.
    let _ = serde_json::to_writer(writer, value);
}

/// Counts, and keeps nothing.
struct Size(usize);

impl Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_fits_from_the_start() {
        let text = render(&["é\n\"".repeat(100)]);
        assert_eq!(text.len(), 2 + 2 + 600);
        assert_eq!(text.capacity(), text.len());
        let line = render_line(&"x");
        assert_eq!(line.as_slice(), b"\"x\"\n");
        assert_eq!(line.capacity(), line.len());
    }
}
