use std::time::Duration;

mod document;
mod ready;
mod template;
mod written;

/// A PKI role: what Vault puts into a certificate and for whom.
///
/// The fields are those of Vault's API; [`PkiRole::named`] has its defaults.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the fields are those of Vault's API"
)]
pub struct PkiRole {
    /// The role's name.
    pub name: String,
    /// Any name at all.
    pub allow_any_name: bool,
    /// The allowed domains themselves.
    pub allow_bare_domains: bool,
    /// Names below the allowed domains.
    pub allow_subdomains: bool,
    /// `localhost` and the like.
    pub allow_localhost: bool,
    /// IP addresses.
    pub allow_ip_sans: bool,
    /// The domains.
    pub allowed_domains: Vec<String>,
    /// Whether the domains are templates, in which
    /// `{{identity.entity.aliases.ACCESSOR.metadata.KEY}}` stands for what the
    /// caller's login says.
    pub allowed_domains_template: bool,
    /// URIs, with `*` at the end for anything.
    pub allowed_uri_sans: Vec<String>,
    /// Only host names.
    pub enforce_hostnames: bool,
    /// A common name must be there.
    pub require_cn: bool,
    /// `sign` takes the common name of the signing request.
    pub use_csr_common_name: bool,
    /// `sign` takes the alternative names of the signing request.
    pub use_csr_sans: bool,
    /// `rsa`, `ec`, `ed25519` or `any`.
    pub key_type: String,
    /// Bits of the key; 0 for the default.
    pub key_bits: u32,
    /// Key usages by Go's names; none for no extension.
    pub key_usage: Vec<String>,
    /// Extended key usage for servers.
    pub server_flag: bool,
    /// Extended key usage for clients.
    pub client_flag: bool,
    /// Basic constraints that say CA:false, instead of none.
    pub basic_constraints_valid_for_non_ca: bool,
    /// The life of a certificate for which nothing is asked; zero for the
    /// mount's, which is a day.
    pub ttl: Duration,
    /// The longest life that `ttl` in a request reaches; zero for the issuer's.
    pub max_ttl: Duration,
    /// How far `notBefore` is backdated.
    pub not_before_duration: Duration,
    /// A lease for each certificate.
    pub generate_lease: bool,
    /// Certificates are not stored.
    pub no_store: bool,
    /// PSS padding, where the issuer's key is RSA.
    pub use_pss: bool,
    /// Hash bits, where the issuer's key is RSA.
    pub signature_bits: u32,
}

impl PkiRole {
    /// A role with Vault's defaults, which allows no name yet.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            allow_any_name: false,
            allow_bare_domains: false,
            allow_subdomains: false,
            allow_localhost: true,
            allow_ip_sans: true,
            allowed_domains: Vec::new(),
            allowed_domains_template: false,
            allowed_uri_sans: Vec::new(),
            enforce_hostnames: true,
            require_cn: true,
            use_csr_common_name: true,
            use_csr_sans: true,
            key_type: "rsa".into(),
            key_bits: 2048,
            key_usage: ["DigitalSignature", "KeyAgreement", "KeyEncipherment"]
                .map(String::from)
                .into(),
            server_flag: true,
            client_flag: true,
            basic_constraints_valid_for_non_ca: false,
            ttl: Duration::from_secs(60 * 60),
            max_ttl: Duration::from_secs(24 * 60 * 60),
            not_before_duration: Duration::from_secs(30),
            generate_lease: false,
            no_store: false,
            use_pss: false,
            signature_bits: 256,
        }
    }

    /// What `sign-verbatim` goes by: anything that the signing request says.
    pub(super) fn verbatim(role: Option<&Self>) -> Self {
        let any = Self {
            allow_any_name: true,
            allowed_uri_sans: vec!["*".into()],
            enforce_hostnames: false,
            require_cn: false,
            key_type: "any".into(),
            server_flag: false,
            client_flag: false,
            ttl: Duration::ZERO,
            max_ttl: Duration::ZERO,
            ..Self::named("")
        };
        match role {
            None => any,
            Some(role) => Self {
                ttl: role.ttl,
                max_ttl: role.max_ttl,
                generate_lease: role.generate_lease,
                no_store: role.no_store,
                ..any
            },
        }
    }
}
