use k8s_sinks::Error;
use refresh::Fault as _;

use super::Failure;
use crate::explanation::files;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            // What the file system said counts, with its own code and hint.
            Error::NotWritten { source, .. } | Error::NotRead { source, .. } => source.into(),
            error => {
                let (code, hint) = facts(&error);
                Self::new(code, error.fault(), error).with_hint_if(hint)
            }
        }
    }
}

fn facts(error: &Error) -> (&'static str, Option<&'static str>) {
    match error {
        Error::NotEdited { .. } | Error::Unparsable { .. } => {
            ("file.unparsable", Some(files::PROFILE_FILE.fix))
        }
        Error::BadProfileName { .. }
        | Error::UnknownLayout { .. }
        | Error::BadFriendlyName { .. }
        | Error::BadKeyStorePassword => ("config.invalid", None),
        _ => ("file.failed", None),
    }
}
