use std::time::Duration;

use super::PkiRole;
use crate::vault::VaultError;
use crate::vault::fields::Fields;

impl PkiRole {
    /// The role that a write makes, as whole as the real one: what is left out
    /// has its default.
    pub(in crate::vault::pki) fn written(
        name: &str,
        fields: &Fields,
        warnings: &mut Vec<String>,
    ) -> Result<Self, VaultError> {
        let defaults = Self::named(name);
        let flag = |name: &str, default: bool| {
            if fields.has(name) {
                fields.flag(name)
            } else {
                Ok(default)
            }
        };
        let key_type = fields.text("key_type")?;
        let key_type = if key_type.is_empty() {
            defaults.key_type.clone()
        } else {
            key_type
        };
        let role = Self {
            allow_any_name: flag("allow_any_name", defaults.allow_any_name)?,
            allow_bare_domains: flag("allow_bare_domains", defaults.allow_bare_domains)?,
            allow_subdomains: flag("allow_subdomains", defaults.allow_subdomains)?,
            allow_localhost: flag("allow_localhost", defaults.allow_localhost)?,
            allow_ip_sans: flag("allow_ip_sans", defaults.allow_ip_sans)?,
            allowed_domains: fields.list("allowed_domains")?,
            allowed_domains_template: flag("allowed_domains_template", false)?,
            allowed_uri_sans: fields.list("allowed_uri_sans")?,
            enforce_hostnames: flag("enforce_hostnames", defaults.enforce_hostnames)?,
            require_cn: flag("require_cn", defaults.require_cn)?,
            use_csr_common_name: flag("use_csr_common_name", defaults.use_csr_common_name)?,
            use_csr_sans: flag("use_csr_sans", defaults.use_csr_sans)?,
            key_bits: key_bits(fields, &key_type)?,
            key_usage: key_usage(fields, defaults.key_usage)?,
            server_flag: flag("server_flag", defaults.server_flag)?,
            client_flag: flag("client_flag", defaults.client_flag)?,
            basic_constraints_valid_for_non_ca: flag("basic_constraints_valid_for_non_ca", false)?,
            ttl: fields.duration("ttl")?.unwrap_or_default(),
            max_ttl: fields.duration("max_ttl")?.unwrap_or_default(),
            not_before_duration: fields
                .duration("not_before_duration")?
                .unwrap_or(Duration::from_secs(30)),
            generate_lease: flag("generate_lease", false)?,
            no_store: flag("no_store", false)?,
            use_pss: flag("use_pss", false)?,
            signature_bits: signature_bits(fields, &key_type)?,
            key_type,
            name: defaults.name,
        };
        if role.generate_lease {
            warnings.push(LEASES.into());
        }
        Ok(role)
    }
}

fn key_bits(fields: &Fields, key_type: &str) -> Result<u32, VaultError> {
    Ok(match (fields.number("key_bits")?, key_type) {
        (0, "rsa") => 2048,
        (0, "ec") => 256,
        (bits, _) => bits,
    })
}

fn signature_bits(fields: &Fields, key_type: &str) -> Result<u32, VaultError> {
    Ok(match (fields.number("signature_bits")?, key_type) {
        (0, "rsa") => 256,
        (bits, _) => bits,
    })
}

fn key_usage(fields: &Fields, default: Vec<String>) -> Result<Vec<String>, VaultError> {
    if !fields.has("key_usage") {
        return Ok(default);
    }
    fields.list("key_usage")
}

const LEASES: &str = "it is encouraged to disable generate_lease and rely on PKI's native capabilities when possible; this option can cause instance-wide issues with large numbers of issued certificates";
