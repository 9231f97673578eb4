use std::collections::BTreeMap;

use aws_credential_types::Credentials;
use tokio::sync::OnceCell;

use crate::ambient::Ambient;
use crate::aws::Aws;
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::IdentitySource;
use crate::resolved::{Overlay, Resolved, Sourced};
use crate::session::{self, Facts, SessionKey};
use crate::settings;

/// Whose token it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Principal {
    /// The role of a session that is opened with a certificate.
    RolesAnywhere,
    /// Whoever the SDKs would be.
    Ambient,
}

impl Principal {
    /// As the settings say.
    pub(super) fn named(settings: &Resolved<'_>) -> Result<Self, Failure> {
        if let Some(Sourced { value, origin }) = settings.sourced("credentials")? {
            return match value.as_str() {
                "roles-anywhere" => Ok(Self::RolesAnywhere),
                "ambient" => Ok(Self::Ambient),
                _ => Err(origin.invalid("it must be roles-anywhere or ambient")),
            };
        }
        Ok(match settings.sourced("trust-anchor-arn")? {
            Some(_) => Self::RolesAnywhere,
            None => Self::Ambient,
        })
    }

    /// Refuses settings with which there are no credentials.
    #[cfg(feature = "kubernetes")]
    pub(super) fn check(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Ambient => Ok(()),
            Self::RolesAnywhere => Aws::new(&pipeline(context)).map(drop),
        }
    }

    /// What tells it from others, before anybody is asked; `None` where that
    /// cannot be told.
    pub(super) fn key(self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        match self {
            Self::Ambient => Ambient::new(context)?.key(),
            Self::RolesAnywhere => {
                let context = pipeline(context);
                let key = IdentitySource::principal(&context, &role(&context)?)?;
                Ok(key.map(|key| key.as_str().to_owned()))
            }
        }
    }

    /// Its AWS credentials. `source` is who opens a session for them: it takes
    /// leave when the caller is done, even if this is not awaited to its end.
    pub(super) async fn credentials(
        self,
        context: &Context<'_>,
        source: &OnceCell<IdentitySource>,
    ) -> Result<Credentials, Failure> {
        match self {
            Self::Ambient => {
                let found = Ambient::new(context)?.credentials().await?;
                Ok(Credentials::from(&found))
            }
            Self::RolesAnywhere => {
                let context = pipeline(context);
                let aws = Aws::new(&context)?;
                let named = async || Ok::<_, Failure>(IdentitySource::new(&context)?.asking());
                let source = source.get_or_try_init(named).await?;
                let session = session::shared(&context, &aws, source).await?;
                Ok(Credentials::from(&session))
            }
        }
    }
}

/// Which role it becomes, and what narrows that: nothing else of a session, such
/// as its length, makes a token another one.
fn role(context: &Context<'_>) -> Result<SessionKey, Failure> {
    let of_a_role = OF_A_ROLE.into_iter().map(settings::named);
    let asked = of_a_role.chain(settings::ROLE_CHAIN.settings);
    let facts = Facts::default().with_settings(context, asked)?;
    Ok(SessionKey::from(&facts.with_session_policy(context)?))
}

const OF_A_ROLE: [&str; 7] = [
    "trust-anchor-arn",
    "profile-arn",
    "role-arn",
    "role-session-name",
    "instance-property",
    // Where these lead elsewhere, so does the same ARN.
    "endpoint",
    "sts-endpoint",
];

/// The settings of Roles Anywhere's pipeline: `--region` is the registries',
/// and no trust anchor's.
fn pipeline<'a>(context: &Context<'a>) -> Context<'a> {
    context.overlaid(Overlay {
        place: "ecr".to_owned(),
        values: BTreeMap::from([("region".to_owned(), Vec::new())]),
    })
}
