use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, select_all};
use refresh::Schedule;

use super::Shared;
use super::parts::{Parts, SessionPart, SinkKind, SinkPart};
use crate::context::Context;
use crate::daemon::service_manager;
use crate::failure::Failure;
use crate::identity::IdentityKeeper;
use crate::profile_sink::ProfileSink;
use crate::resolved::Overlay;
#[cfg(feature = "serve")]
use crate::serve::{Endpoint, Role};
use crate::session::{ContainerEndpoint, CredentialSource, SessionDaemon, SessionKeeper};

/// All that runs, made of a config file that is valid as a whole.
pub(super) struct Plan {
    identities: BTreeMap<String, Part<IdentityKeeper>>,
    pub(super) sessions: BTreeMap<String, Part<SessionDaemon>>,
    sinks: Vec<Sink>,
}

/// A part, and what it was made of: the same again is the same part.
pub(super) struct Part<T> {
    made_of: String,
    pub(super) part: Shared<T>,
}

enum Sink {
    Profile(Box<ProfileSink>, Shared<SessionDaemon>),
    #[cfg(feature = "serve")]
    Endpoint(Box<Endpoint>),
}

impl Plan {
    /// Connects to nobody. Of `earlier`, what has not changed is taken over.
    pub(super) fn new(
        context: &Context<'_>,
        parts: &Parts,
        earlier: Option<&Self>,
    ) -> Result<Self, Failure> {
        let mut plan = Self {
            identities: BTreeMap::new(),
            sessions: BTreeMap::new(),
            sinks: Vec::new(),
        };
        for (name, overlay) in &parts.identities {
            let identity = identity(
                context,
                overlay,
                earlier.and_then(|it| it.identities.get(name)),
            )?;
            plan.identities.insert(name.clone(), identity);
        }
        for (name, part) in &parts.sessions {
            let known = earlier.and_then(|it| it.sessions.get(name));
            let session = plan.session((context, parts), (name, part), known)?;
            plan.sessions.insert(name.clone(), session);
        }
        for part in &parts.sinks {
            let sink = plan.sink(context, part, earlier)?;
            plan.sinks.push(sink);
        }
        Ok(plan)
    }

    /// Whether there would be a plan: nothing is bound or written.
    pub(super) fn check(context: &Context<'_>, parts: &Parts) -> Result<(), Failure> {
        let without_sinks = Parts {
            identities: parts.identities.clone(),
            sessions: parts.sessions.clone(),
            sinks: Vec::new(),
        };
        let plan = Self::new(context, &without_sinks, None)?;
        parts
            .sinks
            .iter()
            .try_for_each(|part| plan.session_of(part).map(drop))
    }

    /// All that goes on by itself.
    pub(super) async fn keep(&self) -> Infallible {
        let sessions = self.sessions.values();
        let sessions = sessions.map(|session| session.part.keep().boxed_local());
        let sinks = self.sinks.iter().map(|sink| match sink {
            Sink::Profile(sink, session) => sink.keep(session).boxed_local(),
            #[cfg(feature = "serve")]
            Sink::Endpoint(endpoint) => endpoint.serve().boxed_local(),
        });
        let all: Vec<LocalBoxFuture<'_, Infallible>> = sessions.chain(sinks).collect();
        select_all(all).await.0
    }

    /// Tells the service manager once that all sessions are open.
    pub(super) async fn announce(&self) -> Infallible {
        for session in self.sessions.values() {
            session.part.opened().await;
        }
        service_manager::ready("all sessions are open");
        std::future::pending().await
    }

    /// Takes leave of everybody.
    pub(super) async fn finish(&self) {
        for identity in self.identities.values() {
            identity.part.finish().await;
        }
    }

    /// Takes leave of those that `next` does not know any more.
    pub(super) async fn finish_all_but(&self, next: &Self) {
        for (name, identity) in &self.identities {
            let still = next.identities.get(name);
            if !still.is_some_and(|still| Arc::ptr_eq(&still.part, &identity.part)) {
                identity.part.finish().await;
            }
        }
    }

    #[cfg(feature = "serve")]
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.sinks.iter().filter_map(|sink| match sink {
            Sink::Endpoint(endpoint) => Some(&**endpoint),
            Sink::Profile(..) => None,
        })
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
            let made_of = format!("{:?}", part.overlay);
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
        let made_of = format!("{} {:?}", identity.made_of, part.overlay);
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

    fn sink(
        &self,
        context: &Context<'_>,
        part: &SinkPart,
        earlier: Option<&Self>,
    ) -> Result<Sink, Failure> {
        let sessions = self.session_of(part)?;
        let context = context.overlaid(part.overlay.clone());
        let main = Arc::clone(sessions[0].1);
        if part.kind == SinkKind::CredentialsFile {
            let region = main
                .source()
                .keeper()
                .map(|keeper| keeper.aws().region.clone());
            let sink = ProfileSink::new(&context, region.as_ref())?;
            return Ok(Sink::Profile(Box::new(sink), main));
        }
        endpoint(&context, &sessions, earlier)
    }

    /// The sessions of a sink, the main one first.
    fn session_of<'a>(
        &'a self,
        part: &'a SinkPart,
    ) -> Result<Vec<(&'a str, &'a Shared<SessionDaemon>)>, Failure> {
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

impl<T> Part<T> {
    /// The one from before, if it is made of the same.
    fn of(made_of: String, known: Option<&Self>, make: impl FnOnce() -> T) -> Self {
        let part = match known {
            Some(known) if known.made_of == made_of => Arc::clone(&known.part),
            _ => Arc::new(make()),
        };
        Self { made_of, part }
    }
}

fn identity(
    context: &Context<'_>,
    overlay: &Overlay,
    known: Option<&Part<IdentityKeeper>>,
) -> Result<Part<IdentityKeeper>, Failure> {
    let made_of = format!("{overlay:?}");
    if let Some(known) = known.filter(|known| known.made_of == made_of) {
        return Ok(Part {
            made_of,
            part: Arc::clone(&known.part),
        });
    }
    let keeper = IdentityKeeper::new(&context.overlaid(overlay.clone()))?;
    Ok(Part {
        made_of,
        part: Arc::new(keeper),
    })
}

#[cfg(feature = "serve")]
fn endpoint(
    context: &Context<'_>,
    sessions: &[(&str, &Shared<SessionDaemon>)],
    earlier: Option<&Plan>,
) -> Result<Sink, Failure> {
    let path = context.settings.text("container-path")?;
    let path = path.unwrap_or_else(|| "/creds".to_owned());
    let roles = sessions.iter().enumerate().map(|(index, (name, session))| {
        let path = match index {
            0 => path.clone(),
            _ => format!("/{name}"),
        };
        Role::new(path, (*name).to_owned(), Arc::clone(session))
    });
    let earlier = earlier.into_iter().flat_map(Plan::endpoints);
    let sockets: Vec<_> = earlier
        .map(|endpoint| Arc::clone(endpoint.sockets()))
        .collect();
    let endpoint = Endpoint::open(context, roles.collect(), &sockets)?;
    Ok(Sink::Endpoint(Box::new(endpoint)))
}

#[cfg(not(feature = "serve"))]
fn endpoint(
    _: &Context<'_>,
    _: &[(&str, &Shared<SessionDaemon>)],
    _: Option<&Plan>,
) -> Result<Sink, Failure> {
    let message = "this build leaves endpoints out";
    Err(Failure::configuration("config.invalid", message))
}
