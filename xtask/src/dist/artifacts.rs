use std::path::{Path, PathBuf};

use super::{earlier, homebrew};
use crate::Failure;
use crate::failure::Result;
use crate::image::{About, layer};

/// The files that are handed out, as they are written.
pub(super) struct Artifacts {
    folder: PathBuf,
    pub(super) about: About,
    written: Vec<Artifact>,
}

/// One of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Artifact {
    pub(super) name: String,
    pub(super) size: usize,
    /// Its SHA-256, in hexadecimal digits.
    pub(super) sum: String,
}

impl Artifacts {
    /// In a folder without those of an earlier run: what is handed out is of one commit.
    pub(super) fn new(folder: &Path, about: About) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        earlier::remove(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            about,
            written: Vec::new(),
        })
    }

    pub(super) fn add(&mut self, name: &str, contents: &[u8]) -> Result {
        self.write(name, contents)?;
        let digest = layer::digest(contents);
        self.written.push(Artifact {
            name: name.to_owned(),
            size: contents.len(),
            sum: digest.trim_start_matches("sha256:").to_owned(),
        });
        // At once: a run that fails later says what it has left there.
        self.write(earlier::SUMS, sums(&self.written).as_bytes())
    }

    fn write(&self, name: &str, contents: &[u8]) -> Result {
        let path = self.folder.join(name);
        std::fs::write(&path, contents).map_err(|error| Failure::file(&path, &error))
    }

    /// What speaks of all of them; then a table for people. Returns where they are.
    pub(super) fn finish(mut self) -> Result<Vec<PathBuf>> {
        let formula = homebrew::formula(self.about.version, &self.written);
        if let Some(formula) = formula {
            self.add("iamra.rb", formula.as_bytes())?;
        }
        println!("\n{}\n{}", self.folder.display(), table(&self.written));
        let names = self.written.iter().map(|it| it.name.as_str());
        let names = names.chain([earlier::SUMS]);
        Ok(names.map(|name| self.folder.join(name)).collect())
    }
}

/// For `sha256sum --check`.
fn sums(artifacts: &[Artifact]) -> String {
    let mut lines: Vec<_> = artifacts
        .iter()
        .map(|artifact| (&artifact.name, &artifact.sum))
        .collect();
    lines.sort();
    let lines = lines.iter().map(|(name, sum)| format!("{sum}  {name}\n"));
    lines.collect()
}

fn table(artifacts: &[Artifact]) -> String {
    let row = |artifact: &Artifact| {
        let size = megabytes(artifact.size);
        format!("{:<44} {size:>8} MB  {}\n", artifact.name, artifact.sum)
    };
    artifacts.iter().map(row).collect()
}

/// With two digits behind the point.
fn megabytes(bytes: usize) -> String {
    let hundredths = bytes.div_ceil(10_000);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About {
            time: 7,
            revision: "abc".to_owned(),
            version: "1.2.3",
        }
    }

    #[test]
    fn sums_are_sorted_and_of_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let mut artifacts = Artifacts::new(folder, about()).unwrap();
        artifacts.add("b.tar.gz", b"b").unwrap();
        artifacts.add("a.deb", b"").unwrap();
        artifacts.finish().unwrap();
        let sums = std::fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
        // Of nothing, and of the letter b.
        assert_eq!(
            sums,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a.deb\n\
             3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  b.tar.gz\n"
        );
        assert_eq!(std::fs::read(folder.join("b.tar.gz")).unwrap(), b"b");
    }

    #[test]
    fn a_size_is_rounded_up() {
        for (bytes, text) in [(0, "0.00"), (1, "0.01"), (12_340_000, "12.34")] {
            assert_eq!(megabytes(bytes), text);
        }
    }
}
