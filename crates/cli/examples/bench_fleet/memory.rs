use crate::Result;

/// What a process has used so far: MiB, and seconds of CPU.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// All that is resident.
    pub(crate) resident: f64,
    /// The same with what others share counted in parts.
    pub(crate) proportional: f64,
    pub(crate) cpu: f64,
}

impl Memory {
    pub(crate) fn of(process: u32) -> Result<Self> {
        let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        Ok(Self {
            resident: mebibytes(&rollup, "Rss:")?,
            proportional: mebibytes(&rollup, "Pss:")?,
            cpu: seconds(&stat)?,
        })
    }

    /// The mean resident, the largest resident, the mean proportional, all CPU.
    pub(crate) fn summary(all: &[Self]) -> String {
        let count = f64::from(u32::try_from(all.len().max(1)).unwrap_or(u32::MAX));
        let sum = |of: fn(&Self) -> f64| all.iter().map(of).sum::<f64>();
        let most = all.iter().map(|it| it.resident).fold(0.0, f64::max);
        format!(
            "{:.1} MiB resident each ({most:.1} at the most), {:.1} by its share; {:.1} s of CPU in all",
            sum(|it| it.resident) / count,
            sum(|it| it.proportional) / count,
            sum(|it| it.cpu),
        )
    }
}

fn mebibytes(rollup: &str, name: &str) -> Result<f64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes: f64 = kilobytes
        .ok_or("the system does not tell the memory")?
        .parse()?;
    Ok(kilobytes / 1024.0)
}

/// User's and system's, from `proc_pid_stat(5)`.
fn seconds(stat: &str) -> Result<f64> {
    let (_, fields) = stat.rsplit_once(')').ok_or("no fields")?;
    let fields = fields.split_whitespace().skip(11).take(2);
    let ticks: f64 = fields
        .map(str::parse::<f64>)
        .sum::<std::result::Result<_, _>>()?;
    Ok(ticks / TICKS)
}

/// In a second: what Linux has always shown to programs.
const TICKS: f64 = 100.0;
