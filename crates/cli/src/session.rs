use rolesanywhere::Session;

use crate::aws::Aws;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::identity::IdentitySource;

/// The whole pipeline: an identity, a session opened with it, and what is done
/// with the session.
///
/// Vault gets its token back afterwards, whatever came of it: the session is
/// written out first, and no failure leaves a token behind.
pub(crate) async fn with(
    context: &Context<'_>,
    aws: &Aws,
    hand_out: impl AsyncFnOnce(&Session) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let source = IdentitySource::new(context)?.asking();
    let ended = match open(context, aws, &source).await {
        Ok(session) => hand_out(&session).await,
        Err(failure) => Err(failure),
    };
    source.finish().await;
    ended
}

async fn open(
    context: &Context<'_>,
    aws: &Aws,
    source: &IdentitySource,
) -> Result<Session, Failure> {
    let identity = source.identity(context).await?;
    aws.session(&identity).await
}
