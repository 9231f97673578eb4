use rolesanywhere::Session;

use crate::audit;
use crate::aws::Aws;
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::IdentitySettings;

/// The whole pipeline: an identity, and a session opened with it.
pub(crate) async fn open(context: &Context<'_>, aws: &Aws) -> Result<Session, Failure> {
    let obtained = IdentitySettings::new(context)?.obtain(context).await?;
    let session = aws
        .roles_anywhere
        .create_session(&obtained.identity, &aws.request)
        .await;
    let serial = obtained.identity.certificate().serial_hex();
    obtained.finish().await;
    let session = session?;
    audit::session_opened(&session, &serial);
    Ok(session)
}
