use rolesanywhere::Identity;

use super::{Doctor, described};
use crate::context::Context;
use crate::failure::Failure;
use crate::vault::{self, VaultPipeline};

impl Doctor<'_> {
    /// The steps from Vault to a certificate.
    pub(super) async fn ask_vault(&mut self) -> Result<Option<Identity>, Failure> {
        let context = self.context;
        let pipeline = async {
            let pipeline = VaultPipeline::new(context)?;
            let detail = format!(
                "log in by {}, mount {}, role {}",
                pipeline.method, pipeline.request.mount, pipeline.request.role
            );
            Ok((pipeline, detail))
        };
        let Some(pipeline) = self.walk.step("vault", "", pipeline).await? else {
            return Ok(None);
        };
        if self.offline {
            self.walk.skip("login", "not tried: offline")?;
            return Ok(None);
        }
        let address = pipeline.address();
        let health = async { health(&pipeline).await };
        self.walk.step("health", &address, health).await?;
        let login = async { Ok((pipeline.log_in().await?, "a token is at hand".to_owned())) };
        if self.walk.step("login", &address, login).await?.is_none() {
            return Ok(None);
        }
        let certificate = async { certificate(context, &pipeline).await };
        let identity = self.walk.step("certificate", &address, certificate).await?;
        pipeline.finish().await;
        Ok(identity)
    }
}

async fn health(pipeline: &VaultPipeline) -> Result<((), String), Failure> {
    let health = pipeline.vault.health().await?;
    let state = match (health.is_initialised, health.is_sealed, health.is_standby) {
        (false, _, _) => "not initialised",
        (_, true, _) => "sealed",
        (_, _, true) => "standby",
        _ => "active",
    };
    Ok(((), format!("{state}, version {}", health.version)))
}

async fn certificate(
    context: &Context<'_>,
    pipeline: &VaultPipeline,
) -> Result<(Identity, String), Failure> {
    let issued = pipeline.obtain(context.now()).await?;
    let identity = vault::identity(&issued)?;
    let detail = described(&identity);
    Ok((identity, detail))
}
