//! By which certificates a webhook is to be known.

use std::collections::BTreeSet;
use std::time::SystemTime;

use rolesanywhere::Certificate;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::certificate::{COMMON_NAME, OwnCertificate};

/// Those that are there and good, other replicas' or somebody else's, and our own;
/// `None` where that is what is there.
///
/// What we and other replicas have made is bounded, and the newest of it stays: each
/// start of a replica adds one.
pub(super) fn with_own(there: &[u8], own: &OwnCertificate, now: SystemTime) -> Option<String> {
    let there = entries(there);
    let mut kept: Vec<Entry> = there
        .iter()
        .filter(|it| it.ends_at.is_none_or(|end| now < end))
        .cloned()
        .collect();
    if !kept.iter().any(|it| it.der == own.der) {
        kept.extend(entries(own.pem.as_bytes()));
    }
    // In an order that all replicas come to.
    kept.sort_by(|one, other| one.order().cmp(&other.order()));
    let made = kept.iter().filter(|it| it.made_at.is_some()).count();
    let mut surplus = made.saturating_sub(MOST_OF_OURS);
    kept.retain(|it| {
        let goes = surplus > 0 && it.made_at.is_some() && it.der != own.der;
        surplus -= usize::from(goes);
        !goes
    });
    kept.dedup_by(|one, other| one.der == other.der);
    let set = |entries: &[Entry]| -> BTreeSet<Vec<u8>> {
        entries.iter().map(|it| it.der.to_vec()).collect()
    };
    let pem = || {
        let lines = kept.iter().flat_map(|it| [it.pem.as_str(), "\n"]);
        lines.collect::<String>()
    };
    (set(&there) != set(&kept)).then(pem)
}

/// A certificate of a bundle.
#[derive(Clone)]
struct Entry {
    pem: String,
    der: CertificateDer<'static>,
    /// When it began, if it is one that a webhook of ours has made.
    made_at: Option<SystemTime>,
    /// Unknown where it cannot be read: whose it is, is not known then.
    ends_at: Option<SystemTime>,
}

impl Entry {
    /// Others' come first; those may be a chain, whose order says something.
    fn order(&self) -> Option<(SystemTime, &[u8])> {
        Some((self.made_at?, &self.der))
    }
}

/// Go skips what is no certificate, and so do we.
fn entries(bundle: &[u8]) -> Vec<Entry> {
    let text = String::from_utf8_lossy(bundle);
    let blocks = text.split_inclusive(END);
    blocks.filter_map(entry).collect()
}

fn entry(block: &str) -> Option<Entry> {
    let pem = &block[block.rfind(BEGIN)?..];
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    let read = Certificate::from_der(der.clone()).ok();
    let ours = read
        .as_ref()
        .filter(|it| it.common_name().as_deref() == Some(COMMON_NAME));
    Some(Entry {
        pem: pem.to_owned(),
        made_at: ours.map(Certificate::not_before),
        ends_at: read.as_ref().map(Certificate::not_after),
        der,
    })
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
const MOST_OF_OURS: usize = 24;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(hours: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_hours(hours)
    }

    fn made(hours: u64) -> OwnCertificate {
        OwnCertificate::make(&["hook".to_owned()], at(hours)).unwrap()
    }

    fn ders(bundle: &str) -> Vec<CertificateDer<'static>> {
        let entries = entries(bundle.as_bytes()).into_iter();
        entries.map(|it| it.der).collect()
    }

    fn foreign() -> String {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(["ca.test".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn what_is_there_stays_and_ours_is_added_once() {
        let (own, replica, ca) = (made(30), made(20), foreign());
        let there = format!("# an administrator's\n{ca}{}", replica.pem);
        let bundle = with_own(there.as_bytes(), &own, at(31)).unwrap();
        let expected = [ders(&ca), ders(&replica.pem), ders(&own.pem)].concat();
        assert_eq!(ders(&bundle), expected);
        assert_eq!(with_own(bundle.as_bytes(), &own, at(31)), None);
        // The same in another order is the same.
        let other = format!("{}{ca}{}", own.pem, replica.pem);
        assert_eq!(with_own(other.as_bytes(), &own, at(31)), None);
        // And so for the other replica.
        assert_eq!(with_own(bundle.as_bytes(), &replica, at(31)), None);
    }

    #[test]
    fn what_is_over_or_no_certificate_goes() {
        let (own, old) = (made(60), made(10));
        for there in ["", "\n", "no PEM at all", &old.pem] {
            let bundle = with_own(there.as_bytes(), &own, at(61)).unwrap();
            assert_eq!(ders(&bundle), ders(&own.pem), "{there}");
        }
        assert!(
            with_own(old.pem.as_bytes(), &own, at(40))
                .is_some_and(|it| it.contains(&old.pem[40..80]))
        );
    }

    #[test]
    fn the_newest_of_ours_stay_and_our_own_always() {
        let ca = foreign();
        let all: Vec<_> = (1..=28).map(made).collect();
        let there: String = all.iter().map(|it| it.pem.as_str()).collect();
        let bundle = with_own(format!("{there}{ca}").as_bytes(), &all[0], at(29)).unwrap();
        let left = ders(&bundle);
        assert_eq!(left.len(), MOST_OF_OURS + 1);
        assert_eq!(left[..2], [ders(&ca), vec![all[0].der.clone()]].concat());
        assert_eq!(left[2], all[5].der);
        assert_eq!(left.last(), Some(&all[27].der));
    }
}
