use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::registry::{self, Access, Caller, Place, Repository};
use crate::sbom;
use crate::signature;
use crate::tool::Tool;
use crate::toolchain::{self, Recipe};
use crate::workspace;

mod archive;
mod base;
mod budget;
#[cfg(test)]
mod dockerfile;
pub(crate) mod layer;
mod layout;
mod platform;
pub(crate) mod root;
mod signed;

#[cfg(test)]
pub(crate) use layer::digest;
pub(crate) use layout::Layout;
#[cfg(test)]
pub(crate) use layout::tests::written as written_sample;
pub(crate) use signed::parameters;

use base::Base;
use budget::Size;
use layout::Image;
use platform::Platform;
use root::Root;

/// Builds the image of the static binary, without a daemon: an OCI layout with an index.
///
/// The binary is `/iamra`; the other names that it answers to are links to it on the
/// PATH. Beside it there are root certificates, and the user 65534 with a home. Two builds
/// of one commit are the same bit for bit.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// For which platforms: linux/amd64, linux/arm64.
    #[arg(long, value_delimiter = ',', default_value = "linux/amd64")]
    platform: Vec<Platform>,
    /// Where the OCI layout goes; what is there of an earlier one is replaced.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// The name by which tools find it, in the layout and in a registry; may be repeated.
    #[arg(long, default_value = "latest", value_parser = registry::tag)]
    tag: Vec<String>,
    /// Take this binary and build none, once for each platform: for checks of the image itself.
    #[arg(long, value_name = "FILE")]
    binary: Vec<PathBuf>,
    /// Put it on this image, for what the image has not: a layout, or HOST/REPOSITORY with
    /// :tag or @digest. Users and authorities are then those of the base.
    #[arg(long, value_name = "IMAGE")]
    base: Option<Place>,
    /// Build it once more, from a clone in another folder, and fail unless the digests are
    /// the same. With --binary it is only put together twice.
    #[arg(long)]
    verify_reproducible: bool,
    #[command(flatten)]
    signed: signed::SignedImage,
    /// Take this layout as it is, and build none: to push it, or to make an archive of it.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["output", "tag", "binary", "base", "verify_reproducible"])]
    from: Option<PathBuf>,
    /// Also write one platform as a file for `docker load`.
    #[arg(long, value_name = "FILE")]
    docker_archive: Option<PathBuf>,
    /// Send all that the layout names to this repository: HOST/REPOSITORY. What is there
    /// already is not sent again.
    #[arg(long, value_name = "REPOSITORY")]
    push: Option<Repository>,
    /// Refuse to push where a tag names something else.
    #[arg(long, requires = "push")]
    no_clobber: bool,
    #[command(flatten)]
    access: Access,
}

pub(crate) fn run(args: &Args) -> Result {
    if let Some(image) = args.push.as_ref().and_then(|to| to.image.as_ref()) {
        let sentence = format!("--push is a repository, without {image}: tags come from --tag");
        return Err(Failure::new(sentence));
    }
    if args.from.is_some() {
        args.signed.signing.refuse("--from")?;
    }
    if !args.binary.is_empty() {
        args.signed.signing.refuse("--binary")?;
    }
    let caller = args.access.caller()?;
    let folder = match &args.from {
        Some(folder) => folder.clone(),
        None => build(args, &caller)?,
    };
    if let Some(file) = &args.docker_archive {
        archive(args, &folder, file)?;
    }
    match &args.push {
        Some(repository) => registry::push(&folder, repository, &caller, !args.no_clobber),
        None => Ok(()),
    }
}

/// Builds the layout; returns where it is.
fn build(args: &Args, caller: &Caller) -> Result<PathBuf> {
    let folder = args.output.clone();
    let folder = folder.unwrap_or_else(|| workspace::target("image"));
    let signer = args.signed.signing.signer()?;
    if let Some(Place::Folder { path, .. }) = &args.base
        && path
            .canonicalize()
            .is_ok_and(|path| folder.canonicalize().is_ok_and(|it| it == path))
    {
        return Err(Failure::new(
            "the layout of --base would be replaced: name another --output",
        ));
    }
    if args.verify_reproducible && args.binary.is_empty() {
        // The clone has only what is committed.
        signature::refuse_changes()?;
    }
    let mut parts = parts(args, caller)?;
    let (digest, sizes) = assemble(&parts, &folder, &args.tag)?;
    if args.verify_reproducible {
        let again = assembled_elsewhere(args, &mut parts)?;
        if again != digest {
            return Err(Failure::new(format!("{again} is not {digest}")));
        }
        println!("twice the same");
    }
    // What is too large to be released is not signed either.
    budget::check(&sizes, args.binary.is_empty())?;
    if let Some(signer) = signer {
        args.signed.sign(&folder, &signer, &parts)?;
        println!("signed as {}", args.signed.sign_as);
    }
    println!("{}  {digest}", folder.display());
    Ok(folder)
}

