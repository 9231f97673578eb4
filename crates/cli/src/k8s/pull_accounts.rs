use std::collections::BTreeSet;

use k8s_sinks::kubernetes::{
    Attached, Error, Limits, Pattern, SeenServiceAccount, ServiceAccounts,
};

use super::delivery::How;
use super::dry_run::DryRun;
use super::group::Group;

/// The service accounts of a group's namespaces, which pull with its Secret.
pub(super) struct PullAccounts<'a> {
    patterns: &'a [Pattern],
    secret: &'a str,
    accounts: ServiceAccounts,
    dry_run: DryRun,
    limits: &'a Limits,
}

impl<'a> PullAccounts<'a> {
    /// Those that the group names; `None` where it names none.
    pub(super) fn of(group: &'a Group<'_>, how: How<'a>) -> Option<Self> {
        if group.service_accounts.is_empty() {
            return None;
        }
        let accounts = ServiceAccounts::of(how.access.cluster.clone(), &group.spec);
        Some(Self {
            patterns: &group.service_accounts,
            secret: group.spec.name(),
            accounts: match how.dry_run {
                DryRun::Server => accounts.with_dry_run(),
                DryRun::No | DryRun::Client => accounts,
            },
            dry_run: how.dry_run,
            limits: how.limits,
        })
    }

    /// Gives the Secret's name to those of a namespace that do not have it, and
    /// says who got it; or finds out who would.
    pub(super) async fn attach(&self, namespace: &str) -> Vec<Result<String, Error>> {
        let found = match named(&self.accounts, namespace, self.patterns).await {
            Ok(found) => found,
            Err(error) => return vec![Err(error)],
        };
        self.warn_of_missing(namespace, &found);
        let mut ended = Vec::new();
        for account in found {
            if account.pull_secrets.iter().any(|it| it == self.secret) {
                continue;
            }
            let name = account.name.clone();
            match self.attach_one(account).await {
                Ok(true) => ended.push(Ok(name)),
                // It is gone meanwhile, or somebody else has done it.
                Ok(false) | Err(Error::NotFound { .. }) => {}
                Err(error) => ended.push(Err(error)),
            }
        }
        ended
    }

    async fn attach_one(&self, account: SeenServiceAccount) -> Result<bool, Error> {
        if self.dry_run == DryRun::Client {
            return Ok(true);
        }
        let _turn = self.limits.turn().await;
        let Attached { changed, .. } = self.accounts.attach(account).await?;
        Ok(changed)
    }

    /// One that is to come gets it at the next pass.
    fn warn_of_missing(&self, namespace: &str, found: &[SeenServiceAccount]) {
        let literal = self.patterns.iter().filter(|pattern| pattern.is_literal());
        for pattern in literal {
            if !found.iter().any(|account| pattern.matches(&account.name)) {
                let service_account = pattern.as_text();
                tracing::warn!(
                    namespace,
                    service_account,
                    "there is no such service account"
                );
            }
        }
    }
}

/// The service accounts of a namespace that these patterns name, each once. Where
/// all are literal, rights to these names are enough.
pub(crate) async fn named(
    accounts: &ServiceAccounts,
    namespace: &str,
    patterns: &[Pattern],
) -> Result<Vec<SeenServiceAccount>, Error> {
    let mut found = Vec::new();
    if patterns.iter().all(Pattern::is_literal) {
        for pattern in patterns {
            let name = pattern.as_text();
            found.extend(accounts.list(namespace, Some(&name)).await?);
        }
    } else {
        found = accounts.list(namespace, None).await?;
    }
    let mut names = BTreeSet::new();
    found.retain(|account| {
        patterns.iter().any(|it| it.matches(&account.name)) && names.insert(account.name.clone())
    });
    Ok(found)
}
