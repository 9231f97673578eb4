use crate::bench::memory::Memory;

use super::load::Load;

/// What was measured of one program at one of its doors.
#[derive(Debug)]
pub(in crate::bench) struct Line {
    pub(in crate::bench) what: &'static str,
    pub(in crate::bench) loads: Vec<Load>,
    /// Microseconds of CPU for each request, in each round.
    pub(in crate::bench) cpu: Vec<f64>,
    pub(in crate::bench) idle: Memory,
    pub(in crate::bench) loaded: Memory,
}

impl Line {
    pub(super) fn new(what: &'static str) -> Self {
        Self {
            what,
            loads: Vec::new(),
            cpu: Vec::new(),
            idle: Memory::default(),
            loaded: Memory::default(),
        }
    }

    fn median(&self, of: impl Fn(&Load) -> f64) -> f64 {
        median(self.loads.iter().map(of).collect())
    }

    fn cpu(&self) -> f64 {
        median(self.cpu.clone())
    }

    /// Requests a second.
    pub(in crate::bench) fn rate(&self) -> f64 {
        self.median(|load| load.rate)
    }

    /// How many cores it was busy on.
    pub(in crate::bench) fn cores(&self) -> f64 {
        self.rate() * self.cpu() / 1_000_000.0
    }

    pub(in crate::bench) fn text(&self) -> String {
        format!(
            "{:<34} {:>9.0} {:>7.2} {:>7.2} {:>7.1}  {:>5.1} {:>5.1}  {:>5.1} {:>5.1}",
            self.what,
            self.rate(),
            self.median(|load| load.p50),
            self.median(|load| load.p99),
            self.cpu(),
            self.idle.resident,
            self.idle.anonymous,
            self.loaded.resident,
            self.loaded.anonymous,
        )
    }

    /// How it stands to its peer.
    fn comparison(&self, peer: &Self) -> String {
        let rate = self.rate() / peer.rate();
        let cpu = self.cpu() / peer.cpu();
        let idle = self.idle.resident / peer.idle.resident;
        let loaded = self.loaded.resident / peer.loaded.resident;
        format!(
            "{:<34} {rate:.2} × rate, budget {RATE:.2} {}; {cpu:.2} × CPU; memory {idle:.2} × idle {}, \
             {loaded:.2} × loaded {}, budget {MEMORY:.2}",
            self.what,
            mark(rate >= RATE),
            mark(idle <= MEMORY),
            mark(loaded <= MEMORY),
        )
    }
}

/// Prints what stands in the lines.
pub(in crate::bench) fn heading() {
    println!(
        "{:<34} {:>9} {:>7} {:>7} {:>7}  {:^11}  {:^11}",
        "", "", "", "", "cpu µs", "idle MiB", "loaded MiB"
    );
    println!(
        "{:<34} {:>9} {:>7} {:>7} {:>7}  {:>5} {:>5}  {:>5} {:>5}",
        "", "req/s", "p50 ms", "p99 ms", "a req", "all", "own", "all", "own"
    );
}

/// Prints all, and how they stand to the one that is called `peer`.
pub(super) fn print(lines: &[Line], peer: &str) {
    heading();
    for line in lines {
        println!("{}", line.text());
    }
    let Some(peer) = lines.iter().find(|line| line.what == peer) else {
        println!("peer absent");
        return;
    };
    println!("\nagainst {}", peer.what);
    for line in lines.iter().filter(|line| line.what != peer.what) {
        println!("{}", line.comparison(peer));
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

pub(in crate::bench) fn mark(kept: bool) -> &'static str {
    if kept { "✓" } else { "✗" }
}

const RATE: f64 = 1.5;
const MEMORY: f64 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(what: &'static str, rates: &[f64], megabytes: f64) -> Line {
        let memory = Memory {
            anonymous: 1.0,
            resident: megabytes,
        };
        Line {
            loads: rates
                .iter()
                .map(|&rate| Load {
                    rate,
                    p50: 1.0,
                    p99: 2.0,
                })
                .collect(),
            cpu: vec![megabytes],
            idle: memory,
            loaded: memory,
            ..Line::new(what)
        }
    }

    #[test]
    fn a_line_says_whether_it_keeps_its_budgets() {
        let peer = line("peer", &[100.0], 16.0);
        let ours = line("ours", &[10.0, 160.0, 170.0], 8.4);
        assert_eq!(
            ours.comparison(&peer),
            "ours                               1.60 × rate, budget 1.50 ✓; \
             0.53 × CPU; memory 0.53 × idle ✗, 0.53 × loaded ✗, budget 0.50"
        );
        assert_eq!(
            ours.text(),
            "ours                                     160    1.00    2.00     8.4    8.4   1.0    8.4   1.0"
        );
    }
}
