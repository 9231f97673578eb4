use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::context::Context;
use crate::failure::Failure;
use crate::setting::{Group, Value};

/// What a part is made of: the values of its settings, wherever they stand, and
/// the contents of the files that are read for it once only.
pub(super) fn made_of(context: &Context<'_>, groups: &[&'static Group]) -> Result<String, Failure> {
    let settings = &context.settings;
    let mut facts = String::new();
    for setting in groups.iter().flat_map(|group| group.settings) {
        // A secret is in a variable, which does not change.
        if setting.value == Value::SecretVariable {
            continue;
        }
        let Some(sourced) = settings.sourced(setting.name)? else {
            continue;
        };
        // Of settings that exclude each other, the strongest counts.
        let rank = sourced.origin.rank();
        let values = settings.list(setting.name)?;
        facts += &format!("{} {rank} {values:?} ", setting.name);
        if READ_ONCE.contains(&setting.name)
            && let Some(path) = settings.path(setting.name)?
        {
            facts += &content(&path);
        }
    }
    Ok(facts)
}

fn content(path: &Path) -> String {
    match private_file::read_private(path) {
        Ok(content) => hex::encode(Sha256::digest(&*content)),
        // Whoever needs it says so.
        Err(_) => "unreadable".to_owned(),
    }
}

/// The files that are read when a part is made, and not again.
const READ_ONCE: [&str; 5] = [
    "session-policy",
    "aws-ca-bundle",
    "vault-cacert",
    "vault-client-cert",
    "vault-client-key",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings;

    #[test]
    fn files_that_are_read_once_are_settings() {
        for name in READ_ONCE {
            assert_eq!(settings::named(name).value, Value::Text("FILE"), "{name}");
        }
    }
}
