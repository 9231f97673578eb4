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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kilobytes_become_mebibytes() {
        let status = "VmHWM:\t   9999 kB\nVmRSS:\t    2048 kB\nRssAnon:\t     512 kB\n";
        let memory = Memory::read(status).unwrap();
        assert_eq!((memory.anonymous, memory.resident), (0.5, 2.0));
        assert!(Memory::read("VmRSS:\t2048 kB\n").is_none());
    }
}
