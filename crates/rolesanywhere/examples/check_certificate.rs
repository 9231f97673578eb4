//! Says whether AWS would take a certificate, without asking anybody.
//!
//! ```sh
//! cargo run --example check_certificate -- cert.pem
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use refresh::{Clock as _, SystemClock};
use rolesanywhere::{Finding, PemSources};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("usage: check_certificate CERT")?;
    let (certificate, intermediates) = PemSources {
        certificate: &std::fs::read(path)?,
        private_key: None,
        intermediates: None,
    }
    .certificates()?;
    println!(
        "{} (serial {})",
        certificate.subject(),
        certificate.serial_decimal()
    );
    for finding in Finding::of(&certificate, &intermediates, SystemClock.now()) {
        println!("{:?}: {}", finding.severity, finding.unfitness);
        println!("    AWS would answer: {}", finding.prevents());
    }
    Ok(())
}
