use std::time::Duration;

use super::PkiRole;

impl PkiRole {
    /// The roles of the standard sandbox, one for each thing that can go wrong
    /// with a certificate, and some that are right:
    ///
    /// | name | what is special |
    /// |---|---|
    /// | `iamra` | as recommended: names under `example.test`, P-256, CA:false |
    /// | `default-role` | Vault's defaults, any name: RSA-2048, no basic constraints |
    /// | `no-keyusage`, `keyenc-only` | no digital signature |
    /// | `server-only` | no client authentication |
    /// | `ed25519` | a key that cannot sign for Roles Anywhere |
    /// | `any-sign-ed` | any key of the client's |
    /// | `no-cn` | no common name required |
    /// | `p384`, `p521`, `rsa-3072` | other keys |
    /// | `pss`, `sha384` | settings that only an RSA issuer heeds |
    /// | `lease`, `nostore` | with a lease, not stored |
    /// | `long` | up to 400 days, longer than the issuer |
    pub fn ready() -> Vec<Self> {
        let mut roles = vec![Self::recommended(), Self::vault_default()];
        roles.extend(Self::unfit());
        roles.extend(Self::special());
        roles
    }

    /// The role `pods`, for pod identity: whoever logged in at the Kubernetes login
    /// with this accessor is signed its own name alone,
    /// `ACCOUNT.NAMESPACE.pods.CLUSTER`, for a day.
    pub fn pods(cluster: &str, accessor: &str) -> Self {
        let alias = format!("identity.entity.aliases.{accessor}.metadata.service_account");
        let domain = format!("{{{{{alias}_name}}}}.{{{{{alias}_namespace}}}}.pods.{cluster}");
        let day = Duration::from_secs(24 * 60 * 60);
        Self {
            allow_any_name: false,
            allow_bare_domains: true,
            allow_localhost: false,
            allow_ip_sans: false,
            allowed_domains: vec![domain],
            allowed_domains_template: true,
            enforce_hostnames: true,
            basic_constraints_valid_for_non_ca: true,
            key_usage: vec!["DigitalSignature".into()],
            ttl: day,
            max_ttl: day,
            ..Self::for_clients("pods")
        }
    }

    fn recommended() -> Self {
        Self {
            allow_any_name: false,
            allow_subdomains: true,
            allowed_domains: vec!["example.test".into()],
            allowed_uri_sans: vec!["spiffe://example.test/*".into()],
            basic_constraints_valid_for_non_ca: true,
            key_usage: vec!["DigitalSignature".into()],
            ..Self::for_clients("iamra")
        }
    }

    fn vault_default() -> Self {
        Self {
            allow_any_name: true,
            enforce_hostnames: false,
            ..Self::named("default-role")
        }
    }

    fn unfit() -> [Self; 5] {
        [
            Self {
                key_usage: Vec::new(),
                ..Self::for_clients("no-keyusage")
            },
            Self {
                key_usage: vec!["KeyEncipherment".into()],
                ..Self::with_key("keyenc-only", "rsa", 2048)
            },
            Self {
                server_flag: true,
                client_flag: false,
                ..Self::for_clients("server-only")
            },
            Self::with_key("ed25519", "ed25519", 0),
            Self {
                require_cn: false,
                ..Self::for_clients("no-cn")
            },
        ]
    }

    fn special() -> [Self; 9] {
        [
            Self::with_key("any-sign-ed", "any", 256),
            Self::with_key("p384", "ec", 384),
            Self::with_key("p521", "ec", 521),
            Self::with_key("rsa-3072", "rsa", 3072),
            Self {
                use_pss: true,
                ..Self::with_key("pss", "rsa", 2048)
            },
            Self {
                signature_bits: 384,
                ..Self::for_clients("sha384")
            },
            Self {
                generate_lease: true,
                ..Self::for_clients("lease")
            },
            Self {
                no_store: true,
                ..Self::for_clients("nostore")
            },
            Self {
                max_ttl: Duration::from_secs(400 * 24 * 60 * 60),
                ..Self::for_clients("long")
            },
        ]
    }

    fn for_clients(name: &str) -> Self {
        Self::with_key(name, "ec", 256)
    }

    fn with_key(name: &str, key_type: &str, key_bits: u32) -> Self {
        Self {
            allow_any_name: true,
            enforce_hostnames: false,
            server_flag: false,
            key_type: key_type.into(),
            key_bits,
            signature_bits: if key_type == "rsa" { 256 } else { 0 },
            ..Self::named(name)
        }
    }
}
