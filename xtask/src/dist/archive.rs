use super::contents::Contents;
use super::units;
use super::variant::System;
use crate::failure::Result;
use crate::image::layer;
use crate::image::root::{Entry, Root};
use crate::workspace;

/// Everything in one folder, packed as the target's people unpack it; with its file name.
pub(super) fn archive(
    contents: &Contents<'_>,
    version: &str,
    time: u64,
) -> Result<(String, Vec<u8>)> {
    let folder = format!("iamra-{version}-{}", contents.variant);
    let root = root(contents, &folder, time)?;
    match contents.variant.system {
        System::Windows => Ok((format!("{folder}.zip"), super::zip::zip(&root)?)),
        System::Linux | System::Darwin => {
            let packed = layer::gzip(&layer::tar(&root)?)?;
            Ok((format!("{folder}.tar.gz"), packed))
        }
    }
}

fn root(contents: &Contents<'_>, folder: &str, time: u64) -> Result<Root> {
    let mut root = Root::empty(time);
    let mut add = |path: &str, entry| root.add(format!("{folder}/{path}"), entry);
    let binary = Entry::program(contents.binary.clone());
    add(contents.variant.program(), binary);
    for (name, text) in documents()? {
        add(name, Entry::file(text));
    }
    for (name, text) in contents.licences.files() {
        add(name, Entry::file(text));
    }
    add("iamra.cdx.json", Entry::file(&*contents.sbom));
    for (name, text) in &contents.generated.completions {
        add(&format!("completions/{name}"), Entry::file(&**text));
    }
    if contents.variant.system == System::Windows {
        return Ok(root);
    }
    for (name, text) in &contents.generated.man_pages {
        add(&format!("man/man1/{name}"), Entry::file(&**text));
    }
    if contents.variant.system == System::Linux {
        for unit in units::all()? {
            add(&format!("systemd/{}", unit.name), Entry::file(unit.text));
        }
    }
    Ok(root)
}

/// What we have to say of all of it.
pub(super) fn documents() -> Result<Vec<(&'static str, String)>> {
    let read = |name| Ok((name, workspace::read(&workspace::root().join(name))?));
    ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md"]
        .into_iter()
        .map(read)
        .collect()
}
