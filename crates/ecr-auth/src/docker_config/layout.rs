use crate::json_object::JsonObject;

/// How the members of an object are laid out, for those that are added.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Layout<'a> {
    colon: &'a str,
    /// What one more level is indented by.
    unit: &'a str,
    /// None where all is on one line.
    lines: Option<Lines<'a>>,
}

/// Each member on a line of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Lines<'a> {
    newline: &'a str,
    /// The indentation that is there, and how many levels more.
    base: &'a str,
    levels: usize,
}

impl<'a> Layout<'a> {
    /// That of a whole file, by its first member; docker's if there is none.
    pub(super) fn of_file(top: &JsonObject<'a>) -> Self {
        let Some(first) = top.members.first() else {
            return DOCKER;
        };
        let unit = first.lead.rsplit_once('\n').map_or("", |(_, base)| base);
        let layout = Self {
            colon: if first.colon.contains('\n') {
                DOCKER.colon
            } else {
                first.colon
            },
            unit: if unit.is_empty() { DOCKER.unit } else { unit },
            lines: None,
        };
        layout.with_lead(first.lead)
    }

    /// That of an object in one with this layout.
    pub(super) fn of_member(self, object: &JsonObject<'a>) -> Self {
        match object.members.last() {
            Some(last) => self.with_lead(last.lead),
            None => self.deeper(),
        }
    }

    /// That of an object without members in one with this layout.
    pub(super) fn deeper(self) -> Self {
        let lines = self.lines.map(|lines| Lines {
            levels: lines.levels + 1,
            ..lines
        });
        Self { lines, ..self }
    }

    /// What stands before a member.
    pub(super) fn lead(self, is_first: bool) -> String {
        match self.lines {
            Some(lines) => self.line(lines, lines.levels),
            None if !is_first && self.colon.ends_with(' ') => " ".to_owned(),
            None => String::new(),
        }
    }

    /// What stands before the brace that closes an object that had no members.
    pub(super) fn tail(self) -> String {
        match self.lines {
            Some(lines) => self.line(lines, lines.levels.saturating_sub(1)),
            None => String::new(),
        }
    }

    /// What stands between a name and its value.
    pub(super) fn colon(self) -> &'a str {
        self.colon
    }

    fn line(self, lines: Lines<'_>, levels: usize) -> String {
        [lines.newline, lines.base, &self.unit.repeat(levels)].concat()
    }

    fn with_lead(self, lead: &'a str) -> Self {
        let lines = lead.rsplit_once('\n').map(|(before, base)| Lines {
            newline: if before.ends_with('\r') { "\r\n" } else { "\n" },
            base,
            levels: 0,
        });
        Self { lines, ..self }
    }
}

/// That of docker, which indents by tabs.
const DOCKER: Layout<'static> = Layout {
    colon: ": ",
    unit: "\t",
    lines: Some(Lines {
        newline: "\n",
        base: "",
        levels: 1,
    }),
};
