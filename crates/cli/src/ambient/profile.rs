use std::ffi::OsString;

use super::{Ambient, AmbientCredentials, Known, Outcome};
use crate::context::Context;
use crate::daemon::OUR_OWN;
use crate::failure::{self, Failure};
use crate::resolved::Origin;

mod base;
mod files;
mod plan;
mod role;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(super) use tests::Files;

use base::{Base, NamedSource};
use files::{Places, ProfileFiles};
use plan::Plan;

/// A profile of the shared config and credentials files.
///
/// [Shared config and credentials files](https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html)
pub(super) struct ProfileSource {
    name: String,
    /// Who named it, if somebody did: then it must be there.
    named_by: Option<Origin>,
    places: Places,
    /// What a `credential_process` is run in.
    environment: Vec<(OsString, OsString)>,
}

/// What stands in the files.
enum Found {
    Plan(Box<Plan>),
    NotHere(String),
}

impl ProfileSource {
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let named = settings.sourced("aws-profile")?;
        let (name, named_by) = named.map_or_else(
            || (DEFAULT.to_owned(), None),
            |named| (named.value, Some(named.origin)),
        );
        let ours = OUR_OWN.map(str::to_owned);
        Ok(Self {
            name,
            named_by,
            places: Places::new(context)?,
            environment: settings.environment().without(&ours),
        })
    }

    pub(super) async fn look(&self, ambient: &Ambient) -> Result<Outcome, Failure> {
        let plan = match self.read()? {
            Found::Plan(plan) => plan,
            Found::NotHere(why) => return Ok(Outcome::NotHere(why)),
        };
        let mut credentials = self.base(&plan, ambient).await?;
        for role in &plan.roles {
            let current = credentials.unexpired(ambient.clock.now())?;
            let sts = ambient.sts.client(&role.role, plan.region.as_deref())?;
            credentials = role.assume(&sts, &current).await?;
        }
        Ok(Outcome::Found(credentials))
    }

    pub(super) fn known(&self, ambient: &Ambient) -> Result<Known, Failure> {
        let Found::Plan(plan) = self.read()? else {
            return Ok(Known::NotHere);
        };
        let facts = self.places.facts().with("profile", &self.name);
        let facts = facts.with_all(&plan.facts);
        let source = match &plan.base {
            // Whom a command gives, it says when it has run.
            Base::Process(_) => return Ok(Known::Unknowable),
            Base::Keys(keys) => return Ok(Known::By(facts.with("keys", &keys.digest()))),
            Base::WebIdentity(_) => return Ok(Known::By(facts)),
            Base::Named(source) => source,
        };
        let others = match source {
            NamedSource::Environment => ambient.environment.facts()?.into(),
            NamedSource::EcsContainer => ambient.container.facts()?.into(),
            NamedSource::Ec2InstanceMetadata => ambient.instance_metadata.known()?,
        };
        Ok(match others {
            Known::By(others) => Known::By(facts.with_all(&others)),
            // The profile is there all the same: no other source is asked.
            Known::NotHere | Known::Unknowable => Known::Unknowable,
        })
    }

    /// The region that the profile names, with or without credentials.
    pub(super) fn region(&self) -> Result<Option<String>, Failure> {
        let profile = ProfileFiles::read(&self.places)?.profile(&self.name)?;
        let region = profile.as_ref().and_then(|profile| profile.text("region"));
        Ok(region.map(str::to_owned))
    }

    /// Where nobody has named a profile, there need not be one.
    fn read(&self) -> Result<Found, Failure> {
        let files = ProfileFiles::read(&self.places)?;
        let (name, places) = (&self.name, self.places.shown());
        if files.profile(name)?.is_none() {
            let missing = format!("there is no profile {name} in {places}");
            return match &self.named_by {
                Some(origin) if name != DEFAULT => {
                    Err(failure::ambient::invalid(format!("{origin}: {missing}")))
                }
                _ => Ok(Found::NotHere(missing)),
            };
        }
        Ok(match Plan::new(&files, name)? {
            Some(plan) => Found::Plan(Box::new(plan)),
            None => Found::NotHere(format!("the profile {name} in {places} has no credentials")),
        })
    }

    async fn base(&self, plan: &Plan, ambient: &Ambient) -> Result<AmbientCredentials, Failure> {
        let source = match &plan.base {
            Base::Keys(keys) => return Ok(keys.clone()),
            Base::Process(process) => return process.credentials(&self.environment).await,
            Base::WebIdentity(role) => {
                return role.assume(&ambient.sts, plan.region.as_deref()).await;
            }
            Base::Named(source) => source,
        };
        let outcome = match source {
            NamedSource::Environment => ambient.environment.look()?,
            NamedSource::EcsContainer => ambient.container.look(ambient.clock.now()).await?,
            NamedSource::Ec2InstanceMetadata => ambient.instance_metadata.look().await?,
        };
        match outcome {
            Outcome::Found(credentials) => Ok(credentials),
            Outcome::NotHere(why) => {
                let source = source.name();
                let message = format!("profile {}: credential_source {source}: {why}", self.name);
                Err(failure::ambient::invalid(message))
            }
        }
    }
}

const DEFAULT: &str = "default";
