use crate::session::Facts;

/// What can be told of a principal before anybody is asked.
#[derive(Debug)]
pub(super) enum Known {
    /// The source is not set up, or not here.
    NotHere,
    /// It is this source, and whom it gives cannot be told.
    Unknowable,
    By(Facts),
}

impl From<Option<Facts>> for Known {
    fn from(facts: Option<Facts>) -> Self {
        facts.map_or(Self::NotHere, Self::By)
    }
}
