use std::path::Path;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

/// Prints the size of the release binary, and fails where it is over the limit.
pub(crate) fn of_release(binary: &Path) -> Result {
    let size = megabytes(binary)?;
    println!("\nrelease binary {size:.2} MB, aim {AIM} MB, limit {LIMIT} MB");
    if size > LIMIT {
        return Err(Failure::new("the release binary is too large"));
    }
    Ok(())
}

/// Builds the binary without features and with each one alone.
///
/// In a target folder of its own, so that `release/iamra` stays what it is.
pub(crate) fn by_feature() -> Result {
    let cli = workspace::packages()?
        .into_iter()
        .find(|package| package.name == "iamra")
        .ok_or_else(|| Failure::new("there is no package iamra"))?;
    let folder = workspace::target("sizes");
    let built = folder.join(format!("release/iamra{}", std::env::consts::EXE_SUFFIX));
    let without = "build --release --locked --package iamra --no-default-features --target-dir";
    Tool::cargo(without).arg(&folder).run()?;
    let base = megabytes(&built)?;
    println!("without features {base:.2} MB");
    for feature in cli.features {
        Tool::cargo(without)
            .arg(&folder)
            .words(&format!("--features {feature}"))
            .run()?;
        let size = megabytes(&built)?;
        println!("{feature} {size:.2} MB ({:+.2} MB)", size - base);
    }
    Ok(())
}

fn megabytes(file: &Path) -> Result<f64> {
    let metadata = file
        .metadata()
        .map_err(|error| Failure::file(file, &error))?;
    let kilobytes = u32::try_from(metadata.len() / 1000).unwrap_or(u32::MAX);
    Ok(f64::from(kilobytes) / 1000.0)
}

pub(crate) const AIM: f64 = 10.0;
pub(crate) const LIMIT: f64 = 12.1;
