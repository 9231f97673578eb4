use std::fmt;

use k8s_sinks::kubernetes::{Content, SecretData};
use refresh::{Expires, Lifetime};

#[cfg(feature = "vault")]
use super::form::tls;
use super::form::{Filling, Form, aws_credentials};
use super::group::Group;
use crate::context::Context;
use crate::ecr::Tokens;
use crate::failure::Failure;
use crate::session::digest_of_parts;

mod logins;

pub(super) use logins::milliseconds;
pub(crate) use logins::{Logins, REGISTRIES};

/// What a group's Secrets are filled with.
#[derive(Clone, Debug)]
pub(crate) enum Filled {
    /// Logins, of which the form makes the values.
    Logins(Logins),
    /// What a form has obtained by itself.
    Values(Values),
}

/// Values as they stand in a Secret, and how long they are good.
#[derive(Clone)]
pub(crate) struct Values {
    pub(super) data: SecretData,
    pub(super) lifetime: Lifetime,
}

impl Filled {
    /// What the group's form needs; `tokens` says where tokens may come from.
    pub(crate) async fn obtain<'a>(
        group: &'a Group<'_>,
        tokens: impl FnOnce(&'a Context<'a>) -> Result<Tokens<'a>, Failure>,
    ) -> Result<Self, Failure> {
        let context = &group.context;
        Ok(match group.form.filling() {
            Filling::Logins(_) => {
                let tokens = tokens(context)?;
                Self::Logins(Logins::obtain(&group.registries, &tokens).await?)
            }
            #[cfg(feature = "vault")]
            Filling::Certificate => Self::Values(tls::obtain(context).await?),
            Filling::Session => Self::Values(aws_credentials::obtain(context).await?),
        })
    }

    /// As it stands in a Secret of this form.
    pub(crate) fn content(&self, form: &Form) -> Result<Content, Failure> {
        match (self, form.filling()) {
            (Self::Logins(logins), Filling::Logins(form)) => logins.content(form),
            (Self::Values(values), _) => Ok(values.content()),
            (Self::Logins(_), _) => Err(Failure::configuration(
                "config.invalid",
                "a Secret of this form holds no logins",
            )),
        }
    }

    /// Says to the auditor where tokens went. Of certificates and sessions he
    /// knows who obtained them, and of each Secret that was written.
    pub(crate) fn handed_out(&self, to: &str) {
        if let Self::Logins(logins) = self {
            logins.handed_out(to);
        }
    }
}

impl Values {
    /// Its name is of the values: nobody can guess a private key or a session's.
    fn content(&self) -> Content {
        let values = self.data.iter();
        let parts = values.flat_map(|(key, value)| [key.as_bytes(), value.as_slice()]);
        let mut id = digest_of_parts(parts);
        id.truncate(16);
        Content::new(id, self.lifetime, self.data.clone())
    }
}

impl Expires for Filled {
    fn lifetime(&self) -> Lifetime {
        match self {
            Self::Logins(logins) => logins.lifetime(),
            Self::Values(values) => values.lifetime,
        }
    }
}

/// Never shows a value.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values")
            .field("keys", &self.data.keys().collect::<Vec<_>>())
            .field("lifetime", &self.lifetime)
            .finish()
    }
}

#[cfg(test)]
pub(super) use logins::tests;

#[cfg(test)]
mod values_tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn values_are_not_shown() {
        let data = SecretData::from([("tls.key".to_owned(), b"hunter2".to_vec().into())]);
        let lifetime = Lifetime::new(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH);
        let filled = Filled::Values(Values { data, lifetime });
        let shown = format!("{filled:?}");
        assert!(shown.contains("tls.key"), "{shown}");
        assert!(
            !shown.contains("hunter") && !shown.contains("104"),
            "{shown}"
        );
    }
}
