use std::convert::Infallible;

use futures_util::future::{Either, join_all};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::super::resource::{SECRETS, SERVICE_ACCOUNTS};
use super::super::service_account::SeenServiceAccount;
use super::super::targets::{Pattern, Search};
use super::super::watch::{Change, Partial, Query};
use super::super::{Error, Seen};
use super::roster::Listing;
use super::{Controller, Happened, NAMED};

impl Controller {
    /// Watches all that matters, for as long as this is awaited.
    pub(super) async fn watch(&self) -> Infallible {
        let namespaces = self.searches().into_iter();
        let namespaces = namespaces.map(|(number, search)| self.watch_namespaces(number, search));
        let secrets = self.secrets().into_iter().enumerate();
        let secrets = secrets.map(|(number, query)| self.watch_secrets(number, query));
        let accounts = self.service_accounts().into_iter();
        let accounts = accounts.map(|query| self.watch_accounts(query));
        let watches = namespaces
            .map(Either::Left)
            .chain(secrets.map(Either::Right));
        let watches = watches.map(Either::Left).chain(accounts.map(Either::Right));
        match join_all(watches).await.into_iter().next() {
            Some(never) => match never {},
            // Without a target there is nothing to watch.
            None => std::future::pending().await,
        }
    }

    /// The lists that have to be read before it is known what is not there.
    pub(super) fn listings(&self) -> impl Iterator<Item = Listing> {
        let namespaces = self.searches().into_iter();
        let namespaces = namespaces.map(|(number, _)| Listing::Namespaces(number));
        let secrets = 0..self.secrets().len();
        namespaces.chain(secrets.map(Listing::Secrets))
    }

    async fn watch_namespaces(&self, number: u8, search: Search) -> Infallible {
        let listing = Listing::Namespaces(number);
        let note = |metadata: ObjectMeta, is_there: bool| {
            let is_living = is_there && metadata.deletion_timestamp.is_none();
            let name = metadata.name.unwrap_or_default();
            let is_found = is_living && search.finds(&name);
            self.roster().found(number, &name, is_found);
            name
        };
        self.watch_listing(listing, search.query(), note).await
    }

    async fn watch_secrets(&self, number: usize, query: Query) -> Infallible {
        let note = |metadata: ObjectMeta, is_there: bool| {
            let seen = is_there.then(|| Seen::of(&metadata, self.sink.spec()));
            let namespace = metadata.namespace.unwrap_or_default();
            self.roster().saw(number, &namespace, seen);
            namespace
        };
        self.watch_listing(Listing::Secrets(number), query, note)
            .await
    }

    /// Has each object noted, with whether it is there; `note` says which
    /// namespace it is about.
    async fn watch_listing(
        &self,
        listing: Listing,
        query: Query,
        mut note: impl FnMut(ObjectMeta, bool) -> String,
    ) -> Infallible {
        let within = query.namespace.as_deref();
        let told = query.watch(&self.cluster, |change: Change<Partial>| {
            match change {
                Change::Relisting => self.roster().listing(listing, within),
                Change::Is(object) => {
                    let namespace = note(object.metadata, true);
                    // It may be that all that was missing there was this.
                    self.accounts().has_secret(&namespace);
                }
                Change::Gone(object) => drop(note(object.metadata, false)),
                Change::Listed => {
                    let is_last = self.roster().listed(listing, within);
                    self.answered(is_last);
                }
                Change::Followed => self.roster().followed(within),
                Change::Failed(error) => {
                    let is_last = self.roster().refused(listing, within, &error);
                    self.blind(query.resource.plural, &error);
                    self.answered(is_last);
                }
            }
            self.changed.notify_one();
        });
        told.await
    }

    fn answered(&self, is_last: bool) {
        if is_last {
            self.witness.witness(&Happened::Synced);
        }
    }

    fn blind(&self, what: &'static str, error: &Error) {
        self.witness.witness(&Happened::Blind { what, error });
    }

    fn searches(&self) -> Vec<(u8, Search)> {
        let searches = self.targets.searches().into_iter();
        (NAMED + 1..).zip(searches).collect()
    }

    /// The Secrets of the name: everywhere in one watch, or one for each
    /// namespace, because a right may end at it.
    fn secrets(&self) -> Vec<Query> {
        let of = |namespace| Query {
            resource: SECRETS,
            namespace,
            labels: None,
            name: Some(self.sink.spec().name().to_owned()),
            is_whole: false,
        };
        if self.targets.is_cluster_wide() {
            return vec![of(None)];
        }
        let names = self.targets.names().iter();
        names.map(|name| of(Some(name.clone()))).collect()
    }

    /// The service accounts to look at: those of one name, which a right may be
    /// bound to, or all of them.
    fn service_accounts(&self) -> Vec<Query> {
        let of = |namespace: Option<&String>, name: Option<String>| Query {
            resource: SERVICE_ACCOUNTS,
            namespace: namespace.cloned(),
            labels: None,
            name,
            is_whole: true,
        };
        let are_literal = self.patterns.iter().all(Pattern::is_literal);
        let names: Vec<_> = match &self.patterns[..] {
            [] => return Vec::new(),
            patterns if are_literal => patterns.iter().map(|it| Some(it.as_text())).collect(),
            _ => vec![None],
        };
        let namespaces: Vec<_> = if self.targets.is_cluster_wide() {
            vec![None]
        } else {
            self.targets.names().iter().map(Some).collect()
        };
        let mut queries = Vec::new();
        for name in names {
            let namespaces = namespaces.iter();
            queries.extend(namespaces.map(|&namespace| of(namespace, name.clone())));
        }
        queries
    }

    async fn watch_accounts(&self, query: Query) -> Infallible {
        let told = query.watch(&self.cluster, |change: Change<SeenServiceAccount>| {
            match change {
                Change::Is(seen) => self.accounts().saw(seen),
                Change::Gone(seen) => self.accounts().gone(&(seen.namespace, seen.name)),
                Change::Failed(error) => self.blind(query.resource.plural, &error),
                // One that is gone without a word cannot be attached, and is
                // forgotten then.
                Change::Relisting | Change::Listed | Change::Followed => {}
            }
            self.changed.notify_one();
        });
        told.await
    }
}
