use serde_json::{Map, Value, json};

use super::PkiRole;

impl PkiRole {
    /// What reading the role gives: every field, most of them Vault's defaults.
    pub(in crate::vault::pki) fn document(&self) -> Value {
        let mut document = Map::new();
        for part in [
            self.names(),
            self.contents(),
            untouched_names(),
            untouched(),
        ] {
            if let Value::Object(mut part) = part {
                document.append(&mut part);
            }
        }
        Value::Object(document)
    }

    fn names(&self) -> Value {
        json!({
            "allow_any_name": self.allow_any_name,
            "allow_bare_domains": self.allow_bare_domains,
            "allow_ip_sans": self.allow_ip_sans,
            "allow_localhost": self.allow_localhost,
            "allow_subdomains": self.allow_subdomains,
            "allowed_domains": self.allowed_domains,
            "allowed_domains_template": self.allowed_domains_template,
            "allowed_uri_sans": self.allowed_uri_sans,
            "enforce_hostnames": self.enforce_hostnames,
            "require_cn": self.require_cn,
            "use_csr_common_name": self.use_csr_common_name,
            "use_csr_sans": self.use_csr_sans,
        })
    }

    fn contents(&self) -> Value {
        json!({
            "basic_constraints_valid_for_non_ca": self.basic_constraints_valid_for_non_ca,
            "client_flag": self.client_flag,
            "generate_lease": self.generate_lease,
            "key_bits": self.key_bits,
            "key_type": self.key_type,
            "key_usage": self.key_usage,
            "max_ttl": self.max_ttl.as_secs(),
            "no_store": self.no_store,
            "not_before_duration": self.not_before_duration.as_secs(),
            "server_flag": self.server_flag,
            "signature_bits": self.signature_bits,
            "ttl": self.ttl.as_secs(),
            "use_pss": self.use_pss,
        })
    }
}

fn untouched_names() -> Value {
    json!({
        "allow_glob_domains": false,
        "allow_globs_in_identity_templates": false,
        "allow_token_displayname": false,
        "allow_wildcard_certificates": true,
        "allowed_ip_sans_cidr": [],
        "allowed_other_sans": [],
        "allowed_serial_numbers": [],
        "allowed_uri_sans_template": false,
        "allowed_user_ids": [],
        "cn_validations": ["email", "hostname"],
    })
}

fn untouched() -> Value {
    json!({
        "code_signing_flag": false,
        "country": [],
        "email_protection_flag": false,
        "ext_key_usage": [],
        "ext_key_usage_oids": [],
        "issuer_ref": "default",
        "locality": [],
        "not_after": "",
        "not_after_bound": "permit",
        "not_before": "",
        "not_before_bound": "permit",
        "organization": [],
        "ou": [],
        "policy_identifiers": [],
        "postal_code": [],
        "province": [],
        "street_address": [],
    })
}
