use std::fmt;
use std::net::IpAddr;

/// What a certificate is asked to say about its holder.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Names {
    /// The subject's common name. Roles Anywhere makes the source identity of it.
    pub common_name: Option<String>,
    /// DNS names.
    pub dns: Vec<String>,
    /// IP addresses.
    pub ip: Vec<IpAddr>,
    /// URIs, such as a SPIFFE ID.
    pub uri: Vec<String>,
    /// E-mail addresses.
    pub email: Vec<String>,
}

/// A name that cannot be asked for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{name:?} cannot be a name in a certificate: {reason}")]
pub struct InvalidCertificateName {
    /// The name.
    pub name: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A subject alternative name.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SubjectAltName {
    /// A DNS name.
    Dns(String),
    /// An IP address.
    Ip(IpAddr),
    /// A URI.
    Uri(String),
    /// An e-mail address.
    Email(String),
}

impl Names {
    /// Only a common name.
    pub fn common_name(name: impl Into<String>) -> Self {
        Self {
            common_name: Some(name.into()),
            ..Self::default()
        }
    }

    /// All names but the common name.
    pub fn subject_alt_names(&self) -> Vec<SubjectAltName> {
        let dns = self.dns.iter().cloned().map(SubjectAltName::Dns);
        let ip = self.ip.iter().copied().map(SubjectAltName::Ip);
        let uri = self.uri.iter().cloned().map(SubjectAltName::Uri);
        let email = self.email.iter().cloned().map(SubjectAltName::Email);
        dns.chain(ip).chain(uri).chain(email).collect()
    }

    /// Checks what would be silently cut, split or refused far from here.
    pub(crate) fn check(&self) -> Result<(), InvalidCertificateName> {
        let alternatives = self.dns.iter().chain(&self.uri).chain(&self.email);
        for name in self.common_name.iter().chain(alternatives.clone()) {
            check(name, name.is_empty(), "it is empty")?;
            let control = name.chars().any(char::is_control);
            check(name, control, "it holds a control character")?;
        }
        for name in alternatives {
            check(name, !name.is_ascii(), "it is not ASCII")?;
        }
        for name in self.dns.iter().chain(&self.email) {
            let split = name.contains([',', ' ']);
            check(name, split, "it holds a comma or a space")?;
        }
        Ok(())
    }
}

impl SubjectAltName {
    /// Whether both are the same name: the case of a DNS name does not matter.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dns(one), Self::Dns(other)) => one.eq_ignore_ascii_case(other),
            _ => self == other,
        }
    }
}

impl fmt::Display for SubjectAltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "DNS:{name}"),
            Self::Ip(address) => write!(f, "IP:{address}"),
            Self::Uri(uri) => write!(f, "URI:{uri}"),
            Self::Email(address) => write!(f, "email:{address}"),
        }
    }
}

fn check(name: &str, wrong: bool, reason: &'static str) -> Result<(), InvalidCertificateName> {
    if wrong {
        return Err(InvalidCertificateName {
            name: name.chars().take(100).collect(),
            reason,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_not_arrive_are_refused() {
        let dns = |name: &str| Names {
            dns: vec![name.to_owned()],
            ..Names::default()
        };
        let uri = |name: &str| Names {
            uri: vec![name.to_owned()],
            ..Names::default()
        };
        for (names, accepted) in [
            (Names::common_name("Überfall GmbH"), true),
            (Names::common_name("a, b"), true),
            (Names::common_name(""), false),
            (Names::common_name("a\nb"), false),
            (dns("*.example.test"), true),
            (dns("a.test,b.test"), false),
            (dns("ü.test"), false),
            (uri("spiffe://example.test/a,b"), true),
            (uri(""), false),
        ] {
            assert_eq!(names.check().is_ok(), accepted, "{names:?}");
        }
    }

    #[test]
    fn only_dns_names_ignore_case() {
        let dns = |name: &str| SubjectAltName::Dns(name.to_owned());
        let uri = |name: &str| SubjectAltName::Uri(name.to_owned());
        assert!(dns("A.test").is(&dns("a.TEST")));
        assert!(!uri("A:a").is(&uri("a:a")));
        assert!(!dns("a").is(&uri("a")));
    }
}
