use zeroize::Zeroizing;

use crate::file::document::Line;

/// Puts lines together, each ended before the next one starts.
pub(crate) struct Writer<'a> {
    bytes: Zeroizing<Vec<u8>>,
    line_end: &'a [u8],
    is_open: bool,
    capacity: usize,
}

impl<'a> Writer<'a> {
    /// Room for `capacity` bytes, which must do: the lines may be secret.
    pub(crate) fn new(capacity: usize, line_end: &'a [u8]) -> Self {
        let bytes = Zeroizing::new(Vec::with_capacity(capacity));
        let capacity = bytes.capacity();
        Self {
            bytes,
            line_end,
            is_open: false,
            capacity,
        }
    }

    /// Writes bytes that are not a line.
    pub(crate) fn mark(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Copies a line as it is; without an end if it has none.
    pub(crate) fn copy(&mut self, line: &Line<'_>) {
        self.replace(line, &[line.text]);
    }

    /// Writes another text in the place of a line, with that line's end.
    pub(crate) fn replace(&mut self, line: &Line<'_>, parts: &[&[u8]]) {
        self.close();
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.bytes.extend_from_slice(line.end);
        self.is_open = line.end.is_empty();
    }

    /// Writes a new line.
    pub(crate) fn line(&mut self, parts: &[&str]) {
        self.close();
        for part in parts {
            self.bytes.extend_from_slice(part.as_bytes());
        }
        self.bytes.extend_from_slice(self.line_end);
    }

    /// Writes a comment found elsewhere as a line of its own.
    pub(crate) fn comment(&mut self, text: &[u8]) {
        self.close();
        self.bytes.extend_from_slice(text);
        self.bytes.extend_from_slice(self.line_end);
    }

    pub(crate) fn finish(self) -> Zeroizing<Vec<u8>> {
        debug_assert_eq!(
            self.bytes.capacity(),
            self.capacity,
            "growing leaves a copy behind"
        );
        self.bytes
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.is_open) {
            self.bytes.extend_from_slice(self.line_end);
        }
    }
}
