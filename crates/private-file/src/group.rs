use std::str::FromStr;

use crate::{Error, read_private};

/// The group that a private file is given to.
///
/// Parsed from a number, or from a name that `/etc/group` knows: no network
/// directory is asked, so that a static binary in an empty image says the
/// same as elsewhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Group(u32);

impl Group {
    /// The group with this id.
    pub fn from_id(id: u32) -> Self {
        Self(id)
    }

    /// The group id.
    pub fn id(self) -> u32 {
        self.0
    }
}

impl FromStr for Group {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if let Ok(id) = text.parse() {
            return Ok(Self(id));
        }
        let database = read_private("/etc/group".as_ref()).unwrap_or_default();
        find(&String::from_utf8_lossy(&database), text)
            .map(Self)
            .ok_or_else(|| Error::UnknownGroup {
                name: text.to_owned(),
            })
    }
}

/// The id of the group `name` in the text of a group(5) file.
fn find(database: &str, name: &str) -> Option<u32> {
    database.lines().find_map(|line| {
        let mut fields = line.split(':');
        let is_it = fields.next() == Some(name);
        is_it.then(|| fields.nth(1)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_up() {
        let database = "root:x:0:\nnogroup:x:65534:alice\nbroken\nodd:x:many:\n";
        for (name, id) in [
            ("root", Some(0)),
            ("nogroup", Some(65534)),
            ("broken", None),
            ("odd", None),
            ("no", None),
        ] {
            assert_eq!(find(database, name), id, "{name}");
        }
    }

    #[test]
    fn numbers_need_no_database() {
        assert_eq!("2000".parse::<Group>().unwrap(), Group::from_id(2000));
        let error = "no such group".parse::<Group>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no group \"no such group\" in /etc/group"
        );
    }
}
