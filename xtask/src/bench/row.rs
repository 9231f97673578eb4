use super::measurement::Measurement;

/// A line of the table: what was measured, and how it stands to its peer.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) what: &'a str,
    pub(crate) measured: Measurement,
    pub(crate) peer: Peer,
    /// The parts of the peer's wall time and memory that it may take.
    pub(crate) budget: (f64, Option<f64>),
}

/// What it is compared with.
#[derive(Debug)]
pub(crate) enum Peer {
    /// Measured in this run.
    Present(Measurement),
    /// Not on this machine; its wall time in milliseconds when it was measured.
    Absent(f64),
}

impl Row<'_> {
    pub(crate) fn heading(transport: &str) {
        println!(
            "\n{:<44} {:>9} {:>9} {:>9}   against the peer",
            format!("over {transport}"),
            "wall ms",
            "cpu ms",
            "MB"
        );
    }

    pub(crate) fn print(&self) {
        let Measurement { wall, cpu, memory } = self.measured;
        println!(
            "{:<44} {wall:>9.2} {cpu:>9.2} {memory:>9.1}   {}",
            self.what,
            self.comparison()
        );
    }

    fn comparison(&self) -> String {
        let (wall_budget, memory_budget) = self.budget;
        match &self.peer {
            Peer::Absent(wall) => {
                format!("peer absent; {wall} ms on two idle cores, budget {wall_budget:.2} ×")
            }
            Peer::Present(peer) => {
                let mut text = format!("peer {:.2} ms, {:.1} MB: ", peer.wall, peer.memory);
                text += &ratio("wall", self.measured.wall / peer.wall, wall_budget);
                if let Some(budget) = memory_budget {
                    text += ", ";
                    text += &ratio("memory", self.measured.memory / peer.memory, budget);
                }
                text
            }
        }
    }
}

fn ratio(of: &str, ratio: f64, budget: f64) -> String {
    let mark = if ratio <= budget { "✓" } else { "✗" };
    format!("{ratio:.2} × {of}, budget {budget:.2} {mark}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whether_it_keeps_its_budget() {
        let measurement = |wall, memory| Measurement {
            wall,
            cpu: 1.0,
            memory,
        };
        let row = |peer| Row {
            what: "creds process",
            measured: measurement(2.0, 6.0),
            peer,
            budget: (0.35, Some(0.5)),
        };
        assert_eq!(
            row(Peer::Present(measurement(8.0, 10.0))).comparison(),
            "peer 8.00 ms, 10.0 MB: 0.25 × wall, budget 0.35 ✓, 0.60 × memory, budget 0.50 ✗"
        );
        assert_eq!(
            row(Peer::Absent(4.0)).comparison(),
            "peer absent; 4 ms on two idle cores, budget 0.35 ×"
        );
    }
}
