use super::archive::documents;
use super::contents::Contents;
use super::scripts::Scripts;
use super::units::{self, Unit};
use super::variant::Machine;
use crate::Failure;
use crate::failure::Result;
use crate::image::root::{Entry, Root};
use crate::image::{About, layer};
use crate::workspace;

/// What is installed, whoever installs it.
pub(super) struct Package {
    pub(super) machine: Machine,
    pub(super) version: &'static str,
    pub(super) time: u64,
    /// Without what each distribution has somewhere else.
    pub(super) root: Root,
    pub(super) scripts: Scripts,
    /// The completion for zsh.
    pub(super) zsh: Vec<u8>,
    /// Licences and the like, by their names.
    pub(super) documents: Vec<(&'static str, Vec<u8>)>,
}

impl Package {
    pub(super) fn new(contents: &Contents<'_>, about: &About) -> Result<Self> {
        plain(about.version)?;
        let units = units::all()?;
        let mut root = Root::empty(about.time);
        programs(&mut root, &contents.binary);
        let zsh = completions(&mut root, &contents.generated.completions);
        for (name, text) in &contents.generated.man_pages {
            let path = format!("usr/share/man/man1/{name}.gz");
            root.add(path, Entry::file(layer::gzip(text)?));
        }
        for unit in &units {
            root.add(path(unit), Entry::file(unit.of_package()));
        }
        root.add(
            "usr/share/sbom/iamra.cdx.json",
            Entry::file(&*contents.sbom),
        );
        let example = workspace::read(&workspace::root().join("deploy/iamra.toml"))?;
        root.add(
            "usr/share/doc/iamra/examples/iamra.toml",
            Entry::file(example),
        );
        Ok(Self {
            machine: contents.variant.machine,
            version: about.version,
            time: about.time,
            root,
            scripts: Scripts::new(&units),
            zsh,
            documents: all_documents(contents)?,
        })
    }
}

/// dpkg and rpm sort `1.0.0-rc.1` after `1.0.0`, or refuse it: it is no version of theirs.
fn plain(version: &str) -> Result {
    if version.contains(['-', '+']) {
        return Err(Failure::new(format!(
            "no .deb and no .rpm has the version {version}: give the workspace one without - and +"
        )));
    }
    Ok(())
}

/// The binary. Names that other packages have, too, stand in a folder that whoever wants
/// them has on the PATH: so nothing clashes, and nothing is replaced unasked.
fn programs(root: &mut Root, binary: &[u8]) {
    root.add("usr/bin/iamra", Entry::program(binary.to_vec()));
    for name in OURS {
        root.add(format!("usr/bin/{name}"), Entry::Link { to: "iamra" });
    }
    for name in OF_OTHERS {
        let to = "../../bin/iamra";
        root.add(format!("usr/lib/iamra/{name}"), Entry::Link { to });
    }
}

/// Puts each where its shell looks, but for that of zsh, which it returns.
fn completions(root: &mut Root, generated: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zsh = Vec::new();
    for (name, text) in generated {
        let path = match name.as_str() {
            "iamra.bash" => "usr/share/bash-completion/completions/iamra",
            "iamra.fish" => "usr/share/fish/vendor_completions.d/iamra.fish",
            "_iamra" => {
                zsh.clone_from(text);
                continue;
            }
            _ => continue,
        };
        root.add(path, Entry::file(&**text));
    }
    zsh
}

fn path(unit: &Unit) -> String {
    if unit.is_of_users() {
        return "usr/lib/sysusers.d/iamra.conf".to_owned();
    }
    format!("usr/lib/systemd/system/{}", unit.name)
}

fn all_documents(contents: &Contents<'_>) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let own = documents()?.into_iter();
    let mut all: Vec<_> = own.map(|(name, text)| (name, text.into_bytes())).collect();
    all.extend(contents.licences.files());
    Ok(all)
}

const OURS: [&str; 2] = ["docker-credential-iamra", "iamra-credential-provider"];

const OF_OTHERS: [&str; 4] = [
    "aws_signing_helper",
    "docker-credential-ecr-login",
    "ecr-credential-provider",
    "ecr-k8s-secret-creator",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_one_that_packages_sort() {
        assert!(plain("1.2.3").is_ok());
        for version in ["1.2.3-rc.1", "1.2.3+build"] {
            let error = plain(version).unwrap_err().to_string();
            assert!(error.contains(version), "{error}");
        }
    }
}
