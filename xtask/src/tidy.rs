use crate::Failure;
use crate::book::summary;
use crate::failure::Result;
use crate::workspace;

mod arrows;
pub(crate) mod links;
mod manifests;
mod mentions;
mod proofs;
mod seeds;
mod snapshots;
mod sources;

/// Checks what the compiler does not, and prints every finding at once.
pub(crate) fn run() -> Result {
    let packages = workspace::packages()?;
    let mut findings = arrows::check(&packages);
    findings.extend(manifests::check(&packages)?);
    findings.extend(sources::check()?);
    findings.extend(snapshots::check()?);
    findings.extend(links::check()?);
    findings.extend(mentions::check()?);
    findings.extend(summary::check()?);
    findings.extend(seeds::check()?);
    findings.extend(proofs::check()?);
    if findings.is_empty() {
        return Ok(());
    }
    for finding in &findings {
        println!("{finding}");
    }
    Err(Failure::new(format!("tidy: {} findings", findings.len())))
}
