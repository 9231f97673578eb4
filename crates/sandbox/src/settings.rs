use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::SystemTime;

use crate::{
    AppRole, AssumableRole, CertificateRole, EcrSettings, Fault, JwtRole, KubernetesRole, PkiRole,
    Policy, TokenRules, User,
};

/// The wall clock that the services go by.
pub type Now = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// What kind of sandbox to make.
#[derive(Clone)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches that have nothing to do with each other"
)]
pub struct Settings {
    /// The time that the services believe in.
    pub clock: Now,
    /// How Vault is set up.
    pub vault_profile: VaultProfile,
    /// Whether to listen with TLS, too. Each of Vault and AWS then has a
    /// private certificate authority of its own.
    pub tls: bool,
    /// The loopback address to listen on.
    pub loopback: Loopback,
    /// The ports; 0 for any that is free.
    pub ports: Ports,
    /// The roles of the PKI mount `pki-aws`.
    pub pki_roles: Vec<PkiRole>,
    /// What a logged-in client may do at Vault.
    pub policy: Policy,
    /// The Kubernetes login.
    pub kubernetes_role: KubernetesRole,
    /// Further roles of it, or of Kubernetes logins at other mounts.
    pub more_kubernetes_roles: Vec<KubernetesRole>,
    /// Whether the API of the Kubernetes cluster is served:
    /// [`Sandbox::kubernetes_url`](crate::Sandbox::kubernetes_url).
    pub kubernetes_api: bool,
    /// The `AppRole` login.
    pub app_role: AppRole,
    /// The JWT login.
    pub jwt_role: JwtRole,
    /// The userpass login.
    pub user: User,
    /// The TLS certificate login, which only a sandbox with TLS can have.
    pub certificate_role: CertificateRole,
    /// The tokens that logins give.
    pub login_tokens: TokenRules,
    /// Whether a login may come in the headers of another request.
    pub inline_auth: InlineAuth,
    /// Whether every login asks for a second factor, and so gives no token.
    pub mfa_required: bool,
    /// The namespace where Vault has its mounts; none for the root.
    pub vault_namespace: Option<String>,
    /// The namespace of the logins, where it is another one; `root` for the
    /// root. A token reaches the namespaces below its own.
    pub vault_auth_namespace: Option<String>,
    /// Whether the mount `pki-aws` knows the root, which then is part of every
    /// chain.
    pub root_in_mount: bool,
    /// The roles that others may assume; three from the start. Two are of other
    /// accounts, and each trusts the one before:
    /// [`Sandbox::next_role_arn`](crate::Sandbox::next_role_arn) and
    /// [`Sandbox::last_role_arn`](crate::Sandbox::last_role_arn). One is for web
    /// identities:
    /// [`Sandbox::web_identity_role_arn`](crate::Sandbox::web_identity_role_arn).
    pub assumable_roles: Vec<AssumableRole>,
    /// Who may get tokens from ECR, and what its registries hold.
    pub ecr: EcrSettings,
    /// Which protocol the instance metadata service speaks.
    pub imds: ImdsProfile,
    /// Disturbances from the start.
    pub faults: Vec<Fault>,
}

impl Settings {
    /// The standard sandbox: plain HTTP on 127.0.0.1, any free ports.
    pub fn new(clock: Now) -> Self {
        Self {
            clock,
            vault_profile: VaultProfile::Standard,
            tls: false,
            loopback: Loopback::V4,
            ports: Ports::default(),
            pki_roles: PkiRole::ready(),
            policy: Policy::standard(),
            kubernetes_role: KubernetesRole::named("iamra"),
            more_kubernetes_roles: Vec::new(),
            kubernetes_api: false,
            app_role: AppRole::default(),
            jwt_role: JwtRole::default(),
            user: User::default(),
            certificate_role: CertificateRole::default(),
            login_tokens: TokenRules::default(),
            inline_auth: InlineAuth::Understood,
            mfa_required: false,
            vault_namespace: None,
            vault_auth_namespace: None,
            root_in_mount: true,
            assumable_roles: crate::sandbox::assumable_roles(),
            ecr: EcrSettings::default(),
            imds: ImdsProfile::V2,
            faults: Vec::new(),
        }
    }

    /// A Vault as the first deployments of this kind had it: the policy allows
    /// `issue` alone, the role is Vault's default under the common name, there
    /// is no token, clients log in with their service account.
    pub fn seed(clock: Now) -> Self {
        let role = PkiRole {
            allow_any_name: true,
            enforce_hostnames: false,
            ..PkiRole::named(VaultProfile::Seed.certificate_name())
        };
        Self {
            vault_profile: VaultProfile::Seed,
            pki_roles: vec![role],
            policy: Policy::issue_only(VaultProfile::Seed.certificate_name()),
            kubernetes_role: KubernetesRole::named("iamanywhere"),
            ..Self::new(clock)
        }
    }

    /// The same with pod identity: any pod logs in with the role `pods` and has
    /// `ACCOUNT.NAMESPACE.pods.CLUSTER` signed by the PKI role `pods`; the Kubernetes
    /// API is served. Which roles at AWS trust which pod is
    /// [`RolesAnywhereState::add_role`](crate::RolesAnywhereState::add_role)'s.
    #[must_use]
    pub fn with_pods(mut self, cluster: &str) -> Self {
        let login = KubernetesRole {
            mount: self.kubernetes_role.mount.clone(),
            ..KubernetesRole::pods()
        };
        self.pki_roles
            .push(PkiRole::pods(cluster, &login.accessor()));
        self.more_kubernetes_roles.push(login);
        self.kubernetes_api = true;
        self
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("vault_profile", &self.vault_profile)
            .field("tls", &self.tls)
            .field("loopback", &self.loopback)
            .field("ports", &self.ports)
            .finish_non_exhaustive()
    }
}

/// How Vault is set up, and what a client is told about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum VaultProfile {
    /// A token in the environment, roles for every purpose, `sign` allowed.
    Standard,
    /// See [`Settings::seed`].
    Seed,
}

impl VaultProfile {
    /// The common name to ask for.
    pub(crate) fn common_name(self) -> &'static str {
        match self {
            Self::Standard => "app.example.test",
            Self::Seed => self.certificate_name(),
        }
    }

    /// The PKI role to ask.
    pub(crate) fn certificate_name(self) -> &'static str {
        match self {
            Self::Standard => "iamra",
            Self::Seed => "seed.example.test",
        }
    }
}

/// What Vault makes of a login in the headers of another request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum InlineAuth {
    /// It logs in, as OpenBao 2.4 and later do.
    Understood,
    /// It does not look at those headers, as HashiCorp's Vault.
    Ignored,
}

/// Which protocol the instance metadata service speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ImdsProfile {
    /// The first, as kube2iam does: there are no tokens.
    V1Only,
    /// The second, as instances do that require it: nothing without a token.
    V2,
}

/// A loopback address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Loopback {
    /// 127.0.0.1.
    V4,
    /// `::1`, and nothing else.
    V6,
}

impl Loopback {
    pub(crate) fn address(self) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::LOCALHOST.into(),
            Self::V6 => Ipv6Addr::LOCALHOST.into(),
        }
    }
}

/// The ports to listen on; 0 for any that is free.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Ports {
    /// Vault over HTTP.
    pub vault_http: u16,
    /// Vault over HTTPS.
    pub vault_https: u16,
    /// AWS over HTTP.
    pub aws_http: u16,
    /// AWS over HTTPS.
    pub aws_https: u16,
    /// The Kubernetes API, where there is one.
    pub kubernetes: u16,
}
