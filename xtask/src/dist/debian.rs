use std::fmt::Write as _;

use md5::{Digest as _, Md5};

use super::package::Package;
use crate::Failure;
use crate::failure::Result;
use crate::image::layer;
use crate::image::root::{Entry, Root};

/// The .deb, with its file name.
///
/// [deb(5)](https://manpages.debian.org/bookworm/dpkg-dev/deb.5.en.html)
pub(super) fn deb(package: &Package) -> Result<(String, Vec<u8>)> {
    let data = data(package)?;
    let control = control(package, &data);
    let pack = |root: &Root| layer::gzip(&layer::tar(root)?);
    let members = [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.gz", pack(&control)?),
        ("data.tar.gz", pack(&data)?),
    ];
    let mut archive = ar::Builder::new(Vec::new());
    for (name, contents) in members {
        let mut header = ar::Header::new(name.into(), contents.len() as u64);
        header.set_mtime(package.time);
        header.set_mode(0o100_644);
        archive
            .append(&header, &*contents)
            .map_err(|error| Failure::new(format!("the .deb: {error}")))?;
    }
    let contents = archive
        .into_inner()
        .map_err(|error| Failure::new(format!("the .deb: {error}")))?;
    let machine = package.machine.debian();
    Ok((
        format!("iamra_{}_{machine}.deb", version(package)),
        contents,
    ))
}

/// What is installed, where Debian wants it.
fn data(package: &Package) -> Result<Root> {
    let mut root = Root::empty(package.time);
    let common = package.root.entries.iter();
    root.entries = common
        .map(|(path, entry)| (path.clone(), entry.clone()))
        .collect();
    let zsh = "usr/share/zsh/vendor-completions/_iamra";
    root.add(zsh, Entry::file(&*package.zsh));
    for (name, contents) in &package.documents {
        let (name, contents) = match *name {
            "CHANGELOG.md" => ("changelog.gz", layer::gzip(contents)?),
            "THIRD-PARTY.txt" => ("THIRD-PARTY.txt.gz", layer::gzip(contents)?),
            "RUST-LIBRARY.html" => ("RUST-LIBRARY.html.gz", layer::gzip(contents)?),
            "LICENSE-MIT" => ("copyright", copyright(contents)),
            // Every Debian has its text.
            "LICENSE-APACHE" => continue,
            name => (name, contents.clone()),
        };
        root.add(format!("{DOCUMENTS}/{name}"), Entry::file(contents));
    }
    let changes = layer::gzip(changes(package).as_bytes())?;
    root.add(
        format!("{DOCUMENTS}/changelog.Debian.gz"),
        Entry::file(changes),
    );
    root.add("usr/share/lintian/overrides/iamra", Entry::file(OVERRIDES));
    Ok(root)
}

fn control(package: &Package, data: &Root) -> Root {
    let mut root = Root::empty(package.time);
    let (mut sums, mut size) = (String::new(), 0);
    for (path, entry) in &data.entries {
        let Entry::File { contents, .. } = entry else {
            // As dpkg-gencontrol counts them.
            size += 1;
            continue;
        };
        size += contents.len().div_ceil(1024);
        for byte in Md5::digest(contents) {
            // To a string: that does not fail.
            let _ = write!(sums, "{byte:02x}");
        }
        sums += &format!("  {path}\n");
    }
    root.add("control", Entry::file(fields(package, size)));
    root.add("md5sums", Entry::file(sums));
    for (name, script) in &package.scripts.debian {
        root.add(*name, Entry::program(script.clone().into_bytes()));
    }
    root
}

fn fields(package: &Package, kilobytes: usize) -> String {
    let (version, machine) = (version(package), package.machine.debian());
    let (homepage, maintainer) = (env!("CARGO_PKG_REPOSITORY"), env!("CARGO_PKG_AUTHORS"));
    format!(
        "Package: iamra\nVersion: {version}\nArchitecture: {machine}\nMaintainer: {maintainer}\n\
         Installed-Size: {kilobytes}\nRecommends: ca-certificates\nSection: admin\n\
         Priority: optional\nHomepage: {homepage}\nDescription: {DESCRIPTION}\n"
    )
}

/// [Machine-readable copyright](https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/)
fn copyright(mit: &[u8]) -> Vec<u8> {
    let mit = String::from_utf8_lossy(mit);
    let holder = mit.lines().find(|line| line.starts_with("Copyright"));
    let terms = mit
        .lines()
        .skip_while(|line| !line.starts_with("Permission"));
    let terms = terms.map(|line| {
        if line.is_empty() {
            " .\n".to_owned()
        } else {
            format!(" {line}\n")
        }
    });
    let (holder, terms) = (holder.unwrap_or_default(), terms.collect::<String>());
    let repository = env!("CARGO_PKG_REPOSITORY");
    format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\
         Upstream-Name: iamra\nSource: {repository}\n\
         Comment: The binary has crates of others in it. Their licences and notices are in\n \
         THIRD-PARTY.txt.gz and RUST-LIBRARY.html.gz, beside this file.\n\n\
         Files: *\nCopyright: {}\nLicense: MIT or Apache-2.0\n\n\
         License: MIT\n{terms}\nLicense: Apache-2.0\n \
         The text is in /usr/share/common-licenses/Apache-2.0.\n",
        holder.trim_start_matches("Copyright (c) ")
    )
    .into_bytes()
}

/// Of the package; those of iamra are beside them.
fn changes(package: &Package) -> String {
    let seconds = i64::try_from(package.time).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let time = jiff::fmt::rfc2822::to_string(&time.to_zoned(jiff::tz::TimeZone::UTC));
    let (version, maintainer) = (version(package), env!("CARGO_PKG_AUTHORS"));
    format!(
        "iamra ({version}) unstable; urgency=medium\n\n  * What is new: changelog.gz.\n\n \
         -- {maintainer}  {}\n",
        time.unwrap_or_default()
    )
}

/// The first package of a version.
fn version(package: &Package) -> String {
    format!("{}-1", package.version)
}

const DOCUMENTS: &str = "usr/share/doc/iamra";

/// What lintian should not mind.
const OVERRIDES: &str = "\
# So that it runs wherever it is put, in an empty container, too.
iamra: statically-linked-binary [usr/bin/iamra]
";
const DESCRIPTION: &str = "Vault certificates into AWS credentials
 iamra logs in to Vault or OpenBao, has a certificate signed, opens a session
 of IAM Roles Anywhere with it, and hands the credentials to whoever needs
 them: credential_process, files, endpoints, docker, kubelet and Kubernetes.
 .
 It comes with units of systemd, none of which is enabled.";
