use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::failure::Result;

use super::memory::Memory;
use super::{free_address, hang_up};

/// Has a `cert watch` refresh its certificate many times, inside the sandbox,
/// and prints its memory on the way: it must stay flat.
pub(crate) fn run(refreshes: u64) -> Result {
    let scratch =
        tempfile::tempdir().map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
    let watch = Watch::start(scratch.path())?;
    let started = Instant::now();
    println!(
        "{:>9}  {:>12}  {:>12}",
        "refreshes", "anonymous", "resident"
    );
    let mut most = 0.0;
    for step in 1..=STEPS {
        watch.refresh_until((refreshes * step / STEPS).max(1))?;
        let Memory {
            anonymous,
            resident,
        } = Memory::of(watch.child.id())?;
        most = f64::max(most, resident);
        println!(
            "{:>9}  {anonymous:>9.2} MiB  {resident:>9.2} MiB",
            refreshes * step / STEPS
        );
    }
    let mark = if most <= BUDGET { "✓" } else { "✗" };
    println!("most resident: {most:.2} MiB, budget {BUDGET} MiB {mark}");
    let each = started.elapsed().as_secs_f64() * 1000.0
        / f64::from(u32::try_from(refreshes).unwrap_or(u32::MAX));
    println!(
        "each refresh: {each:.1} ms (a certificate signed, three files written and synchronised)"
    );
    Ok(())
}

struct Watch {
    child: Child,
    address: String,
}

impl Watch {
    fn start(scratch: &Path) -> Result<Self> {
        let address = free_address()?;
        let child = Command::new(PathBuf::from("iamra"))
            .args([
                "cert",
                "watch",
                "--key-type",
                "ec-p256",
                "--log-level",
                "error",
            ])
            .args(["--metrics-addr", &address])
            .arg("--out-dir")
            .arg(scratch.join("certificate"))
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| Failure::file(Path::new("iamra"), &error))?;
        let watch = Self { child, address };
        let deadline = Instant::now() + PATIENCE;
        while watch.issued().unwrap_or_default() == 0 {
            if Instant::now() > deadline {
                return Err(Failure::new("the watch has obtained no certificate"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(watch)
    }

    /// Asks for one after the other: what is asked for during a refresh becomes
    /// one more.
    fn refresh_until(&self, count: u64) -> Result {
        let mut issued = self.issued()?;
        while issued < count {
            hang_up(self.child.id())?;
            let deadline = Instant::now() + PATIENCE;
            loop {
                let now = self.issued()?;
                if now > issued {
                    issued = now;
                    break;
                }
                if Instant::now() > deadline {
                    return Err(Failure::new(format!("no refresh after the {issued}th")));
                }
                thread::sleep(Duration::from_micros(500));
            }
        }
        Ok(())
    }

    fn issued(&self) -> Result<u64> {
        let metrics = self.metrics();
        let metrics = metrics.map_err(|error| Failure::new(format!("no metrics: {error}")))?;
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix(ISSUED))
            .unwrap_or_default();
        line.trim()
            .parse()
            .map_err(|_| Failure::new("the metrics do not count what was issued"))
    }

    fn metrics(&self) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: watch\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ISSUED: &str = "iamra_certificate_refreshes_total{outcome=\"issued\"}";
const STEPS: u64 = 5;
/// In MiB.
const BUDGET: f64 = 8.0;
const PATIENCE: Duration = Duration::from_secs(20);
