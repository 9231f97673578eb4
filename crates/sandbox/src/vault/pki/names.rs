use std::net::IpAddr;

use super::PkiRole;
use super::parameters::Parameters;
use super::signing_request::SigningRequest;
use crate::vault::VaultError;

/// The names of a certificate.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) common_name: String,
    pub(super) dns: Vec<String>,
    pub(super) emails: Vec<String>,
    pub(super) ips: Vec<IpAddr>,
    pub(super) uris: Vec<String>,
}

impl Names {
    /// The names of an `issue` request.
    pub(super) fn of_parameters(
        parameters: &Parameters,
        role: &PkiRole,
    ) -> Result<Self, VaultError> {
        let mut names = Self {
            common_name: parameters.common_name.clone(),
            ips: parameters.ip_sans.clone(),
            uris: parameters.uri_sans.clone(),
            ..Self::default()
        };
        names.add_alt_names(&parameters.alt_names);
        names.check(role, parameters, "the API")?;
        Ok(names)
    }

    /// The names of a `sign` request: those of the signing request, where the
    /// role says so, and warnings about what is ignored for that.
    pub(super) fn of_signing_request(
        csr: &SigningRequest,
        parameters: &mut Parameters,
        role: &PkiRole,
    ) -> Result<Self, VaultError> {
        let mut names = Self::default();
        if role.use_csr_common_name {
            names.common_name.clone_from(&csr.common_name);
            warn(parameters, "common_name", "use_csr_common_name");
        }
        if names.common_name.is_empty() {
            names.common_name.clone_from(&parameters.common_name);
        }
        let mut source = "the API";
        if role.use_csr_sans {
            source = "CSR";
            names.dns.clone_from(&csr.dns);
            names.emails.clone_from(&csr.emails);
            names.ips.clone_from(&csr.ips);
            names.uris.clone_from(&csr.uris);
            warn(parameters, "alt_names", "use_csr_sans");
        } else {
            names.ips.clone_from(&parameters.ip_sans);
            names.uris.clone_from(&parameters.uri_sans);
            names.add_alt_names(&parameters.alt_names);
        }
        names.check(role, parameters, source)?;
        Ok(names)
    }

    fn add_alt_names(&mut self, alt_names: &[String]) {
        for name in alt_names {
            let kind = if name.contains('@') {
                &mut self.emails
            } else {
                &mut self.dns
            };
            kind.push(name.clone());
        }
    }

    fn check(
        &mut self,
        role: &PkiRole,
        parameters: &Parameters,
        source: &str,
    ) -> Result<(), VaultError> {
        let common_name = self.common_name.clone();
        if common_name.is_empty() && role.require_cn {
            return Err(VaultError::bad_request(
                "the common_name field is required, or must be provided in a CSR with \"use_csr_common_name\" set to true, unless \"require_cn\" is set to false",
            ));
        }
        if !common_name.is_empty() && !role.allows_name(&common_name) {
            return Err(refused(format!(
                "common name {common_name} not allowed by this role"
            )));
        }
        if !parameters.exclude_cn_from_sans {
            self.add_common_name(common_name);
        }
        let alternative = self.dns.iter().chain(&self.emails);
        if let Some(name) = alternative.into_iter().find(|name| !role.allows_name(name)) {
            return Err(refused(format!(
                "subject alternate name {name} not allowed by this role"
            )));
        }
        if let (false, Some(ip)) = (role.allow_ip_sans, self.ips.first()) {
            return Err(refused(format!(
                "IP Subject Alternative Names are not allowed in this role, but was provided {ip} via {source}"
            )));
        }
        self.check_uris(role, source)
    }

    fn add_common_name(&mut self, common_name: String) {
        if common_name.contains('@') {
            if !self.emails.contains(&common_name) {
                self.emails.insert(0, common_name);
            }
        } else if is_hostname(&common_name) && !self.dns.contains(&common_name) {
            self.dns.insert(0, common_name);
        }
    }

    fn check_uris(&self, role: &PkiRole, source: &str) -> Result<(), VaultError> {
        if self.uris.is_empty() {
            return Ok(());
        }
        if role.allowed_uri_sans.is_empty() {
            return Err(refused(format!(
                "URI Subject Alternative Names are not allowed in this role, but were provided via {source}"
            )));
        }
        let allowed = |uri: &String| role.allowed_uri_sans.iter().any(|glob| fits(glob, uri));
        if self.uris.iter().all(allowed) {
            Ok(())
        } else {
            Err(refused(format!(
                "URI Subject Alternative Names were provided via {source} which are not valid for this role"
            )))
        }
    }
}

impl PkiRole {
    fn allows_name(&self, name: &str) -> bool {
        let host = name.rsplit('@').next().unwrap_or(name);
        if self.enforce_hostnames && !is_hostname(host) {
            return false;
        }
        let below = |domain: &String| {
            host.strip_suffix(domain.as_str())
                .is_some_and(|rest| rest.ends_with('.'))
        };
        self.allow_any_name
            || (self.allow_localhost && ["localhost", "localdomain"].contains(&host))
            || (self.allow_bare_domains && self.allowed_domains.iter().any(|d| d == host))
            || (self.allow_subdomains && self.allowed_domains.iter().any(below))
    }
}

fn refused(text: String) -> VaultError {
    VaultError::bad_request(text)
}

fn warn(parameters: &mut Parameters, field: &str, setting: &str) {
    let given = match field {
        "common_name" => !parameters.common_name.is_empty(),
        _ => !parameters.alt_names.is_empty(),
    };
    if given {
        parameters.warnings.push(format!(
            "the {field} field was provided but the role is set with \"{setting}\" set to true"
        ));
    }
}

fn fits(glob: &str, text: &str) -> bool {
    match glob.strip_suffix('*') {
        Some(prefix) => text.starts_with(prefix),
        None => glob == text,
    }
}

/// Labels of letters, digits and inner hyphens; a wildcard may lead.
fn is_hostname(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    let name = name.strip_suffix('.').unwrap_or(name);
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_names() {
        let role = PkiRole {
            allow_subdomains: true,
            allowed_domains: vec!["example.test".into()],
            ..PkiRole::named("r")
        };
        for (name, allowed) in [
            ("app.example.test", true),
            ("*.example.test", true),
            ("someone@app.example.test", true),
            ("example.test", false),
            ("badexample.test", false),
            ("app.example.test.evil", false),
            ("two words.example.test", false),
            ("localhost", true),
        ] {
            assert_eq!(role.allows_name(name), allowed, "{name}");
        }
    }
}
