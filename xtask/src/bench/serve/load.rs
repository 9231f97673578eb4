use std::fmt;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;

use super::CONNECTIONS;
use super::door::Door;

mod own;

/// What one run of a load came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::bench) struct Load {
    /// Requests a second.
    pub(in crate::bench) rate: f64,
    /// Half of the answers came within so many milliseconds.
    pub(in crate::bench) p50: f64,
    /// All but one of a hundred.
    pub(in crate::bench) p99: f64,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(in crate::bench) enum Generator {
    /// <https://github.com/wg/wrk>, on one thread.
    Wrk,
    /// A thread of ours.
    Own,
}

impl Generator {
    /// wrk where it is installed.
    pub(in crate::bench) fn found() -> Self {
        // It answers --version with 1.
        match std::process::Command::new("wrk").arg("--version").output() {
            Ok(_) => Self::Wrk,
            Err(_) => Self::Own,
        }
    }

    pub(super) fn load(self, door: &Door, seconds: u32) -> Result<Load> {
        match self {
            Self::Own => own::load(door, seconds),
            Self::Wrk => {
                let (name, value) = &door.header;
                let text = Tool::new("wrk")
                    .words(&format!(
                        "-t1 -c{CONNECTIONS} -d{seconds}s --latency --header"
                    ))
                    .arg(format!("{name}: {value}"))
                    .arg(format!("http://{}{}", door.address, door.path))
                    .output()?;
                Load::of_wrk(&text)
            }
        }
    }
}

impl fmt::Display for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wrk => "asked by wrk on one thread",
            Self::Own => "asked by a thread of ours, as wrk is not installed",
        })
    }
}

impl Load {
    /// From wrk's report. An answer that is no success, or none, spoils it.
    fn of_wrk(text: &str) -> Result<Self> {
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
            line.map(str::trim)
        };
        if value("Non-2xx or 3xx responses:").is_some() || value("Socket errors:").is_some() {
            return Err(Failure::new(format!(
                "not every request succeeded:\n{text}"
            )));
        }
        let load = || {
            Some(Self {
                rate: value("Requests/sec:")?.parse().ok()?,
                p50: milliseconds(value("50%")?)?,
                p99: milliseconds(value("99%")?)?,
            })
        };
        load().ok_or_else(|| Failure::new(format!("wrk says something new:\n{text}")))
    }
}

/// `812.00us`, `1.20ms`, `2.00s`.
fn milliseconds(text: &str) -> Option<f64> {
    let units = [("us", 0.001), ("ms", 1.0), ("s", 1000.0)];
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "\
Running 4s test @ http://127.0.0.1:1/creds
  1 threads and 128 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.03ms  603.58us  11.70ms   83.44%
  Latency Distribution
     50%  812.50us
     75%    2.10ms
     90%    2.70ms
     99%    4.00ms
  252044 requests in 4.00s, 250.01MB read
Requests/sec:  62996.01
Transfer/sec:     62.49MB
";

    #[test]
    fn a_report_is_read() {
        let load = Load {
            rate: 62_996.01,
            p50: 0.8125,
            p99: 4.0,
        };
        assert_eq!(Load::of_wrk(REPORT).unwrap(), load);
        for spoilt in [
            "  Non-2xx or 3xx responses: 7\n",
            "  Socket errors: read 1\n",
        ] {
            assert!(Load::of_wrk(&format!("{REPORT}{spoilt}")).is_err());
        }
        assert!(Load::of_wrk("").is_err());
        assert_eq!(milliseconds("1.50s"), Some(1500.0));
    }
}
