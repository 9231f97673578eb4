use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::image::{self, About};
use crate::peers;
use crate::provenance::{self, Built};
use crate::registry::{Access, Caller, Fault, Folder, Manifest, Place, Repository, Store, wait};
use crate::signature;
use crate::tool::Tool;
use crate::workspace;

/// Says of an image in a registry how it was built, as the workflow that runs this: without
/// a key, by cosign.
///
/// It attests what was built here, by `image` in the same clone, and nothing else.
/// Who verifies asks for the workflow's identity. It comes beside what a key has signed, and
/// in the same format (docs/adr/0020-signatures.md): where cosign 3 finds a bundle, it asks
/// for nothing else.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// HOST/REPOSITORY with :tag or @digest.
    image: Repository,
    /// The layout that `image` has written here; target/image if it is not said.
    #[arg(long, value_name = "FOLDER")]
    layout: Option<PathBuf>,
    /// Who built it, as a URL.
    #[arg(long, value_name = "URL")]
    builder: Option<String>,
    /// Attest by this key, as cosign names keys, and in no log: for tests of this command.
    #[arg(long, value_name = "REFERENCE", hide = true)]
    key: Option<String>,
    #[command(flatten)]
    access: Access,
}

pub(crate) fn run(args: &Args) -> Result {
    let caller = args.access.caller()?;
    signature::refuse_changes()?;
    let layout = args.layout.clone();
    let layout = layout.unwrap_or_else(|| workspace::target("image"));
    let built = Here::read(&layout).map_err(|fault| Failure::new(fault.to_string()))?;
    built.refuse_another_commit()?;
    let image = built.at(&args.image, &caller)?;
    let cosign = peers::cosign()?;
    let statement = provenance::of(&Built {
        command: "image",
        parameters: image::parameters(built.platforms.into_iter(), None),
        builder: args.builder.clone(),
    })?;
    let mut predicate = scratch()?;
    let written = predicate.write_all(statement.predicate.to_string().as_bytes());
    written.map_err(|error| Failure::file(predicate.path(), &error))?;
    let cosign = Tool::new(cosign)
        .words("attest --yes --new-bundle-format=false --use-signing-config=false")
        .words("--type slsaprovenance1 --predicate")
        .arg(predicate.path());
    let cosign = match &args.key {
        Some(key) => cosign.words("--tlog-upload=false --key").arg(key),
        None => cosign,
    };
    // The password is in a file of ours alone, for as long as it runs.
    let login = caller.docker_folder(&args.image.registry)?;
    let cosign = match &login {
        Some(folder) => cosign.env("DOCKER_CONFIG", folder.path()),
        None => cosign,
    };
    let cosign = match caller.authority() {
        Some(file) => cosign.words("--registry-cacert").arg(file),
        None => cosign,
    };
    cosign.arg(&image).run()
}

/// What was built here.
struct Here {
    folder: PathBuf,
    digest: String,
    /// The commit that it says it is of.
    revision: String,
    platforms: Vec<String>,
}

impl Here {
    fn read(folder: &Path) -> std::result::Result<Self, Fault> {
        let layout = Folder::open(folder)?;
        let mut entries = layout.entries()?.into_iter();
        let image = entries.find(|entry| !entry.is_about_another());
        let image =
            image.ok_or_else(|| Fault::new(format!("{} has no image", folder.display())))?;
        let index = Manifest::parse(&layout.read(&image.descriptor)?)?;
        let annotations = index.annotations.unwrap_or_default();
        let platforms = index
            .manifests
            .iter()
            .filter_map(|it| it.platform().as_ref());
        for manifest in &index.manifests {
            let manifest = Manifest::parse(&layout.read(manifest)?)?;
            // What it stands on is known where it was built, and to `--provenance` there.
            if manifest.annotations.unwrap_or_default().contains_key(BASE) {
                let folder = folder.display();
                return Err(Fault::new(format!(
                    "{folder} stands on a base: only `image --provenance` says on which"
                )));
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            digest: image.descriptor.digest().to_string(),
            revision: annotations.get(REVISION).cloned().unwrap_or_default(),
            platforms: platforms
                .map(|it| format!("{}/{}", it.os(), it.architecture()))
                .collect(),
        })
    }

    fn refuse_another_commit(&self) -> Result {
        let commit = About::of_commit()?.revision;
        if self.revision == commit {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{} was built of {}, not of {commit}: build it again by `cargo xtask image`",
            self.folder.display(),
            self.revision
        )))
    }

    /// The image of that name by its digest, which must be ours.
    fn at(&self, image: &Repository, caller: &Caller) -> Result<String> {
        let (whole, digest) = there(image, caller)?;
        if digest == self.digest {
            return Ok(format!("{whole}@{digest}"));
        }
        Err(Failure::new(format!(
            "{} is {digest}, and {} was built here ({}): only that is attested",
            image.whole(),
            self.digest,
            self.folder.display()
        )))
    }
}

/// By which `--base` is known.
const BASE: &str = "org.opencontainers.image.base.digest";
const REVISION: &str = "org.opencontainers.image.revision";

/// What is attested is what is there now, whatever the tag names later.
fn there(image: &Repository, caller: &Caller) -> Result<(String, String)> {
    let name = image
        .image
        .clone()
        .ok_or_else(|| Failure::new(format!("{image}: say which image, by :tag or by @digest")))?;
    let place = Place::Registry(image.clone());
    let found = wait(async { Store::source(&place, caller).await?.find(&name).await })?;
    let found = found.ok_or_else(|| Failure::new(format!("there is no {image}")))?;
    let whole = format!("{}/{}", image.registry, image.name);
    Ok((whole, found.digest().to_string()))
}

fn scratch() -> Result<tempfile::NamedTempFile> {
    tempfile::NamedTempFile::new()
        .map_err(|error| Failure::new(format!("no scratch file: {error}")))
}
