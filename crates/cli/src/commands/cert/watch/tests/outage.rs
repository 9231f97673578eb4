use super::*;

/// A certificate of a day is refreshed with eight hours left: whenever Vault
/// goes away for that long, there is a valid one.
#[test]
fn a_certificate_of_a_day_survives_eight_hours_without_vault() {
    run(async {
        for hour in [1, 14, 16] {
            let simulation = Simulation::new("24h").await;
            let from = hour * HOUR + MINUTE;
            simulation.live(from, |_| {}).await;
            assert!(simulation.is_usable());
            let before = simulation.signed();
            simulation.sandbox.seal(true);
            let to = from + 479 * MINUTE;
            simulation
                .live(to, |now| {
                    assert!(now.is_usable(), "at {:?}", now.clock.elapsed());
                })
                .await;
            let asked = simulation.signed() - before;
            assert!(asked < 8 * 60, "{asked} attempts");
            simulation.sandbox.seal(false);
            simulation.live(to + HOUR, |_| {}).await;
            assert!(simulation.is_usable());
        }
    });
}

#[test]
fn a_restart_in_an_outage_keeps_what_is_on_disk_and_asks_nobody() {
    run(async {
        let simulation = Simulation::new("24h").await;
        simulation.live(HOUR, |_| {}).await;
        assert_eq!(simulation.signed(), 1);
        simulation.sandbox.seal(true);
        let before = simulation.sandbox.requests().len();
        let again = start(
            &simulation.sandbox,
            &simulation.clock,
            (simulation.folder.path(), "24h"),
        );
        assert!(crate::refreshed::is_usable(&again.kept.status()));
        let simulation = Simulation {
            watch: again,
            ..simulation
        };
        simulation
            .live(14 * HOUR, |now| assert!(now.is_usable()))
            .await;
        assert_eq!(simulation.sandbox.requests().len(), before);
    });
}

#[test]
fn what_another_process_has_refreshed_is_taken_over() {
    run(async {
        let simulation = Simulation::new("1h").await;
        simulation.live(MINUTE, |_| {}).await;
        let first = simulation.watch.kept.source().delivered().unwrap();
        simulation.clock.suspend(35 * MINUTE);
        let other = start(
            &simulation.sandbox,
            &simulation.clock,
            (simulation.folder.path(), "1h"),
        );
        let issued = async { other.kept.source().issue().await.unwrap() };
        let issued = tokio::select! {
            issued = issued => issued,
            () = simulation.sandbox.serve() => unreachable!(),
        };
        assert_eq!(simulation.signed(), 2);
        simulation.live(HOUR, |_| {}).await;
        let found = simulation.watch.kept.source().delivered().unwrap();
        assert_ne!(found.serial, first.serial);
        assert_eq!(found.serial, issued.serial);
        assert_eq!(simulation.signed(), 2, "nobody was asked");
        let adopted = simulation
            .watch
            .kept
            .source()
            .tally
            .of(crate::tally::Outcome::Adopted);
        assert_eq!(adopted, 1);
    });
}

#[test]
fn asked_for_another_one_it_obtains_it_though_the_old_one_is_good() {
    run(async {
        let simulation = Simulation::new("24h").await;
        simulation.live(MINUTE, |_| {}).await;
        simulation.watch.refresh_now();
        simulation.live(2 * MINUTE, |_| {}).await;
        assert_eq!(simulation.signed(), 2);
        simulation.live(HOUR, |_| {}).await;
        assert_eq!(simulation.signed(), 2);
    });
}

/// A full disk: Vault is not asked for more certificates meanwhile.
#[test]
fn what_the_disk_did_not_take_is_kept_for_the_next_attempt() {
    run(async {
        let simulation = Simulation::new("24h").await;
        let in_the_way = simulation.folder.path().join("private.pem");
        std::fs::create_dir(&in_the_way).unwrap();
        simulation
            .live(10 * MINUTE, |now| assert!(!now.is_usable()))
            .await;
        assert_eq!(simulation.signed(), 1);
        std::fs::remove_dir(&in_the_way).unwrap();
        simulation.live(20 * MINUTE, |_| {}).await;
        assert!(simulation.is_usable());
        assert_eq!(simulation.signed(), 1);
    });
}
