use std::path::{Path, PathBuf};

use private_file::{Options, Target};

/// Which certificate the hooks were told of last, in a file beside the set: a
/// process that ends before they are leaves that to the next one.
#[derive(Clone, Debug)]
pub(crate) struct Told(PathBuf);

impl Told {
    /// Of the set in this folder.
    pub(crate) fn beside(folder: &Path) -> Self {
        Self(folder.join("..told"))
    }

    /// Whether it was this one. What cannot be read was told of nothing.
    pub(crate) fn is_of(&self, serial: &str) -> bool {
        let found = private_file::read_private(&self.0);
        found.is_ok_and(|found| found.trim_ascii() == serial.as_bytes())
    }

    /// Where it cannot be written, the hooks run once more after a restart.
    pub(crate) fn note(&self, serial: &str) {
        let target = Target::new(&self.0, Options::new());
        if let Err(error) = target.replace(format!("{serial}\n").as_bytes()) {
            tracing::warn!(%error, "it cannot be noted that the hooks have run");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_beside_the_set() {
        let folder = tempfile::tempdir().unwrap();
        let told = Told::beside(folder.path());
        assert!(!told.is_of("0f:aa"));
        told.note("0f:aa");
        assert!(told.is_of("0f:aa"));
        assert!(!told.is_of("0f:ab"));
        told.note("0f:ab");
        assert!(Told::beside(folder.path()).is_of("0f:ab"));
    }
}
