use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;

use super::{bin, environment, program};

/// skopeo, where it is not here and may be installed.
pub(crate) fn install_skopeo() -> Result {
    install_package("skopeo", "skopeo")
}

/// What reads the packages that `dist` writes.
pub(super) fn install_readers_of_packages() -> Result {
    let packages = [
        ("cpio", "cpio"),
        ("lintian", "lintian"),
        ("rpm", "rpm"),
        ("ruby", "ruby"),
        ("systemd-analyze", "systemd"),
    ];
    let installed = packages.map(|(name, package)| install_package(name, package));
    installed.into_iter().collect()
}

/// A package of Debian's, where its program is not here and it may be installed.
fn install_package(name: &str, package: &str) -> Result {
    if program(name).is_some() || !is_root_on_debian() {
        return Ok(());
    }
    let install = || {
        Tool::new("apt-get")
            .words("install --yes --quiet --no-install-recommends")
            .arg(package)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .run()
    };
    install().or_else(|_| {
        update()?;
        install()
    })
}

/// docker-registry, unpacked and not installed: its package would start it as a
/// service, and asks for nothing but the C library.
pub(super) fn install_registry() -> Result {
    unpack("docker-registry", "docker-registry")
}

/// umoci, which unpacks images as a container runtime does; nothing else needs it.
pub(super) fn install_umoci() -> Result {
    unpack("umoci", "umoci")
}

/// qemu, which runs what is built for another processor. Static: nothing else needs it.
pub(super) fn install_qemu() -> Result {
    unpack("qemu-aarch64-static", "qemu-user-static")
}

/// One program, from this package.
fn unpack(name: &str, of: &str) -> Result {
    if program(name).is_some() || program("apt-get").is_none() {
        return Ok(());
    }
    let folder = environment().join("debian").join(name);
    create(&folder)?;
    download(&folder, of).or_else(|_| {
        update()?;
        download(&folder, of)
    })?;
    let package = package(&folder)?;
    Tool::new("dpkg-deb")
        .arg("-x")
        .arg(package)
        .arg(&folder)
        .run()?;
    create(&bin())?;
    Tool::new("ln")
        .words("-sf")
        .arg(folder.join("usr/bin").join(name))
        .arg(bin())
        .run()
}

/// apt-get writes into the folder that it runs in.
fn download(folder: &Path, name: &str) -> Result {
    Tool::new("sh")
        .arg("-c")
        .arg("cd \"$0\" && apt-get download --quiet -o APT::Sandbox::User=root \"$1\"")
        .arg(folder)
        .arg(name)
        .run()
}

fn package(folder: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::file(folder, &error))?;
    let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let found = paths.find(|path| path.extension().is_some_and(|it| it == "deb"));
    found.ok_or_else(|| Failure::new("apt-get downloaded no package"))
}

/// A new machine has no lists of packages.
fn update() -> Result {
    if !is_root_on_debian() {
        return Err(Failure::new("the lists of packages are root's to update"));
    }
    Tool::new("apt-get").words("update --quiet").run()
}

fn create(folder: &Path) -> Result {
    std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))
}

fn is_root_on_debian() -> bool {
    let user = Tool::new("id").arg("-u").output();
    program("apt-get").is_some() && user.is_ok_and(|user| user.trim() == "0")
}
