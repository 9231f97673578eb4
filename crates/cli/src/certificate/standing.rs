use std::fmt;
use std::path::Path;
use std::time::SystemTime;

use k8s_sinks::file::{CertificateFolder, StoredCertificate};
use refresh::{Due, Expires as _, Schedule};
use rolesanywhere::{Certificate, Identity, IssuedBy, KeyAlgorithm, PemSources, Unfitness};
use vault_pki::{CertificateRequest, KeyType};

use super::Delivered;
use crate::failure::{Failure, unfit};

/// What stands in the folder, and whether it is what was asked for.
#[derive(Debug)]
pub(crate) struct Standing {
    /// The certificate, where it is one that may be used now.
    pub(crate) usable: Option<Delivered>,
    /// Why another one is wanted; `None`: there is nothing to do.
    pub(crate) wanting: Option<Wanting>,
}

/// Why the certificate in the folder has to be replaced.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Wanting {
    /// There is no certificate, or no key.
    Absent,
    /// Certificate and key cannot be used together.
    Unusable(String),
    /// AWS would refuse it.
    Unfit(String),
    /// It lacks a name that is asked for.
    Name(String),
    /// Its key is of another kind than is asked for.
    KeyType,
    /// The files are not laid out as is asked for.
    Layout,
    /// Two thirds of its life are over.
    Due,
    /// It has expired.
    Expired,
    /// Its life has not begun, by this machine's clock.
    NotYetValid,
}

impl Standing {
    /// Looks at the folder.
    pub(crate) fn look(
        sink: &CertificateFolder,
        request: &CertificateRequest,
        now: SystemTime,
    ) -> Result<Self, Failure> {
        Ok(match sink.read()? {
            None => Self::wanting(Wanting::Absent),
            Some(stored) => Self::judge(&stored, request, (sink.path(), now)),
        })
    }

    fn judge(
        stored: &StoredCertificate,
        request: &CertificateRequest,
        (folder, now): (&Path, SystemTime),
    ) -> Self {
        let sources = PemSources {
            certificate: &stored.certificate,
            private_key: Some(&stored.private_key),
            intermediates: stored.chain.as_ref().map(|text| text.as_slice()),
        };
        let identity = match Identity::from_pem(sources) {
            Ok(identity) => identity,
            Err(error) => {
                let message = Failure::from(error).message();
                return Self::wanting(Wanting::Unusable(message));
            }
        };
        let certificate = identity.certificate();
        let facts = Delivered::new(certificate, identity.intermediates(), folder.to_owned());
        let age = age(&facts, now);
        let flaw = flaw(&identity, now);
        // What is due, or no longer what is asked for, is good until another
        // one is there.
        let is_usable = matches!(age, None | Some(Wanting::Due)) && flaw.is_none();
        let layout = (!stored.is_as_asked).then_some(Wanting::Layout);
        let other = || other(certificate, request);
        Self {
            usable: is_usable.then_some(facts),
            wanting: flaw.or(age).or_else(other).or(layout),
        }
    }

    fn wanting(wanting: Wanting) -> Self {
        Self {
            usable: None,
            wanting: Some(wanting),
        }
    }
}

impl fmt::Display for Wanting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("there is none"),
            Self::Unusable(why) | Self::Unfit(why) => f.write_str(why),
            Self::Name(name) => write!(f, "it lacks the name {name}"),
            Self::KeyType => f.write_str("its key is of another type"),
            Self::Layout => f.write_str("its files are laid out otherwise"),
            Self::Due => f.write_str("two thirds of its life are over"),
            Self::Expired => f.write_str("it has expired"),
            Self::NotYetValid => f.write_str("it is not valid yet"),
        }
    }
}

/// Why it cannot be used, whatever was asked for.
fn flaw(identity: &Identity, now: SystemTime) -> Option<Wanting> {
    let certificate = identity.certificate();
    if certificate.issued_by(certificate) != IssuedBy::Other {
        let message = "it is signed by itself, and by no issuer of Vault's";
        return Some(Wanting::Unusable(message.to_owned()));
    }
    let findings = identity.fitness(now);
    // Its age is judged beside this.
    let findings = findings.into_iter().filter(|finding| {
        !matches!(
            finding.unfitness,
            Unfitness::Expired { .. } | Unfitness::NotYetValid { .. }
        )
    });
    let unfit = unfit(&findings.collect::<Vec<_>>())?;
    Some(Wanting::Unfit(unfit.message()))
}

/// What its age says. Without jitter: who asks whether it is due gets the same
/// answer twice.
fn age(facts: &Delivered, now: SystemTime) -> Option<Wanting> {
    match Schedule::CERTIFICATE.at(facts.lifetime(), now, 0.0) {
        Due::Fresh { .. } => None,
        Due::Due => Some(Wanting::Due),
        Due::Expired => Some(Wanting::Expired),
        Due::NotYetValid => Some(Wanting::NotYetValid),
    }
}

/// Whether it is another certificate than the one that is asked for: somebody
/// has changed the settings since.
fn other(certificate: &Certificate, request: &CertificateRequest) -> Option<Wanting> {
    let names = &request.names;
    let common_name = names.common_name.as_deref();
    if let Some(name) = common_name
        && certificate.common_name().as_deref() != Some(name)
    {
        return Some(Wanting::Name(format!("CN={name}")));
    }
    let present = certificate.subject_alt_names();
    let present: Vec<String> = present.iter().map(ToString::to_string).collect();
    let asked = names.subject_alt_names().into_iter();
    let mut asked = asked.map(|name| name.to_string());
    if let Some(name) = asked.find(|name| !present.iter().any(|other| same(other, name))) {
        return Some(Wanting::Name(name));
    }
    let is_other_key = is_other_key(&certificate.key_algorithm(), request.key_type);
    is_other_key.then_some(Wanting::KeyType)
}

/// The case of a DNS name does not matter; that of others does.
fn same(one: &str, other: &str) -> bool {
    one == other || (one.starts_with("DNS:") && one.eq_ignore_ascii_case(other))
}

fn is_other_key(found: &KeyAlgorithm, asked: KeyType) -> bool {
    let wanted = match asked {
        KeyType::EcP256 => KeyAlgorithm::EcP256,
        KeyType::EcP384 => KeyAlgorithm::EcP384,
        KeyType::Rsa2048 => KeyAlgorithm::Rsa { bits: 2048 },
        KeyType::Rsa3072 => KeyAlgorithm::Rsa { bits: 3072 },
        KeyType::Rsa4096 => KeyAlgorithm::Rsa { bits: 4096 },
        _ => return false,
    };
    *found != wanted
}
