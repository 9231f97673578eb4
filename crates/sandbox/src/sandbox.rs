use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use secrecy::ExposeSecret as _;

use crate::server::{self, Addresses, Listener};
use crate::{EcrSettings, Error, Faults, Requests, RolesAnywhereState, Settings, Tunnel};

mod aws;
mod classify;
mod clients;
mod environment;
mod operator;
mod services;
mod setup;

pub(crate) use classify::classify;
pub(crate) use services::{Moment, Served, Services, Side};
pub(crate) use setup::assumable_roles;

/// A sandbox that listens; clones are handles to the same one.
#[derive(Clone)]
pub struct Sandbox {
    services: Arc<Services>,
    listeners: Arc<Vec<Listener>>,
    addresses: Addresses,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Makes the certificate authorities and binds the ports. Nothing is
    /// answered before [`Sandbox::serve`] is polled.
    ///
    /// Must be called inside the tokio runtime that will poll it.
    pub async fn bind(settings: Settings) -> Result<Self, Error> {
        let services = Arc::new(Services::new(&settings)?);
        let (listeners, addresses) = server::bind(&settings, &services).await?;
        Ok(Self {
            services,
            listeners: Arc::new(listeners),
            addresses,
        })
    }

    /// Answers requests until the future is dropped; whatever is still under
    /// way ends with it.
    pub fn serve(&self) -> impl Future<Output = ()> + Send + 'static {
        server::serve(Arc::clone(&self.services), Arc::clone(&self.listeners))
    }

    /// Vault's address: HTTPS where the sandbox has TLS.
    pub fn vault_url(&self) -> String {
        self.vault_https_url()
            .unwrap_or_else(|| self.vault_http_url())
    }

    /// Vault's address without TLS.
    pub fn vault_http_url(&self) -> String {
        http(self.addresses.vault_http)
    }

    /// Vault's address with TLS, under [`Sandbox::vault_ca_pem`].
    pub fn vault_https_url(&self) -> Option<String> {
        self.addresses.vault_https.map(https)
    }

    /// A proxy that leads to AWS whatever host is asked for: over TLS, for the
    /// names of registries and of ECR's endpoints, or without where the sandbox
    /// has no TLS. Not served before [`Tunnel::serve`] is polled.
    pub async fn tunnel(&self) -> Result<Tunnel, Error> {
        let Addresses {
            aws_https,
            aws_http,
            ..
        } = self.addresses;
        Tunnel::bind(aws_https.unwrap_or(aws_http)).await
    }

    /// The address of AWS, all services at one: HTTPS where the sandbox has TLS.
    pub fn aws_url(&self) -> String {
        self.aws_https_url().unwrap_or_else(|| self.aws_http_url())
    }

    /// The address of AWS without TLS.
    pub fn aws_http_url(&self) -> String {
        http(self.addresses.aws_http)
    }

    /// The address of AWS with TLS, under [`Sandbox::aws_ca_pem`].
    pub fn aws_https_url(&self) -> Option<String> {
        self.addresses.aws_https.map(https)
    }

    /// The address of the Kubernetes API, where the settings ask for it; always
    /// without TLS, for who has [`Sandbox::kubernetes_token`].
    pub fn kubernetes_url(&self) -> Option<String> {
        self.addresses.kubernetes.map(http)
    }

    /// The authority of Vault's server certificate, where there is TLS.
    pub fn vault_ca_pem(&self) -> Option<&str> {
        Some(self.services.tls.as_ref()?.vault.pem())
    }

    /// The authority of AWS's server certificate, where there is TLS; not the
    /// same as Vault's.
    pub fn aws_ca_pem(&self) -> Option<&str> {
        Some(self.services.tls.as_ref()?.aws.pem())
    }

    /// The root of the PKI, which is the trust anchor.
    pub fn trust_anchor_pem(&self) -> &str {
        self.services.root.pem()
    }

    /// The ARN of the trust anchor.
    pub fn trust_anchor_arn(&self) -> &'static str {
        setup::TRUST_ANCHOR_ARN
    }

    /// The ARN of the profile.
    pub fn profile_arn(&self) -> &'static str {
        setup::PROFILE_ARN
    }

    /// The ARN of the role.
    pub fn role_arn(&self) -> &'static str {
        setup::ROLE_ARN
    }

    /// The ARN of a role in another account that trusts the first one.
    pub fn next_role_arn(&self) -> &'static str {
        setup::NEXT_ROLE_ARN
    }

    /// The ARN of a role in a third account that trusts the next one.
    pub fn last_role_arn(&self) -> &'static str {
        setup::LAST_ROLE_ARN
    }

    /// The ARN of a role that is for who has a JWT of the sandbox's, with the
    /// audience `sts.amazonaws.com`: `AssumeRoleWithWebIdentity`.
    pub fn web_identity_role_arn(&self) -> &'static str {
        setup::WEB_IDENTITY_ROLE_ARN
    }

    /// The variables that make iamra, aws-cli and the SDKs use the sandbox.
    ///
    /// Certificate authorities and the service-account token are files for
    /// their readers: whoever sets the environment writes them and adds
    /// `VAULT_CACERT`, `AWS_CA_BUNDLE` and the path of the token.
    pub fn environment(&self) -> Vec<(String, String)> {
        environment::environment(self)
    }

    /// Disturbances, to be added at any time.
    pub fn faults(&self) -> &Faults {
        &self.services.faults
    }

    /// Changes what the AWS account knows: disable a profile, shorten a role's
    /// sessions, add an anchor.
    pub fn configure_roles_anywhere(&self, change: impl FnOnce(&mut RolesAnywhereState)) {
        change(&mut self.services.aws.roles_anywhere_mut());
    }

    /// Changes who may get tokens from ECR, how long these live, and what the
    /// registries hold.
    pub fn configure_ecr(&self, change: impl FnOnce(&mut EcrSettings)) {
        change(&mut self.services.aws.ecr_mut());
    }

    /// The requests so far.
    pub fn requests(&self) -> Requests {
        self.services.ledger.requests()
    }

    /// The secrets that were issued or accepted so far: tokens, passwords, secret
    /// access keys, session tokens, private keys whole and line by line. Of a
    /// long run, the first hundreds and the latest thousands.
    pub fn secrets(&self) -> Vec<String> {
        self.services.ledger.secrets()
    }

    fn services(&self) -> &Services {
        &self.services
    }

    fn exposed_token(&self) -> String {
        self.vault_token().expose_secret().to_owned()
    }
}

fn http(address: SocketAddr) -> String {
    format!("http://{address}")
}

fn https(address: SocketAddr) -> String {
    format!("https://{address}")
}
