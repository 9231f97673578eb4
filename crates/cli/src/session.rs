//! Sessions: opened once for one command, kept for a daemon, and kept on disk
//! for the next process.

use rolesanywhere::{Certificate, Session};

use crate::aws::Aws;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::identity::IdentitySource;

mod credentials;
mod daemon;
mod endpoint;
mod facts;
mod keeper;
mod key;
mod shared;
mod source;

pub(crate) use credentials::{LONGEST_SESSION, SessionCredentials, Values};
pub(crate) use daemon::SessionDaemon;
pub(crate) use endpoint::ContainerEndpoint;
#[cfg(feature = "pods")]
pub(crate) use endpoint::document::read as read_document;
pub(crate) use facts::Facts;
#[cfg(feature = "pods")]
pub(crate) use keeper::Throttles;
pub(crate) use keeper::{Earlier, SessionKeeper};
pub(crate) use key::SessionKey;
pub(crate) use key::digest;
#[cfg(feature = "ecr")]
pub(crate) use key::digest_of_parts;
use shared::Shared;
pub(crate) use source::CredentialSource;

/// A session that was opened just now.
pub(crate) struct Opened {
    pub(crate) session: Session,
    /// The certificate that has opened it.
    pub(crate) certificate: Certificate,
    pub(crate) key: SessionKey,
}

/// The whole pipeline: an identity, a session opened with it, and what is done
/// with the session.
///
/// Vault gets its token back afterwards, whatever came of it: the session is
/// written out first, and no failure leaves a token behind.
pub(crate) async fn with(
    context: &Context<'_>,
    aws: &Aws,
    hand_out: impl AsyncFnOnce(&Opened) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let source = IdentitySource::new(context)?.asking();
    let ended = match open(context, aws, &source).await {
        Ok(opened) => hand_out(&opened).await,
        Err(failure) => Err(failure),
    };
    source.finish().await;
    ended
}

/// The same with the session that another process has opened, where there is
/// one on disk that is not due.
pub(crate) async fn with_shared(
    context: &Context<'_>,
    aws: &Aws,
    hand_out: impl AsyncFnOnce(&SessionCredentials) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let source = IdentitySource::new(context)?.asking();
    let ended = match shared(context, aws, &source).await {
        Ok(found) => hand_out(&found).await,
        Err(failure) => Err(failure),
    };
    source.finish().await;
    ended
}

/// The credentials of such a session. The caller has the source take leave
/// afterwards, whatever came of it.
pub(crate) async fn shared(
    context: &Context<'_>,
    aws: &Aws,
    source: &IdentitySource,
) -> Result<SessionCredentials, Failure> {
    let shared = Shared::named(context, source)?;
    shared.credentials(context, aws, source).await
}

async fn open(
    context: &Context<'_>,
    aws: &Aws,
    source: &IdentitySource,
) -> Result<Opened, Failure> {
    let asked = SessionKey::new(context)?;
    let identity = source.identity(context.now()).await?;
    let certificate = identity.certificate().clone();
    Ok(Opened {
        session: aws.session(&identity).await?,
        key: source.key_of(context, &asked, &certificate)?,
        certificate,
    })
}
