//! A session in simulated time: its own loop, the real HTTP client, and the
//! sandbox's Vault and AWS; only the clock is not real.

#![cfg(feature = "vault")]

use std::time::Duration;

use iamra_sandbox::{Operation, Sandbox, Settings};

use super::*;
use crate::environment::Environment;
use crate::resolved::Resolved;
use crate::simulated_clock::{SimulatedClock, Sleepers, run};

struct Simulation {
    clock: SimulatedClock,
    sandbox: Sandbox,
    session: SessionDaemon,
    sleepers: Sleepers,
}

impl Simulation {
    async fn new(more: &[&str]) -> Self {
        let clock = SimulatedClock::new();
        let services = clock.clone();
        let settings = Settings::new(Arc::new(move || services.true_time()));
        let sandbox = Sandbox::bind(settings).await.unwrap();
        let session = start(&sandbox, &clock, more);
        Self {
            sleepers: Sleepers::new(&clock, 1),
            clock,
            sandbox,
            session,
        }
    }

    /// Lives until `end`; in each moment in which nothing goes on, `moment` may
    /// change the world, and look at it.
    async fn live(&self, end: Duration, mut moment: impl FnMut(&Self)) {
        let is_obtaining = || self.session.status().is_obtaining;
        let time = self.sleepers.pass_until(end, is_obtaining, || moment(self));
        tokio::select! {
            never = self.session.keep() => match never {},
            () = self.sandbox.serve() => unreachable!("it serves for ever"),
            () = time => {}
        }
    }

    fn is_usable(&self) -> bool {
        self.session.readiness().is_ok()
    }

    fn opened(&self) -> usize {
        self.sandbox.requests().count(Operation::CreateSession)
    }
}

/// As `creds file --watch` starts one.
fn start(sandbox: &Sandbox, clock: &SimulatedClock, more: &[&str]) -> SessionDaemon {
    let environment: Environment = sandbox.environment().into_iter().collect();
    let words = [
        "iamra",
        "creds",
        "file",
        "--ttl",
        "24h",
        "--vault-max-retries",
        "0",
    ];
    let words = words.iter().chain(more);
    let matches = crate::commands::command().get_matches_from(words);
    let (_, matches) = crate::commands::innermost(&matches);
    let settings = Resolved::new(matches, &environment, None, |_| unreachable!()).unwrap();
    let context = Context {
        settings,
        clock: Arc::new(clock.clone()),
    };
    let source = CredentialSource::named(&context).unwrap();
    SessionDaemon::new(source, &context, Schedule::SESSION)
}

/// Refused at once: a retry would sleep beside the loop, and time could not
/// tell.
const AWAY: &str = "roles-anywhere=status:403";

/// A session of an hour is replaced with twenty minutes left: whenever AWS goes
/// away for that long, there is a valid one.
#[test]
fn a_session_survives_twenty_minutes_without_aws() {
    run(async {
        for minute in [1, 30, 37, 39, 40] {
            let simulation = Simulation::new(&[]).await;
            let from = minute * MINUTE;
            simulation.live(from, |_| {}).await;
            assert!(simulation.is_usable());
            simulation.sandbox.faults().add(AWAY.parse().unwrap());
            let to = from + 19 * MINUTE;
            simulation
                .live(to, |now| {
                    assert!(now.is_usable(), "at {:?}", now.clock.elapsed());
                })
                .await;
            simulation.sandbox.faults().clear();
            simulation.live(to + HOUR, |_| {}).await;
            assert!(simulation.is_usable());
        }
    });
}

/// The certificate of a day opens sessions for eight hours without Vault,
/// whenever they begin.
#[test]
fn sessions_go_on_for_eight_hours_without_vault() {
    run(async {
        for hour in [1, 15] {
            let simulation = Simulation::new(&[]).await;
            let from = hour * HOUR;
            simulation.live(from, |_| {}).await;
            simulation.sandbox.seal(true);
            let (before, to) = (simulation.opened(), from + 479 * MINUTE);
            simulation
                .live(to, |now| {
                    assert!(now.is_usable(), "at {:?}", now.clock.elapsed());
                })
                .await;
            assert!(simulation.opened() - before >= 11, "one in forty minutes");
        }
    });
}

/// While AWS refuses for hours, it is asked as the backoff allows, and no more;
/// what is over is not handed out.
#[test]
fn a_long_outage_is_no_storm_and_hands_out_nothing_old() {
    run(async {
        let simulation = Simulation::new(&[]).await;
        simulation.live(MINUTE, |_| {}).await;
        simulation.sandbox.faults().add(AWAY.parse().unwrap());
        let before = simulation.opened();
        simulation.live(5 * HOUR, |_| {}).await;
        assert!(!simulation.is_usable());
        let asked = simulation.opened() - before;
        // A minute at the most, half of one as a rule.
        assert!(
            (300..900).contains(&asked),
            "{asked} attempts in four hours"
        );
        assert!(simulation.session.credentials().await.is_err());
    });
}

/// Neither a suspended machine nor a clock that is set makes a storm.
#[test]
fn a_clock_that_jumps_costs_a_session_at_the_most() {
    run(async {
        let simulation = Simulation::new(&[]).await;
        simulation.live(10 * MINUTE, |_| {}).await;
        assert_eq!(simulation.opened(), 1);
        simulation.clock.suspend(3 * HOUR);
        let now = simulation.clock.elapsed();
        simulation.live(now + MINUTE, |_| {}).await;
        assert!(simulation.is_usable());
        assert_eq!(simulation.opened(), 2);
    });
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
