use std::time::SystemTime;

use k8s_sinks::kubernetes::Content;
use refresh::{Expires, Lifetime};

use super::form::Form;
use super::group::Group;
use crate::audit;
use crate::ecr::{Obtained, Tokens};
use crate::failure::Failure;
use crate::session::digest;

/// What a group's Secrets are filled with.
#[derive(Clone, Debug)]
pub(crate) struct Filled {
    pub(crate) obtained: Vec<Obtained>,
}

impl Filled {
    /// All tokens of a group: each scope's once.
    pub(crate) async fn obtain(group: &Group<'_>, tokens: &Tokens<'_>) -> Result<Self, Failure> {
        let mut obtained = Vec::new();
        for scope in group.registries.groups() {
            obtained.push(Obtained::of(scope, tokens).await?);
        }
        Ok(Self { obtained })
    }

    /// As it stands in a Secret of this form.
    pub(crate) fn content(&self, form: &Form) -> Result<Content, Failure> {
        let lifetime = self.lifetime();
        let mut logins = Vec::new();
        for one in &self.obtained {
            logins.extend(one.logins()?);
        }
        let data = form.logins().data(&logins, lifetime.end())?;
        let registries: Vec<_> = self.obtained.iter().map(Obtained::registries).collect();
        let content = Content::new(self.id(form), lifetime, data);
        Ok(content.with_annotation(REGISTRIES, &registries.join(",")))
    }

    /// The same for the same tokens in the same form, after a restart, too: they
    /// are kept with their times in milliseconds.
    fn id(&self, form: &Form) -> String {
        let mut facts = format!("{form:?}");
        for one in &self.obtained {
            let lifetime = one.token.lifetime;
            let [start, end] = [lifetime.start(), lifetime.end()].map(milliseconds);
            facts += &format!(" {} {} {start} {end}", one.scope, one.registries());
        }
        let mut id = digest(facts.as_bytes());
        id.truncate(16);
        id
    }

    /// Says to the auditor where the tokens went.
    pub(crate) fn handed_out(&self, to: &str) {
        for one in &self.obtained {
            audit::token_handed_out("secret", &one.registries(), &one.token, Some(to));
        }
    }
}

impl Expires for Filled {
    /// All of them are good in it.
    fn lifetime(&self) -> Lifetime {
        let lifetimes = || self.obtained.iter().map(|one| one.token.lifetime);
        let start = lifetimes().map(|it| it.start()).max();
        let end = lifetimes().map(|it| it.end()).min();
        let epoch = SystemTime::UNIX_EPOCH;
        Lifetime::new(start.unwrap_or(epoch), end.unwrap_or(epoch))
    }
}

/// Since the epoch.
pub(super) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

/// The annotation that names the registries.
pub(crate) const REGISTRIES: &str = "iamra.dev/registries";
