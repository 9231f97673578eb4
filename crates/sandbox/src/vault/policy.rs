/// What a token may do: paths, each with what is allowed there.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Policy(Vec<Rule>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Rule {
    path: String,
    capabilities: Vec<&'static str>,
}

impl Policy {
    /// Nothing but what Vault's `default` policy has for every token: to look
    /// itself up, renew and revoke itself.
    pub fn none() -> Self {
        Self::default()
            .allow("auth/token/lookup-self", &["read"])
            .allow("auth/token/renew-self", &["update"])
            .allow("auth/token/revoke-self", &["update"])
    }

    /// Allows capabilities at a path, whose `+` stand for one segment each and
    /// whose `*` at the end for anything.
    #[must_use]
    pub fn allow(mut self, path: &str, capabilities: &[&'static str]) -> Self {
        self.0.push(Rule {
            path: path.to_owned(),
            capabilities: capabilities.to_vec(),
        });
        self
    }

    /// The standard sandbox: every role of `pki-aws` by `sign` and `issue`, its
    /// roles are readable, and whoever has the key revokes a certificate.
    pub fn standard() -> Self {
        Self::none()
            .allow("pki-aws/sign/+", &["update"])
            .allow("pki-aws/issue/+", &["update"])
            .allow("pki-aws/issuer/+/sign/+", &["update"])
            .allow("pki-aws/issuer/+/issue/+", &["update"])
            .allow("pki-aws/roles/+", &["read"])
            .allow("pki-aws/roles", &["list"])
            .allow("pki-aws/revoke-with-key", &["update"])
    }

    /// `issue` with one role of `pki-aws` alone.
    pub fn issue_only(role: &str) -> Self {
        Self::none().allow(&format!("pki-aws/issue/{role}"), &["update"])
    }

    /// `sign` with one role of `pki-aws` alone.
    pub fn sign_only(role: &str) -> Self {
        Self::none().allow(&format!("pki-aws/sign/{role}"), &["update"])
    }

    /// Whether a method is allowed at a path.
    pub(super) fn allows(&self, method: &str, path: &str) -> bool {
        let needed = match method {
            "GET" | "HEAD" => "read",
            "POST" | "PUT" => "update",
            "LIST" => "list",
            "DELETE" => "delete",
            _ => return false,
        };
        self.0
            .iter()
            .any(|rule| rule.capabilities.contains(&needed) && matches(&rule.path, path))
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, open) = match pattern.strip_suffix('*') {
        Some(prefix) => (prefix, true),
        None => (pattern, false),
    };
    let mut segments = path.split('/');
    let mut wanted = pattern.split('/').peekable();
    while let Some(want) = wanted.next() {
        let Some(segment) = segments.next() else {
            return false;
        };
        let last = wanted.peek().is_none();
        let fits = want == "+" || want == segment || (open && last && segment.starts_with(want));
        if !fits || segment.is_empty() {
            return false;
        }
    }
    open || segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (pattern, path, fits) in [
            ("pki/sign/a", "pki/sign/a", true),
            ("pki/sign/a", "pki/sign/ab", false),
            ("pki/sign/+", "pki/sign/ab", true),
            ("pki/sign/+", "pki/sign/ab/c", false),
            ("pki/+/a", "pki/sign/a", true),
            ("pki/+/sign/+", "pki/issuer/x/sign/a", false),
            ("pki/*", "pki/sign/a", true),
            ("pki/si*", "pki/sign/a", true),
            ("pki/*", "pkix/sign/a", false),
            ("pki/sign/+", "pki/sign/", false),
        ] {
            assert_eq!(matches(pattern, path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn capabilities_by_method() {
        let policy = Policy::issue_only("app");
        assert!(policy.allows("POST", "pki-aws/issue/app"));
        assert!(policy.allows("PUT", "pki-aws/issue/app"));
        assert!(policy.allows("GET", "auth/token/lookup-self"));
        assert!(!policy.allows("GET", "pki-aws/issue/app"));
        assert!(!policy.allows("POST", "pki-aws/sign/app"));
        assert!(!policy.allows("PATCH", "pki-aws/issue/app"));
    }
}
