//! What was delivered is found to be what was asked for, and what was delivered
//! with other settings is not: else a daemon would deliver for ever, or never.

use std::fs;

use k8s_sinks::file::{CertificateFolder, CertificateSet, Layout, Pkcs12};
use private_file::Options;
use proptest::{
    collection::vec,
    option,
    prelude::{ProptestConfig, Strategy, any, prop_assert_eq, proptest},
    prop_assert,
    sample::select,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use crate::{certificates, conformance::plant};

const LAYOUTS: [Layout; 3] = [Layout::Clean, Layout::Bundle, Layout::Legacy];

/// A layout, and the password and the name of a key store.
type Settings = (Layout, Option<(&'static str, &'static str)>);

fn settings() -> impl Strategy<Value = Settings> {
    let key_store = (select(vec!["one", "two"]), select(vec!["app", "tomcat"]));
    (select(LAYOUTS.to_vec()), option::of(key_store))
}

fn set() -> impl Strategy<Value = CertificateSet> {
    let certificate = || vec(any::<u8>(), 1..80).prop_map(CertificateDer::from);
    let served = select(vec!["", "sec1", "pkcs8"]).prop_map(|form| match form {
        "sec1" => Some(Zeroizing::new(PrivateKeyDer::Sec1(vec![1].into()))),
        "pkcs8" => Some(Zeroizing::new(PrivateKeyDer::Pkcs8(vec![2].into()))),
        _ => None,
    });
    (
        certificate(),
        vec(certificate(), 0..4),
        option::of(certificate()),
        vec(certificate(), 0..4),
        vec(any::<u8>(), 1..80),
        served,
    )
        .prop_map(
            |(end_entity, intermediates, issuing_ca, ca_chain, key, served_private_key)| {
                CertificateSet {
                    end_entity,
                    intermediates,
                    issuing_ca,
                    ca_chain,
                    private_key: Zeroizing::new(PrivatePkcs8KeyDer::from(key)),
                    served_private_key,
                }
            },
        )
}

fn sink(folder: &std::path::Path, (layout, key_store): Settings) -> CertificateFolder {
    let sink = CertificateFolder::new(folder, layout, Options::new());
    match key_store {
        None => sink,
        Some((password, name)) => sink.with_pkcs12(Pkcs12::new(password.into(), name).unwrap()),
    }
}

fn is_as_asked(sink: &CertificateFolder) -> bool {
    sink.read().unwrap().unwrap().is_as_asked
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_was_delivered_is_as_asked(
        set in set(),
        before in option::of(settings()),
        asked in settings(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        if let Some(before) = before {
            sink(folder.path(), before).deliver(&set).unwrap();
        }
        let sink_asked = sink(folder.path(), asked);
        sink_asked.deliver(&set).unwrap();
        prop_assert!(is_as_asked(&sink_asked), "{asked:?}");
        // No other password or name is taken for this one.
        let (layout, Some((password, name))) = asked else {
            return Ok(());
        };
        for other in [("three", name), (password, "three")] {
            prop_assert_eq!(is_as_asked(&sink(folder.path(), (layout, Some(other)))), false);
        }
    }
}

#[test]
fn another_password_or_name_is_seen_and_once() {
    for layout in LAYOUTS {
        let folder = tempfile::tempdir().unwrap();
        let sink = |key_store| sink(folder.path(), (layout, key_store));
        sink(None).deliver(&certificates::set(1)).unwrap();
        for key_store in [("one", "app"), ("two", "app"), ("two", "tomcat")] {
            let sink = sink(Some(key_store));
            assert!(!is_as_asked(&sink), "{layout} {key_store:?}: before");
            sink.deliver(&certificates::set(1)).unwrap();
            assert!(is_as_asked(&sink), "{layout} {key_store:?}: after");
        }
        assert!(is_as_asked(&sink(None)), "nothing is said of another's");
    }
}

#[test]
fn a_key_store_of_another_set_or_form_is_not_the_one() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), (Layout::Clean, Some(("one", "app"))));
    sink.deliver(&certificates::set(1)).unwrap();
    let path = folder.path().join("keystore.p12");
    let good = fs::read(&path).unwrap();
    let other = Pkcs12::new("one".into(), "app").unwrap();
    let other = other.encode(&certificates::set(2)).unwrap();
    let mut damaged = good.clone();
    *damaged.last_mut().unwrap() ^= 1;
    for contents in [&other[..], &damaged, &good[..good.len() - 1], b"", b"PFX"] {
        fs::remove_file(&path).unwrap();
        plant(&path, contents);
        assert!(!is_as_asked(&sink), "{} bytes", contents.len());
    }
    fs::remove_file(&path).unwrap();
    plant(&path, &good);
    assert!(is_as_asked(&sink));
}
