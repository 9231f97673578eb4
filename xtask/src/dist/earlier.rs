use std::io::ErrorKind;
use std::path::Path;

use crate::Failure;
use crate::failure::Result;
use crate::signature::BESIDE;
use crate::workspace;

/// Removes what the run before has written into the folder: what its sums name, with the
/// signatures beside. Nothing else: the folder may be somebody's who keeps more there.
pub(super) fn remove(folder: &Path) -> Result {
    let sums = folder.join(SUMS);
    if !sums.exists() {
        return Ok(());
    }
    let sums = workspace::read(&sums)?;
    // The sums last: a run that is interrupted here can be repeated.
    for name in names(&sums).chain([PROVENANCE, SUMS]) {
        for companion in BESIDE.into_iter().chain([""]) {
            let path = folder.join(format!("{name}{companion}"));
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Failure::file(&path, &error));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Those of our files. Others have sums of this name, too, and theirs may name anything.
fn names(sums: &str) -> impl Iterator<Item = &str> {
    let names = sums
        .lines()
        .filter_map(|line| Some(line.split_once("  ")?.1));
    names.filter(|name| {
        let is_ours = ["iamra-", "iamra_", "iamra."].iter();
        !name.contains(['/', '\\']) && is_ours.into_iter().any(|begin| name.starts_with(begin))
    })
}

/// How all of them were built.
pub(crate) const PROVENANCE: &str = "provenance.intoto.jsonl";

/// Of all files, for `sha256sum --check`.
pub(crate) const SUMS: &str = "SHA256SUMS";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_run_wrote_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let dist = folder.join("dist");
        std::fs::create_dir(&dist).unwrap();
        let gone = [
            "iamra-0.9.0-linux-amd64.tar.gz",
            "iamra-0.9.0-linux-amd64.tar.gz.sig",
            "iamra-0.9.0-linux-amd64.tar.gz.sigstore.json",
            "iamra_0.9.0-1_amd64.deb",
            "iamra.rb",
            "SHA256SUMS.sig",
            "provenance.intoto.jsonl",
        ];
        let kept = ["iamra-notes.txt", "debian.iso", "iamra.rb.orig"];
        for name in gone.iter().chain(&kept) {
            std::fs::write(dist.join(name), name).unwrap();
        }
        std::fs::write(folder.join("iamra-mine"), "").unwrap();
        let sums = "1  iamra-0.9.0-linux-amd64.tar.gz\n2  iamra_0.9.0-1_amd64.deb\n\
                    3  iamra.rb\n4  debian.iso\n5  ../iamra-mine\n6  iamra-/../../iamra-mine\n\
                    7  iamra-gone-already\n";
        std::fs::write(dist.join(SUMS), sums).unwrap();
        remove(&dist).unwrap();
        let left = workspace::files(&dist).unwrap();
        let mut left: Vec<_> = left
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .collect();
        left.sort_unstable();
        let mut kept = kept;
        kept.sort_unstable();
        assert_eq!(left, kept);
        assert!(folder.join("iamra-mine").exists());
        remove(&dist).unwrap();
    }
}
