use serde::Serialize;

/// A PKI role for one workload: a certificate for a day that can sign requests
/// to AWS, under its own name, and nothing else.
///
/// A role compares names without regard to capitals, and takes an e-mail
/// address at an allowed domain as an alternative name. Which names are written
/// into a certificate is therefore left to the call's parameters, and those to
/// the policy, which compares them as they are.
///
/// The names are those of Vault's API, and of Terraform's resource.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "Vault's role has them")]
pub(super) struct PkiRole<'a> {
    /// Only its own common name, as it is: neither names below it nor patterns.
    /// Absent where it is known only at Vault.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_domains: Option<[&'a str; 1]>,
    /// Whether Vault fills that name in with what it knows of who has logged in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    allowed_domains_template: bool,
    allow_bare_domains: bool,
    allow_subdomains: bool,
    allow_glob_domains: bool,
    allow_wildcard_certificates: bool,
    allow_any_name: bool,
    allow_localhost: bool,
    allow_ip_sans: bool,
    enforce_hostnames: bool,
    require_cn: bool,
    /// Without it, `anybody@` the allowed domain is a common name, too.
    cn_validations: [&'static str; 1],
    /// No name comes from the request, over which no policy has a say.
    use_csr_common_name: bool,
    use_csr_sans: bool,
    /// A key that is made fast and signs fast; the workload makes it.
    key_type: &'static str,
    key_bits: u16,
    /// Roles Anywhere requires it; more is not needed.
    key_usage: [&'static str; 1],
    client_flag: bool,
    server_flag: bool,
    /// `CA:FALSE`: both wordings of the user guide are satisfied.
    basic_constraints_valid_for_non_ca: bool,
    /// A day survives an outage of Vault and ends by itself.
    ttl: &'static str,
    max_ttl: &'static str,
    /// Short-lived certificates need no place in the storage; they can still be
    /// revoked by whoever has their key.
    no_store: bool,
    /// A lease would revoke the certificate with the login's token.
    generate_lease: bool,
}

/// The life of a certificate.
pub(super) const LIFE: &str = "24h";
/// The same in seconds.
pub(super) const LIFE_SECONDS: u64 = 24 * 60 * 60;

impl<'a> PkiRole<'a> {
    pub(super) fn of(common_name: &'a str) -> Self {
        Self {
            allowed_domains: Some([common_name]),
            allowed_domains_template: false,
            allow_bare_domains: true,
            allow_subdomains: false,
            allow_glob_domains: false,
            allow_wildcard_certificates: false,
            allow_any_name: false,
            allow_localhost: false,
            allow_ip_sans: false,
            enforce_hostnames: true,
            require_cn: true,
            cn_validations: ["hostname"],
            use_csr_common_name: false,
            use_csr_sans: false,
            key_type: "ec",
            key_bits: 256,
            key_usage: ["DigitalSignature"],
            client_flag: true,
            server_flag: false,
            basic_constraints_valid_for_non_ca: true,
            ttl: LIFE,
            max_ttl: LIFE,
            no_store: true,
            generate_lease: false,
        }
    }

    /// One for the accounts of a cluster: each has a name of its own.
    #[cfg(feature = "pods")]
    pub(super) fn of_each_account() -> Self {
        Self {
            allowed_domains: None,
            allowed_domains_template: true,
            ..Self::of("")
        }
    }

    /// One for who answers as well as asks.
    #[cfg(feature = "pods")]
    pub(super) fn serving(common_name: &'a str) -> Self {
        Self {
            server_flag: true,
            ..Self::of(common_name)
        }
    }
}
