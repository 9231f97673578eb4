use rpm::{
    BuildConfig, CompressionWithLevel, Dependency, Error, FileMode, FileOptions,
    FileOptionsBuilder, PackageBuilder, Timestamp,
};

use super::package::Package;
use crate::Failure;
use crate::failure::Result;
use crate::image::root::Entry;

/// The .rpm, with its file name.
pub(super) fn rpm(package: &Package) -> Result<(String, Vec<u8>)> {
    let contents = contents(package).map_err(|error| Failure::new(format!("the .rpm: {error}")))?;
    let (version, machine) = (package.version, package.machine.rpm());
    Ok((format!("iamra-{version}-1.{machine}.rpm"), contents))
}

fn contents(package: &Package) -> std::result::Result<Vec<u8>, Error> {
    let machine = package.machine.rpm();
    let mut builder = PackageBuilder::new("iamra", package.version, LICENSE, machine, SUMMARY);
    // What every rpm in use reads; the time is the commit's, and no machine is named.
    let time = Timestamp::from(u32::try_from(package.time).unwrap_or(u32::MAX));
    let configuration = BuildConfig::v4().source_date(time);
    let [installed, removing] = package.scripts.rpm.clone();
    builder
        .using_config(configuration.compression(CompressionWithLevel::Gzip(9)))
        .build_host("localhost")
        .release("1")
        .url(env!("CARGO_PKG_REPOSITORY"))
        .description(DESCRIPTION)
        .vendor(env!("CARGO_PKG_AUTHORS"))
        .recommends(Dependency::any("ca-certificates"))
        .post_install_script(installed)
        .pre_uninstall_script(removing);
    files(&mut builder, package)?;
    let mut written = Vec::new();
    builder.build()?.write(&mut written)?;
    Ok(written)
}

fn files(builder: &mut PackageBuilder, package: &Package) -> std::result::Result<(), Error> {
    for (path, entry) in &package.root.entries {
        let at = format!("/{path}");
        match entry {
            Entry::Folder { .. } if !is_owned(path) => {}
            Entry::Folder { .. } => {
                builder.with_dir_entry(folder(&at))?;
            }
            Entry::File { contents, mode } => {
                let mode = FileMode::regular(u16::try_from(*mode).unwrap_or(0o644));
                let options = FileOptions::new(at).mode(mode);
                let is_document = path.starts_with("usr/share/doc");
                let options = if is_document { options.doc() } else { options };
                builder.with_file_contents(contents.clone(), options)?;
            }
            Entry::Link { to } => {
                builder.with_symlink(FileOptions::symlink(at, *to))?;
            }
        }
    }
    let zsh = "/usr/share/zsh/site-functions/_iamra";
    builder.with_file_contents(
        package.zsh.clone(),
        FileOptions::new(zsh).permissions(0o644),
    )?;
    builder.with_dir_entry(folder("/usr/share/licenses/iamra"))?;
    for (name, text) in &package.documents {
        let options = match *name {
            "CHANGELOG.md" | "README.md" => {
                FileOptions::new(format!("/usr/share/doc/iamra/{name}")).doc()
            }
            name => FileOptions::new(format!("/usr/share/licenses/iamra/{name}")).license(),
        };
        builder.with_file_contents(text.clone(), options.permissions(0o644))?;
    }
    Ok(())
}

/// What is ours goes when the package goes. Those of the system are others' to own; that
/// of SBOMs is nobody's, so it is of each who puts one there.
fn is_owned(folder: &str) -> bool {
    folder == "usr/share/sbom" || folder.split('/').any(|name| name == "iamra")
}

fn folder(at: &str) -> FileOptionsBuilder {
    FileOptions::dir(at).permissions(0o755)
}

/// Of iamra; those of what is in it are in a file.
const LICENSE: &str = "MIT OR Apache-2.0";
const SUMMARY: &str = "Vault certificates into AWS credentials";
const DESCRIPTION: &str =
    "iamra logs in to Vault or OpenBao, has a certificate signed, opens a session
of IAM Roles Anywhere with it, and hands the credentials to whoever needs
them: credential_process, files, endpoints, docker, kubelet and Kubernetes.

It comes with units of systemd, none of which is enabled.";
