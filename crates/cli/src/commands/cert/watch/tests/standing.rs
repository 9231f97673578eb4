use super::*;

/// What is on disk, judged by a watch with other settings.
fn judged(simulation: &Simulation, more: &[&str]) -> (bool, String) {
    let folder = simulation.folder.path().display().to_string();
    let sandbox = simulation.sandbox.environment();
    let environment: Environment = sandbox.into_iter().collect();
    let words = ["iamra", "cert", "issue", "--out-dir", &folder];
    let matches = crate::commands::command().get_matches_from([&words, more].concat());
    let (_, matches) = crate::commands::innermost(&matches);
    let settings = Resolved::new(matches, &environment, None, |_| unreachable!()).unwrap();
    let context = Context {
        settings,
        clock: Arc::new(simulation.clock.clone()),
    };
    let keeper = CertificateKeeper::new(&context).unwrap();
    let standing = keeper.standing().unwrap();
    let why = standing.wanting.map(|why| why.to_string());
    (standing.usable.is_some(), why.unwrap_or_default())
}

#[test]
fn only_what_was_asked_for_and_is_good_stays() {
    run(async {
        let simulation = Simulation::new("24h").await;
        assert_eq!(
            judged(&simulation, &[]),
            (false, "there is none".to_owned())
        );
        simulation.live(MINUTE, |_| {}).await;
        for (more, why) in [
            (&[][..], ""),
            (&["--key-type", "ec-p256"], ""),
            (&["--key-type", "rsa-2048"], "its key is of another type"),
            (&["--dns", "APP.example.test"], ""),
            (
                &["--dns", "b.example.test"],
                "it lacks the name DNS:b.example.test",
            ),
            (
                &["--uri", "spiffe://example.test/a"],
                "it lacks the name URI:spiffe://example.test/a",
            ),
            (
                &["--common-name", "c.example.test"],
                "it lacks the name CN=c.example.test",
            ),
            (&["--layout", "bundle"], "its files are laid out otherwise"),
        ] {
            // What is no longer asked for is used until another one is there.
            assert_eq!(
                judged(&simulation, more),
                (true, why.to_owned()),
                "{more:?}"
            );
        }
        simulation.clock.suspend(15 * HOUR);
        assert_eq!(judged(&simulation, &[]), (true, String::new()));
        simulation.clock.suspend(HOUR);
        let due = "two thirds of its life are over".to_owned();
        assert_eq!(judged(&simulation, &[]), (true, due));
        simulation.clock.suspend(8 * HOUR);
        assert_eq!(
            judged(&simulation, &[]),
            (false, "it has expired".to_owned())
        );
        simulation.clock.set_back(25 * HOUR);
        assert_eq!(
            judged(&simulation, &[]),
            (false, "it is not valid yet".to_owned())
        );
    });
}

#[test]
fn a_key_beside_a_foreign_certificate_is_replaced() {
    run(async {
        let simulation = Simulation::new("24h").await;
        simulation.live(MINUTE, |_| {}).await;
        let other = Simulation::new("24h").await;
        other.live(MINUTE, |_| {}).await;
        let key = simulation.folder.path().join("private.pem");
        std::fs::remove_file(&key).unwrap();
        std::fs::copy(other.folder.path().join("private.pem"), &key).unwrap();
        let (usable, why) = judged(&simulation, &[]);
        let foreign = "the private key does not belong to the certificate of CN=app.example.test";
        assert!(!usable && why.starts_with(foreign), "{why}");
        std::fs::copy(other.folder.path().join("cert.pem"), &key).unwrap();
        let (usable, why) = judged(&simulation, &[]);
        assert!(!usable && why.starts_with("unusable private key"), "{why}");
    });
}

/// Somebody's experiment, under our name and for ten years.
#[test]
fn a_certificate_that_is_signed_by_itself_is_replaced() {
    run(async {
        let simulation = Simulation::new("24h").await;
        simulation.live(MINUTE, |_| {}).await;
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::default();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "app.example.test");
        params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
        let certificate = params.self_signed(&key).unwrap();
        let folder = simulation.folder.path();
        for (name, text) in [
            ("cert.pem", certificate.pem()),
            ("private.pem", key.serialize_pem()),
        ] {
            std::fs::remove_file(folder.join(name)).unwrap();
            write(folder, name, &text);
        }
        std::fs::remove_file(folder.join("chain.pem")).unwrap();
        let (usable, why) = judged(&simulation, &[]);
        assert!(
            !usable && why.starts_with("it is signed by itself"),
            "{why}"
        );
        simulation.live(3 * MINUTE, |_| {}).await;
        let error = simulation.watch.kept.status().last_error;
        assert_eq!(simulation.signed(), 2, "{error:?}");
        assert_eq!(judged(&simulation, &[]), (true, String::new()));
    });
}

#[test]
fn files_that_are_gone_are_missed_and_brought_back() {
    run(async {
        let simulation = Simulation::new("24h").await;
        simulation.live(MINUTE, |_| {}).await;
        for name in ["cert.pem", "private.pem"] {
            std::fs::remove_file(simulation.folder.path().join(name)).unwrap();
        }
        simulation.sandbox.seal(true);
        simulation.live(3 * MINUTE, |_| {}).await;
        let unready = crate::daemon::Monitored::readiness(&simulation.watch).unwrap_err();
        assert_eq!(unready, "the certificate is no longer in its folder");
        simulation.sandbox.seal(false);
        simulation.live(15 * MINUTE, |_| {}).await;
        // What is asked for during a refresh is one more.
        let issued = simulation.signed() - simulation.refused();
        assert!((2..=3).contains(&issued), "{issued}");
        crate::daemon::Monitored::readiness(&simulation.watch).unwrap();
    });
}
