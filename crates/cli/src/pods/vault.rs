use pod_identity::{ClusterName, ServiceAccount};
use vault_pki::{CertificateRequest, JwtLogin, Mount, Names};

use super::ROLE;
use super::proof::Proof;
use crate::context::Context;
use crate::failure::Failure;
use crate::vault::{PkiMode, VaultClient, VaultPipeline, certificate_request_for};

/// Vault as every pod logs in to it, each with a token of its own, over the same
/// connections.
pub(super) struct PodVault {
    client: VaultClient,
    mount: Mount,
    role: String,
    request: CertificateRequest,
    cluster: ClusterName,
}

impl PodVault {
    /// From the settings; connects to nobody.
    pub(super) fn new(context: &Context<'_>, cluster: ClusterName) -> Result<Self, Failure> {
        let settings = &context.settings;
        Ok(Self {
            client: VaultClient::anonymous(context)?,
            mount: auth_mount(context)?,
            role: settings
                .text("auth-role")?
                .unwrap_or_else(|| ROLE.to_owned()),
            request: certificate_request_for(context, Names::default(), ROLE)?,
            cluster,
        })
    }

    /// What has certificates signed for an account. The pod's own token logs in:
    /// we have no right of our own there.
    pub(super) fn pipeline(
        &self,
        account: &ServiceAccount,
        proof: &Proof,
    ) -> Result<VaultPipeline, Failure> {
        let common_name = super::common_name(account, &self.cluster)?;
        let mut request = self.request.clone();
        request.names = Names::common_name(&common_name);
        let login = JwtLogin {
            mount: self.mount.clone(),
            role: Some(self.role.clone()),
            source: Box::new(proof.clone()),
        };
        Ok(VaultPipeline {
            vault: self.client.vault.with_login(Box::new(login)),
            method: "kubernetes",
            request,
            mode: PkiMode::Sign,
        })
    }
}

/// Where the cluster's auth method is.
pub(super) fn auth_mount(context: &Context<'_>) -> Result<Mount, Failure> {
    let mount = context.settings.text("auth-mount")?;
    let mount = mount.as_deref().unwrap_or("kubernetes").parse();
    Ok(mount.map_err(vault_pki::Error::Name)?)
}
