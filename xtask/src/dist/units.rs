use crate::failure::Result;
use crate::workspace;

/// The units of systemd that we keep, and the user that they run as.
pub(super) struct Unit {
    pub(super) name: String,
    pub(super) text: String,
}

/// As they are in the tree: for a binary in `/usr/local/bin`.
pub(super) fn all() -> Result<Vec<Unit>> {
    let folder = workspace::root().join("deploy/systemd");
    let paths = workspace::files(&folder)?.into_iter();
    let units = paths.map(|path| {
        let name = path.file_name().unwrap_or_default();
        Ok(Unit {
            name: name.to_string_lossy().into_owned(),
            text: workspace::read(&path)?,
        })
    });
    units.collect()
}

impl Unit {
    /// Whether it names users and not a service.
    pub(super) fn is_of_users(&self) -> bool {
        self.name == USERS
    }

    /// Whether it is started once for each instance.
    pub(super) fn is_template(&self) -> bool {
        self.name.contains("@.")
    }

    /// For a binary that a package has put into `/usr/bin`.
    pub(super) fn of_package(&self) -> String {
        self.text.replace("/usr/local/bin/", "/usr/bin/")
    }
}

/// For systemd-sysusers.
const USERS: &str = "iamra.sysusers.conf";
