use std::path::PathBuf;

use crate::Failure;
use crate::failure::Result;
use crate::workspace;

/// The memory of a running process, in MiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// What is its own.
    pub(crate) anonymous: f64,
    /// All that is resident: the program's pages, too.
    pub(crate) resident: f64,
}

impl Memory {
    pub(crate) fn of(process: u32) -> Result<Self> {
        let path = PathBuf::from(format!("/proc/{process}/status"));
        Self::read(&workspace::read(&path)?)
            .ok_or_else(|| Failure::new("the system does not tell the memory"))
    }

    /// The larger of each.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            anonymous: self.anonymous.max(other.anonymous),
            resident: self.resident.max(other.resident),
        }
    }

    fn read(status: &str) -> Option<Self> {
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kilobytes = line.trim().trim_end_matches(" kB").parse::<f64>().ok()?;
            Some(kilobytes / 1024.0)
        };
        Some(Self {
            anonymous: of("RssAnon:")?,
            resident: of("VmRSS:")?,
        })
    }
}

/// The seconds of CPU, user's and system's, that a process has used so far.
pub(crate) fn cpu_of(process: u32) -> Result<f64> {
    let path = PathBuf::from(format!("/proc/{process}/stat"));
    cpu_seconds(&workspace::read(&path)?)
        .ok_or_else(|| Failure::new("the system does not tell the time"))
}

/// From `proc_pid_stat(5)`, whose second field may hold anything, spaces too.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

/// A second has; the same on every Linux that we measure on.
const TICKS: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_seconds() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 9 0 0 0 150 50 0 0 20 0 1 0 5 9 1";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(cpu_seconds("7 (a) S"), None);
    }

    #[test]
    fn kilobytes_become_mebibytes() {
        let status = "VmHWM:\t   9999 kB\nVmRSS:\t    2048 kB\nRssAnon:\t     512 kB\n";
        let memory = Memory::read(status).unwrap();
        assert_eq!((memory.anonymous, memory.resident), (0.5, 2.0));
        assert!(Memory::read("VmRSS:\t2048 kB\n").is_none());
    }
}
