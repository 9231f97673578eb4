use zeroize::Zeroizing;

use crate::{Error, Problem};

mod line;

pub(crate) use line::{Line, LineKind, Property, trim};

/// A profile file, cut into lines without losing a byte.
///
/// What is a line of which kind is what the AWS SDKs' own rules say: headers
/// and properties start at the margin, what is indented continues the property
/// above, `#` and `;` at the margin start comments. A file that those rules do
/// not cover is refused with the number of the line.
///
/// ```
/// use k8s_sinks::file::Document;
///
/// let document = Document::parse(b"[default]\r\nregion = eu-west-1")?;
/// assert_eq!(document.to_bytes().as_slice(), b"[default]\r\nregion = eu-west-1");
/// assert!(Document::parse(b"region = eu-west-1").is_err());
/// # Ok::<(), k8s_sinks::Error>(())
/// ```
pub struct Document<'a> {
    pub(crate) byte_order_mark: bool,
    pub(crate) lines: Vec<Line<'a>>,
}

impl<'a> Document<'a> {
    /// Cuts the bytes of a file into lines.
    pub fn parse(contents: &'a [u8]) -> Result<Self, Error> {
        let rest = contents.strip_prefix(BYTE_ORDER_MARK);
        let mut context = Context::Start;
        let lines = rest
            .unwrap_or(contents)
            .split_inclusive(|byte| *byte == b'\n')
            .enumerate()
            .map(|(index, raw)| {
                let number = index + 1;
                let line = Line::parse(number, raw);
                line.and_then(|line| context.accept(&line).map(|()| line))
                    .map_err(|problem| Error::Unparsable {
                        line: number,
                        problem,
                    })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            byte_order_mark: rest.is_some(),
            lines,
        })
    }

    /// The bytes of the file, as they were parsed.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mark = if self.byte_order_mark {
            BYTE_ORDER_MARK
        } else {
            b""
        };
        let parts = || self.lines.iter().flat_map(|line| [line.text, line.end]);
        let length = mark.len() + parts().map(<[u8]>::len).sum::<usize>();
        let mut bytes = Zeroizing::new(Vec::with_capacity(length));
        for part in [mark].into_iter().chain(parts()) {
            bytes.extend_from_slice(part);
        }
        bytes
    }

    /// The sections: ranges of lines, a header first. What comes before the
    /// first header is not in one.
    pub(crate) fn sections(&self) -> Vec<std::ops::Range<usize>> {
        let is_header = |line: &Line<'_>| matches!(line.kind, LineKind::Header { .. });
        let starts: Vec<usize> = (0..self.lines.len())
            .filter(|index| is_header(&self.lines[*index]))
            .collect();
        let ends = starts.iter().skip(1).copied().chain([self.lines.len()]);
        starts
            .iter()
            .copied()
            .zip(ends)
            .map(|(start, end)| start..end)
            .collect()
    }

    /// How new lines end: as the first line does.
    pub(crate) fn line_end(&self) -> &'a [u8] {
        self.lines
            .first()
            .map(|line| line.end)
            .filter(|end| !end.is_empty())
            .unwrap_or(b"\n")
    }
}

/// Shows the size: the lines may be secret.
impl std::fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("lines", &self.lines.len())
            .finish_non_exhaustive()
    }
}

pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What an indented line or a property would belong to.
enum Context {
    Start,
    Section,
    Property,
    /// A property without a value: what is indented below are properties too.
    Nested,
}

impl Context {
    fn accept(&mut self, line: &Line<'_>) -> Result<(), Problem> {
        *self = match (&line.kind, &self) {
            (LineKind::Blank | LineKind::Comment, _) | (LineKind::Continuation, Self::Property) => {
                return Ok(());
            }
            (LineKind::Header { .. }, _) => Self::Section,
            (_, Self::Start) => return Err(Problem::OutsideSection),
            (LineKind::Property(property), _) if property.value.is_empty() => Self::Nested,
            (LineKind::Property(_), _) => Self::Property,
            (LineKind::Continuation, Self::Section) => return Err(Problem::StrayContinuation),
            (LineKind::Continuation, Self::Nested) => return line.check_nested(),
        };
        Ok(())
    }
}
