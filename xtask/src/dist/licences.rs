use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Failure;
use crate::failure::Result;
use crate::sources::{self, Source};
use crate::tool::Tool;
use crate::toolchain;
use crate::workspace;

/// What the licences of others ask to be handed out with a binary.
pub(super) struct Licences {
    /// Of the crates in it, and of the C library if that is in it, too.
    pub(super) third_party: String,
    /// Of Rust's own library, as its compiler brings it.
    pub(super) rust_library: String,
}

impl Licences {
    /// The files that they are handed out as.
    pub(super) fn files(&self) -> [(&'static str, Vec<u8>); 2] {
        [
            ("RUST-LIBRARY.html", self.rust_library.clone().into_bytes()),
            ("THIRD-PARTY.txt", self.third_party.clone().into_bytes()),
        ]
    }
}

/// Those of a binary for this target, of which this is the SBOM: both name the same
/// crates.
///
/// Each text stands there once, with the crates that it is of.
pub(super) fn of(sbom: &[u8], target: &str) -> Result<Licences> {
    let sysroot = Tool::new("rustc").words("--print sysroot").output()?;
    let known = Path::new(sysroot.trim()).join("share/doc/rust");
    let mut texts = Texts::default();
    let mut list = String::new();
    for source in in_binary(sbom, sources::all()?, target)? {
        let Source {
            name,
            version,
            license,
            ..
        } = &source;
        list += &format!("{name} {version}: {license}\n");
        let found = texts_of(&source, &known.join("licenses"))?;
        texts.add(&format!("{name} {version}"), found);
    }
    if let Some(notice) = toolchain::notice_of_libc(target)? {
        list += "the C library: see its notice\n";
        texts.add("the C library", vec![notice]);
    }
    Ok(Licences {
        third_party: format!("{HEADING}\n{list}{}", texts.shown()),
        rust_library: workspace::read(&known.join("COPYRIGHT-library.html"))?,
    })
}

/// Those of other people among the crates that the SBOM names. What compilers put in is
/// no crate, and has texts of its own.
fn in_binary(sbom: &[u8], sources: Vec<Source>, target: &str) -> Result<Vec<Source>> {
    let sbom: Sbom =
        serde_json::from_slice(sbom).map_err(|error| Failure::new(format!("the SBOM: {error}")))?;
    let mut by_name: BTreeMap<_, _> = sources
        .into_iter()
        .map(|source| ((source.name.clone(), source.version.clone()), source))
        .collect();
    let mut found = Vec::new();
    let runtime = toolchain::runtime(target);
    let is_crate = |one: &Component| runtime.iter().all(|(part, ..)| *part != one.name);
    for Component { name, version } in sbom.components.into_iter().filter(is_crate) {
        let missing = format!("{name} {version} is in the SBOM and not in Cargo.lock");
        let source = by_name.remove(&(name, version));
        found.push(source.ok_or_else(|| Failure::new(missing))?);
    }
    found.retain(|source| source.is_of_registry);
    Ok(found)
}

/// The texts that a crate brings; where it forgot them, those of the licences it names,
/// which have no holder in them.
fn texts_of(source: &Source, known: &Path) -> Result<Vec<String>> {
    let mut paths = workspace::files(&source.folder)?;
    paths.retain(|path| is_licence(path));
    if !paths.is_empty() {
        return paths.iter().map(|path| lossy(path)).collect();
    }
    let Source { name, license, .. } = source;
    let authors = source.authors.join(", ");
    let paths = named(license, known);
    if paths.is_empty() {
        let sentence = format!("{name} has no text of its licence, {license}, and we have none");
        return Err(Failure::new(sentence));
    }
    let texts = paths.iter();
    let texts = texts.map(|path| Ok(format!("Of {name}, by: {authors}\n\n{}", lossy(path)?)));
    texts.collect()
}

/// By what such files are called. Code and manuals have such names, too.
fn is_licence(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_lowercase();
    let begins = ["licen", "copying", "copyright", "notice", "unlicense"];
    let ends = [".rs", ".c", ".h", ".py", ".html", ".json"];
    begins.iter().any(|begin| name.starts_with(begin))
        && !ends.iter().any(|end| name.ends_with(end))
}

/// The files of the licences in an SPDX expression.
fn named(expression: &str, known: &Path) -> Vec<PathBuf> {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || "-.".contains(letter);
    let words = expression.split(|letter| !is_of_name(letter));
    let paths = words.map(|word| known.join(format!("{word}.txt")));
    paths.filter(|path| path.is_file()).collect()
}

/// Old ones are not always UTF-8.
fn lossy(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Texts without their layout, so that two that differ only by it are one.
#[derive(Default)]
struct Texts(BTreeMap<String, (String, BTreeSet<String>)>);

impl Texts {
    fn add(&mut self, of: &str, texts: Vec<String>) {
        for text in texts {
            let words: Vec<_> = text.split_whitespace().collect();
            let (_, crates) = self
                .0
                .entry(words.join(" "))
                .or_insert_with(|| (text, BTreeSet::new()));
            crates.insert(of.to_owned());
        }
    }

    fn shown(&self) -> String {
        let mut texts: Vec<_> = self.0.values().collect();
        texts.sort_by(|one, other| one.1.cmp(&other.1));
        let shown = texts.iter().map(|(text, crates)| {
            let crates: Vec<_> = crates.iter().map(String::as_str).collect();
            let text: Vec<_> = text.lines().map(str::trim_end).collect();
            format!("\n{RULE}\n{}\n\n{}\n", crates.join(", "), text.join("\n"))
        });
        shown.collect()
    }
}

#[derive(Deserialize)]
struct Sbom {
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    name: String,
    version: String,
}

const HEADING: &str = "What others have written and this binary has in it, with the licence of \
each; the texts follow.\nRust's own library has a file of its own.\n";
const RULE: &str = "----------------------------------------------------------------------";

#[cfg(test)]
mod tests {
    use super::*;

    fn source(folder: &Path, license: &str) -> Source {
        Source {
            name: "slab".to_owned(),
            version: "0.4.12".to_owned(),
            license: license.to_owned(),
            authors: vec!["Ann".to_owned()],
            folder: folder.to_owned(),
            is_of_registry: true,
        }
    }

    #[test]
    fn a_crate_without_texts_has_those_of_its_licences() {
        let folder = tempfile::tempdir().unwrap();
        let (own, known) = (folder.path().join("own"), folder.path().join("known"));
        for (path, text) in [
            ("known/MIT.txt", "m"),
            ("known/Apache-2.0.txt", "a"),
            ("own/src/license.rs", "code"),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let found = |license| texts_of(&source(&own, license), &known);
        let of = |text| format!("Of slab, by: Ann\n\n{text}");
        assert_eq!(found("MIT/Apache-2.0").unwrap(), [of("m"), of("a")]);
        assert_eq!(found("(MIT)").unwrap(), [of("m")]);
        let error = found("WTFPL").unwrap_err().to_string();
        assert!(error.contains("slab") && error.contains("WTFPL"), "{error}");
        std::fs::write(own.join("LICENSE-MIT"), "own").unwrap();
        std::fs::write(own.join("src/COPYING"), "nested").unwrap();
        assert_eq!(found("MIT").unwrap(), ["own", "nested"]);
    }

    #[test]
    fn a_text_stands_there_once() {
        let mut texts = Texts::default();
        texts.add("b 1", vec!["Do  what\nyou like".to_owned()]);
        texts.add("a 1", vec!["Do what you\nlike \n".to_owned()]);
        texts.add("c 1", vec!["Do not".to_owned()]);
        let rule = format!("\n{RULE}\n");
        assert_eq!(
            texts.shown(),
            format!("{rule}a 1, b 1\n\nDo  what\nyou like\n{rule}c 1\n\nDo not\n")
        );
    }

    #[test]
    fn ours_are_left_out_and_a_stranger_is_refused() {
        let sbom = br#"{"components": [{"name": "slab", "version": "0.4.12"}]}"#;
        let mut ours = source(Path::new("/"), "MIT");
        assert_eq!(
            in_binary(sbom, vec![source(Path::new("/"), "MIT")], MUSL)
                .unwrap()
                .len(),
            1
        );
        ours.is_of_registry = false;
        assert!(in_binary(sbom, vec![ours], MUSL).unwrap().is_empty());
        assert!(in_binary(sbom, Vec::new(), MUSL).is_err());
    }

    /// For each of what is handed out.
    #[test]
    fn every_crate_of_an_sbom_is_found() {
        let gnu = "x86_64-unknown-linux-gnu";
        for (target, features) in [(MUSL, &[][..]), (gnu, &["pkcs11".to_owned()])] {
            let sbom = crate::sbom::of(target, features).unwrap();
            let found = in_binary(&sbom, sources::all().unwrap(), target).unwrap();
            let has = |name: &str| found.iter().any(|source| source.name == name);
            assert!(has("rustls"));
            assert_eq!(has("cryptoki"), !features.is_empty());
        }
    }

    const MUSL: &str = "x86_64-unknown-linux-musl";
}
