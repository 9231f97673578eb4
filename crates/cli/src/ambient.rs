//! Credentials that are around already: the AWS SDKs' default chain of sources
//! (docs/adr/0016-ambient-credentials.md).

use std::sync::Arc;

use aws_partition::Region;
use refresh::Clock;

use crate::context::Context;
use crate::failure::{self, Failure};
use crate::session::Facts;

mod container;
mod credential_process;
mod credentials;
mod document;
mod environment;
mod instance_metadata;
mod known;
#[cfg(test)]
mod oracle;
mod profile;
mod sts;
#[cfg(test)]
mod stub;
#[cfg(test)]
mod tests;
mod web_identity;

pub(crate) use credentials::AmbientCredentials;

use container::ContainerSource;
use environment::EnvironmentSource;
use instance_metadata::InstanceMetadata;
use known::Known;
use profile::ProfileSource;
use sts::StsAccess;
use web_identity::WebIdentitySource;

/// The sources, in the SDKs' order: the first that is set up counts, and where
/// it fails none of the others is asked, as they may be somebody else.
///
/// [Credential provider chain](https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html)
pub(crate) struct Ambient {
    environment: EnvironmentSource,
    profile: ProfileSource,
    web_identity: WebIdentitySource,
    container: ContainerSource,
    instance_metadata: InstanceMetadata,
    sts: StsAccess,
    clock: Arc<dyn Clock>,
}

/// What a source says when it is looked at.
#[derive(Debug)]
enum Outcome {
    Found(AmbientCredentials),
    /// It is not set up, or not here; and why.
    NotHere(String),
}

impl Ambient {
    /// From the settings; connects to nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        Ok(Self {
            environment: EnvironmentSource::new(context)?,
            profile: ProfileSource::new(context)?,
            web_identity: WebIdentitySource::new(context)?,
            container: ContainerSource::new(context),
            instance_metadata: InstanceMetadata::new(context),
            sts: StsAccess::new(context)?,
            clock: Arc::clone(&context.clock),
        })
    }

    /// Those of the first source that is set up. Files are read anew each time.
    pub(crate) async fn credentials(&self) -> Result<AmbientCredentials, Failure> {
        let mut looked = Vec::new();
        for source in SOURCES {
            match self.look(source).await? {
                Outcome::Found(credentials) => return credentials.unexpired(self.clock.now()),
                Outcome::NotHere(why) => looked.push((source.name(), why)),
            }
        }
        Err(failure::ambient::none(&looked))
    }

    /// What selects the principal, as text for a digest; nobody is asked.
    /// `None` where no source is set up, or the one that is cannot tell.
    pub(crate) fn key(&self) -> Result<Option<String>, Failure> {
        for source in SOURCES {
            match self.known(source)? {
                Known::NotHere => {}
                Known::Unknowable => return Ok(None),
                Known::By(facts) => {
                    // Where that leads elsewhere, so does the same role.
                    let facts = facts.with("sts", &self.sts.endpoint());
                    return Ok(Some(facts.as_str().to_owned()));
                }
            }
        }
        Ok(None)
    }

    fn known(&self, source: Source) -> Result<Known, Failure> {
        match source {
            Source::Environment => Ok(self.environment.facts()?.into()),
            Source::Profile => self.profile.known(self),
            Source::WebIdentity => Ok(self.web_identity.facts()?.into()),
            Source::Container => Ok(self.container.facts()?.into()),
            Source::InstanceMetadata => self.instance_metadata.known(),
        }
    }

    /// The region of the profile, if it names one.
    pub(crate) fn region(&self) -> Result<Option<Region>, Failure> {
        let Some(region) = self.profile.region()? else {
            return Ok(None);
        };
        let parsed = region.parse().map(Some);
        parsed.map_err(|error: aws_partition::InvalidRegion| {
            failure::ambient::invalid(error.to_string())
        })
    }

    async fn look(&self, source: Source) -> Result<Outcome, Failure> {
        match source {
            Source::Environment => self.environment.look(),
            Source::Profile => self.profile.look(self).await,
            Source::WebIdentity => self.web_identity.look(&self.sts).await,
            Source::Container => self.container.look(self.clock.now()).await,
            Source::InstanceMetadata => self.instance_metadata.look().await,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Source {
    Environment,
    Profile,
    WebIdentity,
    Container,
    InstanceMetadata,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Profile => "profile",
            Self::WebIdentity => "web identity",
            Self::Container => "container",
            Self::InstanceMetadata => "instance metadata",
        }
    }
}

const SOURCES: [Source; 5] = [
    Source::Environment,
    Source::Profile,
    Source::WebIdentity,
    Source::Container,
    Source::InstanceMetadata,
];