/// The digest of the same in another folder, and of binaries that were built there.
fn assembled_elsewhere(args: &Args, parts: &mut [Part]) -> Result<String> {
    let failed = |error| Failure::new(format!("no scratch folder: {error}"));
    // A build is large, and the machine's folder for scratch may be memory.
    let target = workspace::target("");
    std::fs::create_dir_all(&target).map_err(failed)?;
    let scratch = tempfile::tempdir_in(&target).map_err(failed)?;
    if args.binary.is_empty() {
        let checkout = scratch.path().join("checkout");
        let clone = Tool::new("git")
            .words("clone --quiet")
            .arg(workspace::root());
        clone.arg(&checkout).run()?;
        for part in &mut *parts {
            let recipe = Recipe::of(part.platform.target());
            part.binary = toolchain::build_in(&checkout, &recipe)?;
        }
    }
    let (digest, _) = assemble(parts, &scratch.path().join("image"), &args.tag)?;
    Ok(digest)
}

/// What the image of one platform is made of.
struct Part {
    platform: Platform,
    binary: PathBuf,
    base: Option<Base>,
}

fn parts(args: &Args, caller: &Caller) -> Result<Vec<Part>> {
    // A base that is not there is told before minutes of compiling.
    let bases = match &args.base {
        Some(place) => base::bases(place, &args.platform, caller)?,
        None => Vec::new(),
    };
    let bases = bases
        .into_iter()
        .map(Some)
        .chain(std::iter::repeat_with(|| None));
    let parts = binaries(args)?.into_iter().zip(bases);
    let parts = parts.map(|((platform, binary), base)| Part {
        platform,
        binary,
        base,
    });
    Ok(parts.collect())
}

fn archive(args: &Args, folder: &Path, file: &Path) -> Result {
    let [platform] = args.platform[..] else {
        return Err(Failure::new(
            "--docker-archive is for one platform: name it by --platform",
        ));
    };
    let repository = args.push.as_ref().map(ToString::to_string);
    archive::write(
        folder,
        platform,
        &repository.unwrap_or_else(|| "iamra".to_owned()),
        file,
    )?;
    println!("{}", file.display());
    Ok(())
}

/// The binary of each platform.
fn binaries(args: &Args) -> Result<Vec<(Platform, PathBuf)>> {
    let platforms = args.platform.iter().copied();
    if args.binary.is_empty() {
        return platforms
            .map(|it| Ok((it, toolchain::build(&Recipe::of(it.target()))?)))
            .collect();
    }
    if args.binary.len() != args.platform.len() {
        return Err(Failure::new(
            "--binary is for one platform: as many as those of --platform",
        ));
    }
    Ok(platforms.zip(args.binary.iter().cloned()).collect())
}

/// Writes the layout; returns the digest of its index, and the sizes.
fn assemble(parts: &[Part], folder: &Path, tags: &[String]) -> Result<(String, Vec<Size>)> {
    let about = About::of_tree()?;
    let mut layout = Layout::new(folder)?;
    let mut sizes = Vec::new();
    for part in parts {
        let binary = &part.binary;
        let contents = std::fs::read(binary).map_err(|error| Failure::file(binary, &error))?;
        let sbom = sbom::of(part.platform.target(), &[])?;
        let binary = contents.len();
        let layer = layer::layer(&match part.base {
            Some(_) => Root::on_base(contents, sbom, about.time),
            None => Root::new(contents, sbom, about.time),
        })?;
        let image = Image {
            platform: part.platform,
            layer: &layer,
            base: part.base.as_ref(),
        };
        layout.add(&image, &about)?;
        sizes.push(Size {
            platform: part.platform,
            binary,
            layer: layer.compressed.len(),
        });
    }
    Ok((layout.finish(tags, &about)?, sizes))
}

/// What the image says of where it comes from.
pub(crate) struct About {
    /// In seconds since the epoch: the commit's.
    pub(crate) time: u64,
    pub(crate) revision: String,
    pub(crate) version: &'static str,
}

impl About {
    pub(crate) fn of_commit() -> Result<Self> {
        let git = |format: &str| Tool::new("git").words("log -1").arg(format).output();
        let time = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(time) => time,
            Err(_) => git("--format=%ct")?,
        };
        let time = time.trim().parse();
        Ok(Self {
            time: time.map_err(|error| Failure::new(format!("SOURCE_DATE_EPOCH: {error}")))?,
            revision: git("--format=%H")?.trim().to_owned(),
            version: env!("CARGO_PKG_VERSION"),
        })
    }

    /// As the tree is: one with changes is not what its commit is.
    pub(crate) fn of_tree() -> Result<Self> {
        let mut about = Self::of_commit()?;
        if signature::is_changed()? {
            about.revision += "-dirty";
        }
        Ok(about)
    }

    /// Its time, as RFC 3339 has it.
    pub(crate) fn created(&self) -> String {
        let seconds = i64::try_from(self.time).unwrap_or(i64::MAX);
        let time = jiff::Timestamp::from_second(seconds);
        time.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
    }
}
