use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use futures_util::future::join_all;
use refresh::Schedule;

use super::groups::{identity_groups, session_groups};
use super::made_of::made_of;
use super::part::{Part, Running};
use super::parts::{Parts, SessionPart, SinkPart};
use super::sinks::{Drafts, Sinks};
use crate::context::Context;
use crate::daemon::service_manager;
use crate::failure::Failure;
use crate::identity::IdentityKeeper;
use crate::resolved::Overlay;
#[cfg(feature = "serve")]
use crate::serve::Endpoint;
use crate::session::{ContainerEndpoint, CredentialSource, SessionDaemon, SessionKeeper};

/// All that runs, made of a config file that is valid as a whole.
#[derive(Default)]
pub(super) struct Plan {
    identities: BTreeMap<String, Part<IdentityKeeper>>,
    pub(super) sessions: BTreeMap<String, Part<SessionDaemon>>,
    pub(super) sinks: Sinks,
}

impl Plan {
    /// Nothing yet: what the first plan comes after.
    pub(super) fn at_the_start() -> Result<Self, Failure> {
        Ok(Self {
            sinks: Sinks::at_the_start()?,
            ..Self::default()
        })
    }

    /// Connects to nobody, and writes nothing. Of `earlier`, what has not changed
    /// is taken over.
    pub(super) fn new(
        context: &Context<'_>,
        parts: &Parts,
        earlier: &Self,
    ) -> Result<Self, Failure> {
        let mut plan = Self::without_sinks(context, parts, earlier)?;
        let drafts = Drafts::new(context, &parts.sinks, &plan)?;
        plan.sinks = drafts.settle(&earlier.sinks)?;
        Ok(plan)
    }

    /// Whether there would be a plan: nothing is bound or written.
    pub(super) fn check(context: &Context<'_>, parts: &Parts) -> Result<(), Failure> {
        let plan = Self::without_sinks(context, parts, &Self::default())?;
        Drafts::new(context, &parts.sinks, &plan).map(drop)
    }

    fn without_sinks(
        context: &Context<'_>,
        parts: &Parts,
        earlier: &Self,
    ) -> Result<Self, Failure> {
        let mut plan = Self::default();
        for (name, overlay) in &parts.identities {
            let identity = identity(context, overlay, earlier.identities.get(name))?;
            plan.identities.insert(name.clone(), identity);
        }
        for (name, part) in &parts.sessions {
            let known = earlier.sessions.get(name);
            let session = plan.session((context, parts), (name, part), known)?;
            plan.sessions.insert(name.clone(), session);
        }
        Ok(plan)
    }

    /// Begins what has not begun yet.
    pub(super) fn begin(&self, running: &Running) {
        for session in self.sessions.values() {
            running.begin(session, async |it| it.keep().await);
        }
        self.sinks.begin(running);
    }

    /// Makes the tokens of the endpoints that `earlier` did not have, and prints
    /// what is to be known of them.
    pub(super) async fn introduce(&self, earlier: &Self) -> Result<(), Failure> {
        self.sinks.introduce(&earlier.sinks).await
    }

    /// Tells the service manager once that all sessions are open.
    pub(super) async fn announce(&self) -> Infallible {
        for session in self.sessions.values() {
            session.part.opened().await;
        }
        for profile in self.sinks.profiles() {
            profile.written().await;
        }
        service_manager::ready("all sessions are open");
        std::future::pending().await
    }

    /// Takes leave of everybody.
    pub(super) async fn finish(&self) {
        let identities = self.identities.values();
        join_all(identities.map(|identity| identity.part.finish())).await;
    }

    /// Takes leave of those that `next` does not know any more.
    pub(super) fn finish_all_but(&self, next: &Self, running: &Running) {
        for (name, identity) in &self.identities {
            let still = next.identities.get(name);
            if !still.is_some_and(|still| Arc::ptr_eq(&still.part, &identity.part)) {
                let identity = Arc::clone(&identity.part);
                running.leave(async move { identity.finish().await });
            }
        }
    }

    #[cfg(feature = "serve")]
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.sinks.endpoints()
    }

    fn session(
        &self,
        (context, parts): (&Context<'_>, &Parts),
        (name, part): (&str, &SessionPart),
        known: Option<&Part<SessionDaemon>>,
    ) -> Result<Part<SessionDaemon>, Failure> {
        let own = context.overlaid(part.overlay.clone());
        let make = |source, context: &Context<'_>| {
            SessionDaemon::new(source, context, Schedule::SESSION).named(name)
        };
        if let Some(endpoint) = ContainerEndpoint::named(&own)? {
            let made_of = format!("endpoint {}", made_of(&own, &session_groups())?);
            return Ok(Part::of(made_of, known, || {
                make(CredentialSource::endpoint(endpoint, &own), &own)
            }));
        }
        let identity_name = self.identity_of(part)?;
        let identity = &self.identities[identity_name];
        let of_identity = parts.identities.get(identity_name).cloned();
        // Its certificate's settings count for the session's key, too.
        let context = context
            .overlaid(of_identity.unwrap_or_default())
            .overlaid(part.overlay.clone());
        let keeper = SessionKeeper::with_identity(&context, Arc::clone(&identity.part))?;
        let own = made_of(&context, &session_groups())?;
        // Whoever is of another identity is another session.
        let made_of = format!("{:p} {own}", Arc::as_ptr(&identity.part));
        Ok(Part::of(made_of, known, || {
            make(CredentialSource::roles_anywhere(keeper, &context), &context)
        }))
    }

    /// The one that it names, or the only one.
    fn identity_of<'a>(&'a self, part: &'a SessionPart) -> Result<&'a str, Failure> {
        let place = &part.overlay.place;
        let invalid =
            |why: String| Failure::configuration("config.invalid", format!("{place}: {why}"));
        let mut names = self.identities.keys();
        match (&part.identity, names.next(), names.next()) {
            (Some(name), ..) if self.identities.contains_key(name) => Ok(name),
            (Some(name), ..) => Err(invalid(format!("there is no [identity.{name}]"))),
            (None, Some(only), None) => Ok(only),
            (None, ..) => Err(invalid(
                "identity is missing: the [identity.NAME] that it is of".to_owned(),
            )),
        }
    }

    /// The sessions of a sink, the main one first.
    pub(super) fn sessions_of<'a>(
        &'a self,
        part: &'a SinkPart,
    ) -> Result<Vec<(&'a str, &'a Arc<SessionDaemon>)>, Failure> {
        let place = &part.overlay.place;
        let invalid =
            |why: String| Failure::configuration("config.invalid", format!("{place}: {why}"));
        let mut names = self.sessions.keys();
        let main = (&part.session, names.next(), names.next());
        let ((Some(main), ..) | (None, Some(main), None)) = main else {
            let why = "session is missing: the [session.NAME] that goes there";
            return Err(invalid(why.to_owned()));
        };
        let names = std::iter::once(main).chain(&part.more);
        let found = names.map(|name| match self.sessions.get_key_value(name) {
            Some((name, session)) => Ok((name.as_str(), &session.part)),
            None => Err(invalid(format!("there is no [session.{name}]"))),
        });
        found.collect()
    }
}

fn identity(
    context: &Context<'_>,
    overlay: &Overlay,
    known: Option<&Part<IdentityKeeper>>,
) -> Result<Part<IdentityKeeper>, Failure> {
    let context = context.overlaid(overlay.clone());
    let made_of = made_of(&context, &identity_groups())?;
    match known.filter(|known| known.made_of == made_of) {
        Some(known) => Ok(known.clone()),
        None => Ok(Part::new(made_of, IdentityKeeper::new(&context)?)),
    }
}
