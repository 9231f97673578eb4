use refresh::FaultKind;
use rolesanywhere::Identity;
use vault_pki::RefusalCause;

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
        let identity = self.walk_vault(&pipeline).await?;
        pipeline.finish().await;
        Ok(identity)
    }

    /// The same of a pipeline that is known, one step after the other.
    pub(super) async fn walk_vault(
        &mut self,
        pipeline: &VaultPipeline,
    ) -> Result<Option<Identity>, Failure> {
        let context = self.context;
        let address = pipeline.address();
        let health = async { health(pipeline).await };
        self.walk.step("health", &address, health).await?;
        let login = async { login(pipeline).await };
        if self.walk.step("login", &address, login).await?.is_none() {
            return Ok(None);
        }
        let certificate = async { certificate(context, pipeline).await };
        self.walk.step("certificate", &address, certificate).await
    }
}

/// A sealed Vault answers this as well: it is nothing to go on with.
async fn health(pipeline: &VaultPipeline) -> Result<((), String), Failure> {
    let health = pipeline.vault.health().await?;
    let unfit = |code, state: &str, fix| {
        let message = format!("Vault is {state}, version {}", health.version);
        Err(Failure::new(code, FaultKind::Unavailable, message).with_hint(fix))
    };
    match (health.is_initialised, health.is_sealed, health.is_standby) {
        (false, _, _) => unfit("vault.unavailable", "not initialised", "initialise it"),
        (_, true, _) => unfit("vault.sealed", "sealed", "unseal Vault"),
        (_, _, true) => Ok(((), format!("standby, version {}", health.version))),
        _ => Ok(((), format!("active, version {}", health.version))),
    }
}

/// A token that was given is looked up; one that may not look itself up is
/// still a token.
async fn login(pipeline: &VaultPipeline) -> Result<((), String), Failure> {
    let session = pipeline.log_in().await?;
    if session.is_ours {
        return Ok(((), format!("policies {}", session.policies.join(", "))));
    }
    let info = pipeline.vault.token_info().await;
    let is_policy = |error: &vault_pki::Error| {
        error
            .refusal()
            .is_some_and(|refusal| refusal.cause == RefusalCause::PolicyDenied)
    };
    match info {
        Ok(info) => {
            let policies = info.policies.join(", ");
            let left = if info.remaining.is_zero() {
                "does not expire".to_owned()
            } else {
                format!("{} s left", info.remaining.as_secs())
            };
            Ok(((), format!("policies {policies}, {left}")))
        }
        Err(error) if is_policy(&error) => {
            Ok(((), "a token, which may not look itself up".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
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
