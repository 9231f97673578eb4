use super::*;

/// When Vault is away, and in which way.
struct Outage {
    from: Duration,
    to: Duration,
    effect: FaultEffect,
}

impl Outage {
    fn length(&self) -> Duration {
        self.to.saturating_sub(self.from)
    }

    fn lasts(&self, at: Duration) -> bool {
        (self.from..self.to).contains(&at)
    }
}

/// Some twenty of them, of seconds to an hour.
fn outages(random: &mut fastrand::Rng) -> Vec<Outage> {
    let mut at = Duration::ZERO;
    let mut outages = Vec::new();
    while at < 24 * HOUR {
        let from = at + MINUTE * random.u32(5..90);
        let to = from + Duration::from_secs(random.u64(10..1500));
        let effect = match random.u8(0..5) {
            0 => FaultEffect::Sealed,
            1 => FaultEffect::Close,
            2 => FaultEffect::HtmlPage { status: 502 },
            3 => FaultEffect::Throttle { retry_after: None },
            _ => FaultEffect::ServerError { status: 500 },
        };
        outages.push(Outage { from, to, effect });
        at = to;
    }
    outages
}

/// A day of 15-minute certificates: Vault is away for random times, the
/// machine sleeps, its clock is set wrong and right again.
#[test]
fn a_day_has_no_gap_that_was_not_forced_and_no_storm() {
    let seed = 7;
    fastrand::seed(seed);
    run(day(seed));
}

async fn day(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let outages = outages(&mut random);
    let simulation = Simulation::new("15m").await;
    let mut world = World {
        outages: &outages,
        // Until when a gap is explained.
        excused: LAG,
        suspends: (1..8)
            .map(|n| n * 3 * HOUR + MINUTE * random.u32(0..60))
            .collect(),
        was_away: false,
        was_usable: false,
        attempts: Vec::new(),
        most_files: 0,
        gaps: 0,
    };
    simulation.live(24 * HOUR, |now| world.turn(now)).await;

    let healthy = 24 * 60 / 9;
    let refreshes = world.attempts.len();
    assert!(refreshes > 90, "{refreshes}: the day has not happened");
    let away: Duration = outages.iter().map(Outage::length).sum();
    // With a certificate a wait of up to five minutes, without one of up to ten
    // seconds: half of that on the average, and never less than one second.
    let allowed = healthy + outages.len() * 12 + usize::try_from(away.as_secs()).unwrap() / 4;
    assert!(
        refreshes < allowed,
        "{refreshes} attempts, {allowed} allowed"
    );
    for pair in world.attempts.windows(2) {
        assert!(pair[1] >= pair[0] + Duration::from_secs(1), "{pair:?}");
    }
    assert!(world.most_files <= 8, "{} files", world.most_files);
    assert!(world.gaps > 0, "no outage was long enough to be felt");
    assert!(world.gaps <= outages.len() + 7, "{} gaps", world.gaps);
}

struct World<'a> {
    outages: &'a [Outage],
    excused: Duration,
    suspends: Vec<Duration>,
    was_away: bool,
    was_usable: bool,
    attempts: Vec<Duration>,
    most_files: usize,
    gaps: usize,
}

impl World<'_> {
    fn turn(&mut self, simulation: &Simulation) {
        let at = simulation.clock.elapsed();
        self.judge(simulation, at);
        self.disturb(simulation, at);
    }

    fn judge(&mut self, simulation: &Simulation, at: Duration) {
        let signed = simulation.signed();
        if signed > self.attempts.len() {
            assert_eq!(signed, self.attempts.len() + 1, "two at {at:?}");
            self.attempts.push(at);
        }
        self.most_files = self.most_files.max(simulation.files());
        let is_usable = simulation.is_usable();
        let until = self.excused;
        assert!(
            is_usable || at <= until,
            "a gap at {at:?}, excused until {until:?}"
        );
        self.gaps += usize::from(self.was_usable && !is_usable);
        self.was_usable = is_usable;
    }

    fn disturb(&mut self, simulation: &Simulation, at: Duration) {
        let outage = self.outages.iter().find(|outage| outage.lasts(at));
        let faults = simulation.sandbox.faults();
        if let Some(outage) = outage {
            // Without a certificate, the next attempt is at most ten seconds
            // and a pause after the end.
            self.excused = self.excused.max(outage.to + LAG);
            if !self.was_away {
                let effect = outage.effect.clone();
                faults.add(Fault::always(FaultTarget::VaultPki, effect));
            }
        } else if self.was_away {
            faults.clear();
        }
        self.was_away = outage.is_some();
        if self.suspends.first().is_some_and(|first| *first <= at) {
            self.suspends.remove(0);
            simulation.clock.suspend(20 * MINUTE);
            // A wait is noticed to be over when its piece is.
            self.excused = self.excused.max(at + 20 * MINUTE + LAG);
        }
        // Half a minute in each hour: what Vault backdates by.
        let is_wrong = at.as_secs() % 3600 > 1800 && at.as_secs() % 3600 < 2400;
        let behind = if is_wrong { 25 } else { 0 };
        simulation.clock.set_back(Duration::from_secs(behind));
    }
}

/// Half a minute without a look at the clock, ten seconds of a pause.
const LAG: Duration = Duration::from_secs(45);
