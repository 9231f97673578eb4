use std::sync::Arc;

use super::groups::sink_groups;
use super::made_of::made_of;
use super::part::{Part, Running};
use super::parts::{SinkKind, SinkPart};
use super::plan::Plan;
use crate::context::Context;
use crate::failure::Failure;
use crate::profile_sink::ProfileSink;
#[cfg(feature = "serve")]
use crate::serve::{Draft, Endpoint, Pool, Role, TOKEN_FILE_NAME};
use crate::session::SessionDaemon;

/// Where credentials go.
#[derive(Default)]
pub(super) struct Sinks {
    profiles: Vec<Part<Delivery>>,
    #[cfg(feature = "serve")]
    endpoints: Vec<Part<Endpoint>>,
    /// What systemd has bound and no sink wants.
    #[cfg(feature = "serve")]
    spare: Pool,
}

/// A profile, and whose credentials it gets.
struct Delivery {
    sink: ProfileSink,
    session: Arc<SessionDaemon>,
}

impl Sinks {
    /// Nothing but what systemd has bound.
    #[cfg_attr(
        not(feature = "serve"),
        expect(clippy::unnecessary_wraps, reason = "only sockets can fail")
    )]
    pub(super) fn at_the_start() -> Result<Self, Failure> {
        Ok(Self {
            #[cfg(feature = "serve")]
            spare: Pool::handed_over()?,
            ..Self::default()
        })
    }

    pub(super) fn begin(&self, running: &Running) {
        for profile in &self.profiles {
            running.begin(profile, async |it| it.sink.keep(&it.session).await);
        }
        #[cfg(feature = "serve")]
        for endpoint in &self.endpoints {
            running.begin(endpoint, async |it| it.serve().await);
        }
    }

    /// The profiles that are written.
    pub(super) fn profiles(&self) -> impl Iterator<Item = &ProfileSink> {
        self.profiles.iter().map(|profile| &profile.part.sink)
    }

    #[cfg(feature = "serve")]
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.endpoints.iter().map(|endpoint| &*endpoint.part)
    }

    /// Makes the tokens of the endpoints that `earlier` did not have, and prints
    /// what is to be known of them.
    #[cfg(feature = "serve")]
    pub(super) async fn introduce(&self, earlier: &Self) -> Result<(), Failure> {
        let known = &earlier.endpoints;
        let is_new =
            |it: &&Part<Endpoint>| !known.iter().any(|known| Arc::ptr_eq(&known.part, &it.part));
        let fresh = || self.endpoints.iter().filter(is_new);
        for endpoint in fresh() {
            endpoint.part.make_tokens().await?;
        }
        fresh().try_for_each(|endpoint| endpoint.part.introduce())
    }

    #[cfg(not(feature = "serve"))]
    #[expect(clippy::unused_async, reason = "only endpoints have something to say")]
    pub(super) async fn introduce(&self, _: &Self) -> Result<(), Failure> {
        Ok(())
    }
}

/// Sinks that can be: nothing is bound or written yet.
#[derive(Default)]
pub(super) struct Drafts {
    profiles: Vec<(String, Delivery)>,
    #[cfg(feature = "serve")]
    endpoints: Vec<(String, Draft)>,
}

impl Drafts {
    /// Of the sinks of a plan, with all that can be wrong about them.
    pub(super) fn new(
        context: &Context<'_>,
        parts: &[SinkPart],
        plan: &Plan,
    ) -> Result<Self, Failure> {
        let mut drafts = Self::default();
        for part in parts {
            let sessions = plan.sessions_of(part)?;
            let context = context.overlaid(part.overlay.clone());
            let mut facts = made_of(&context, &sink_groups(part.kind))?;
            for (name, session) in &sessions {
                // The same session, and not one that is made anew.
                facts += &format!("{name} {:p} ", Arc::as_ptr(session));
            }
            match part.kind {
                SinkKind::CredentialsFile => {
                    drafts.add_profile(&context, facts, sessions[0].1)?;
                }
                SinkKind::Endpoint => drafts.add_endpoint(&context, facts, &sessions)?,
            }
        }
        #[cfg(feature = "serve")]
        drafts.check_claims()?;
        Ok(drafts)
    }

