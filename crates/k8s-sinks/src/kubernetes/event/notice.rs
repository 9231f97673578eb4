/// Something that people should find beside the object that it is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// What it is about.
    pub regarding: Regarding,
    /// Whether somebody should act.
    pub severity: Severity,
    /// Why, in one word for programs: `Adopted`.
    pub reason: &'static str,
    /// What was done or tried, in one word for programs: `Deliver`.
    pub action: &'static str,
    /// The same for people. Never a secret; what is longer than 1024 bytes is
    /// cut off.
    pub note: String,
}

/// The Secret that a [`Notice`] is about.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Regarding {
    /// Its namespace. The event stands in it, where its users may read it.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// Whether somebody should act on a [`Notice`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Severity {
    /// `Normal`: nobody.
    Normal,
    /// `Warning`: somebody.
    Warning,
}

/// What makes two notices one series.
pub(super) type Key = (Regarding, &'static str);

impl Notice {
    pub(super) fn key(&self) -> Key {
        (self.regarding.clone(), self.reason)
    }
}

impl Severity {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}
