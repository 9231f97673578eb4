use std::ffi::OsString;

use super::{Ambient, AmbientCredentials, Facts, Outcome};
use crate::context::Context;
use crate::daemon::OUR_OWN;
use crate::failure::{self, Failure};
use crate::resolved::Origin;
use crate::session::digest;

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

    pub(super) fn facts(&self, ambient: &Ambient) -> Result<Option<Facts>, Failure> {
        let Found::Plan(plan) = self.read()? else {
            return Ok(None);
        };
        let facts = self.places.facts().with("profile", &self.name);
        let facts = facts.with_all(&plan.facts);
        let source = match &plan.base {
            // It may be told there whose credentials to give.
            Base::Process(_) => {
                return Ok(Some(facts.with("environment", &self.environment_digest())));
            }
            Base::Named(source) => source,
            Base::Keys(_) | Base::WebIdentity(_) => return Ok(Some(facts)),
        };
        let others = match source {
            NamedSource::Environment => ambient.environment.facts()?,
            NamedSource::EcsContainer => ambient.container.facts()?,
            NamedSource::Ec2InstanceMetadata => ambient.instance_metadata.facts()?,
        };
        Ok(Some(facts.with_all(&others.unwrap_or_default())))
    }

    /// Of what a command is run in, but for what is of the moment.
    fn environment_digest(&self) -> String {
        let lasting = self.environment.iter();
        let lasting = lasting.filter(|(name, _)| !OF_THE_MOMENT.iter().any(|it| name == it));
        let facts = lasting.fold(Facts::default(), |facts, (name, value)| {
            facts.with(&name.to_string_lossy(), &value.to_string_lossy())
        });
        digest(facts.into_text().as_bytes())
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
/// What a shell or a service manager sets anew each time.
const OF_THE_MOMENT: [&str; 8] = [
    "_",
    "COLUMNS",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LINES",
    "OLDPWD",
    "PWD",
    "SHLVL",
];