    /// Binds what is new, and takes over what is the same.
    #[cfg_attr(
        not(feature = "serve"),
        expect(clippy::unnecessary_wraps, reason = "only sockets can fail")
    )]
    pub(super) fn settle(self, earlier: &Sinks) -> Result<Sinks, Failure> {
        let profiles = self.profiles.into_iter().map(|(made_of, delivery)| {
            let known = known(&earlier.profiles, &made_of);
            Part::of(made_of, known, || delivery)
        });
        let sinks = Sinks {
            profiles: profiles.collect(),
            #[cfg(feature = "serve")]
            endpoints: Vec::new(),
            #[cfg(feature = "serve")]
            spare: Pool::default(),
        };
        #[cfg(feature = "serve")]
        let sinks = bind(self.endpoints, sinks, earlier)?;
        Ok(sinks)
    }

    fn add_profile(
        &mut self,
        context: &Context<'_>,
        mut facts: String,
        session: &Arc<SessionDaemon>,
    ) -> Result<(), Failure> {
        let keeper = session.source().keeper();
        let region = keeper.map(|keeper| keeper.aws().region.clone());
        let own_region = context.settings.text("region")?;
        let delivery = Delivery {
            sink: ProfileSink::new(context, region.as_ref())?,
            session: Arc::clone(session),
        };
        facts += &format!("{own_region:?}");
        self.profiles.push((facts, delivery));
        Ok(())
    }

    #[cfg(feature = "serve")]
    fn add_endpoint(
        &mut self,
        context: &Context<'_>,
        facts: String,
        sessions: &[(&str, &Arc<SessionDaemon>)],
    ) -> Result<(), Failure> {
        let path = context.settings.text("container-path")?;
        let path = path.unwrap_or_else(|| "/creds".to_owned());
        let roles = sessions.iter().enumerate().map(|(index, (name, session))| {
            let path = match index {
                0 => path.clone(),
                _ => format!("/{name}"),
            };
            Role::new(path, (*name).to_owned(), Arc::clone(session))
        });
        // What opens one role does not open another one.
        let token_name = format!("{TOKEN_FILE_NAME}.{}", sessions[0].0);
        let draft = Draft::new(context, roles.collect(), &token_name)?;
        self.endpoints.push((facts, draft));
        Ok(())
    }

    #[cfg(not(feature = "serve"))]
    #[expect(clippy::unused_self, reason = "there are endpoints elsewhere")]
    fn add_endpoint(
        &mut self,
        _: &Context<'_>,
        _: String,
        _: &[(&str, &Arc<SessionDaemon>)],
    ) -> Result<(), Failure> {
        let message = "this build leaves endpoints out";
        Err(Failure::configuration("config.invalid", message))
    }

    /// Two endpoints do not have the same address, nor two roles the same token.
    #[cfg(feature = "serve")]
    fn check_claims(&self) -> Result<(), Failure> {
        let drafts = || self.endpoints.iter().map(|(_, draft)| draft);
        let invalid = |message: String| Err(Failure::configuration("config.invalid", message));
        let mut places = std::collections::BTreeSet::new();
        for place in drafts().flat_map(Draft::claims) {
            if let Some(place) = places.replace(place) {
                return invalid(format!("two places to listen are the same: {place}"));
            }
        }
        let mut opened = std::collections::BTreeMap::new();
        for (path, session) in drafts().flat_map(Draft::token_files) {
            let other = opened.insert(path, session);
            if other.is_some_and(|other| !Arc::ptr_eq(other, session)) {
                let path = path.display();
                return invalid(format!("the token in {path} would open two sessions"));
            }
        }
        Ok(())
    }
}

/// Whoever names a place comes first: what systemd has bound and nobody names
/// is for the others.
#[cfg(feature = "serve")]
fn bind(
    mut drafts: Vec<(String, Draft)>,
    mut sinks: Sinks,
    earlier: &Sinks,
) -> Result<Sinks, Failure> {
    let mut pool = earlier.spare.clone();
    let is_left = |it: &&Part<Endpoint>| !drafts.iter().any(|(made_of, _)| *made_of == it.made_of);
    for endpoint in earlier.endpoints.iter().filter(is_left) {
        pool.add(endpoint.part.sockets());
    }
    let is_only = drafts.len() == 1;
    drafts.sort_by_key(|(_, draft)| !draft.names_a_place());
    for (made_of, draft) in drafts {
        let endpoint = if let Some(known) = known(&earlier.endpoints, &made_of) {
            known.clone()
        } else {
            let takes_rest = is_only || !draft.names_a_place();
            Part::new(made_of, draft.bind(&mut pool, takes_rest)?)
        };
        sinks.endpoints.push(endpoint);
    }
    sinks.spare = pool.take_handed();
    if sinks.spare.len() > 0 {
        tracing::warn!("systemd has bound a socket that no sink listens on");
    }
    Ok(sinks)
}

fn known<'a, T>(parts: &'a [Part<T>], made_of: &str) -> Option<&'a Part<T>> {
    parts.iter().find(|part| part.made_of == made_of)
}
