use std::path::Path;

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

/// Facts that select a principal, as one text.
#[derive(Debug, Default)]
pub(super) struct Facts(String);

impl Facts {
    /// The same with one more. With the lengths, no two lists look alike.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0 += &format!("{}:{name}={}:{value};", name.len(), value.len());
        self
    }

    /// The same with a path: a relative one means another file elsewhere.
    pub(super) fn with_path(self, name: &str, path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.with(name, &path.to_string_lossy())
    }

    /// The same with those of another source.
    pub(super) fn with_all(mut self, other: &Self) -> Self {
        self.0 += &other.0;
        self
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}
