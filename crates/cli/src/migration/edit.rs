use std::ops::Range;

/// Pieces of a text, and what comes in their places.
#[derive(Clone, Debug, Default)]
pub(super) struct Edits(
    Vec<(Range<usize>, String)>,
    /// What is to stay as it is.
    Vec<Range<usize>>,
);

impl Edits {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether nothing of it is to be changed.
    pub(super) fn is_free(&self, range: Range<usize>) -> bool {
        let taken = self.0.iter().map(|(other, _)| other);
        taken.chain(&self.1).all(|other| are_apart(&range, other))
    }

    /// Nothing of it is to be changed from now on.
    pub(super) fn keep(&mut self, range: Range<usize>) {
        self.1.push(range);
    }

    /// Where two would change the same, the first stays: whoever knew more of
    /// the text was asked first.
    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) -> bool {
        let is_free = self.is_free(range.clone());
        if is_free {
            self.0.push((range, text.into()));
        }
        is_free
    }

    /// Takes a piece out, with all that was to come into it; not where that
    /// would undo more than the piece, or take what is kept.
    pub(super) fn supersede(&mut self, range: Range<usize>) -> bool {
        let is_within = |other: &Range<usize>| range.start <= other.start && other.end <= range.end;
        let mut others = self.0.iter().map(|(other, _)| other);
        let may_go = others.all(|other| are_apart(&range, other) || is_within(other))
            && self.1.iter().all(|kept| are_apart(&range, kept));
        if may_go {
            self.0.retain(|(other, _)| are_apart(&range, other));
            self.0.push((range, String::new()));
        }
        may_go
    }

    /// Takes over what was found in a part that begins at `offset`.
    pub(super) fn adopt(&mut self, other: Self, offset: usize) {
        let moved = other.0.into_iter();
        let moved = moved.map(|(range, text)| (range.start + offset..range.end + offset, text));
        self.0.extend(moved);
    }

    pub(super) fn applied(mut self, text: &str) -> String {
        // Stable: what is put at one place stays in its order.
        self.0.sort_by_key(|(range, _)| range.start);
        let mut new = String::with_capacity(text.len());
        let mut from = 0;
        for (range, replacement) in self.0 {
            new.push_str(&text[from..range.start]);
            new.push_str(&replacement);
            from = range.end;
        }
        new + &text[from..]
    }
}

fn are_apart(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.end <= other.start || other.end <= one.start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_neither_changed_nor_taken_out() {
        let mut edits = Edits::default();
        edits.keep(4..6);
        assert!(!edits.replace(5..7, "x"));
        assert!(!edits.supersede(0..8));
        assert!(edits.replace(1..2, "long") && edits.supersede(0..4));
        assert_eq!(edits.applied("0123456789"), "456789");
    }

    #[test]
    fn a_larger_edit_is_not_undone_with_a_piece_of_it() {
        let mut edits = Edits::default();
        edits.replace(0..8, "whole");
        assert!(!edits.supersede(2..4));
        assert_eq!(edits.applied("0123456789"), "whole89");
    }
}
