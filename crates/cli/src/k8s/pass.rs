use super::group::Group;
use crate::failure::Failure;

/// What has come of one pass over the targets of a group, or of all of them:
/// what is to be said of each, and what went wrong.
#[derive(Debug)]
pub(crate) struct Pass<L> {
    pub(crate) lines: Vec<L>,
    pub(crate) failures: Vec<Failure>,
}

impl<L> Pass<L> {
    /// One group after the other: one that fails keeps nothing from the others.
    pub(crate) async fn over<'g>(
        groups: &'g [Group<'g>],
        each: impl AsyncFn(&'g Group<'g>) -> Result<Self, Failure>,
    ) -> Self {
        let mut whole = Self::default();
        for group in groups {
            match each(group).await {
                Ok(pass) => {
                    whole.lines.extend(pass.lines);
                    whole.failures.extend(pass.failures);
                }
                Err(failure) => whole.failures.push(failure.about(&group.title())),
            }
        }
        whole
    }

    /// Takes in what has come of one target; nothing where there is nothing to
    /// say.
    pub(crate) fn take(&mut self, ended: Result<Option<L>, Failure>) {
        match ended {
            Ok(line) => self.lines.extend(line),
            Err(failure) => self.failures.push(failure),
        }
    }
}

impl<L> Default for Pass<L> {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            failures: Vec::new(),
        }
    }
}
