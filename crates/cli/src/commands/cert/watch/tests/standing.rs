use super::*;

/// What is on disk, judged by a watch with other settings.
fn judged(simulation: &Simulation, more: &[&str]) -> (bool, String) {
    let folder = simulation.folder.path().display().to_string();
    let sandbox = simulation.sandbox.environment();
    let environment: Environment = sandbox.into_iter().collect();
    let words = ["iamra", "cert", "issue", "--out-dir", &folder];
    let matches = crate::commands::command().get_matches_from([&words, more].concat());
    let (_, matches) = crate::commands::innermost(&matches);
    let settings = Resolved::new(matches, &environment, |_| unreachable!()).unwrap();
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
        let dns = "DNS:b.example.test";
        for (more, usable, why) in [
            (&[][..], true, String::new()),
            (&["--key-type", "ec-p256"], true, String::new()),
            (
                &["--key-type", "rsa-2048"],
                false,
                "its key is of another type".to_owned(),
            ),
            (&["--dns", "APP.example.test"], true, String::new()),
            (
                &["--dns", "b.example.test"],
                false,
                format!("it lacks the name {dns}"),
            ),
            (
                &["--uri", "spiffe://example.test/a"],
                false,
                "it lacks the name URI:spiffe://example.test/a".to_owned(),
            ),
            (
                &["--common-name", "c.example.test"],
                false,
                "it lacks the name CN=c.example.test".to_owned(),
            ),
            (
                &["--layout", "bundle"],
                false,
                "its files are laid out otherwise".to_owned(),
            ),
        ] {
            assert_eq!(judged(&simulation, more), (usable, why), "{more:?}");
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
