use std::io::Write as _;

use serde_json::json;

use crate::Failure;
use crate::failure::Result;
use crate::peers;
use crate::provenance::{self, Built};
use crate::registry::{Access, Caller, Place, Repository, Store, wait};
use crate::tool::Tool;

/// Says of an image in a registry how it was built, as the workflow that runs this: without
/// a key, by cosign.
///
/// Who verifies asks for the workflow's identity. It comes beside what a key has signed, and
/// in the same format (docs/adr/0020-signatures.md): where cosign 3 finds a bundle, it asks
/// for nothing else.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// HOST/REPOSITORY with :tag or @digest.
    image: Repository,
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
    let image = by_digest(&args.image, &caller)?;
    let cosign = peers::cosign()?;
    let statement = provenance::of(&Built {
        command: "image",
        parameters: json!({}),
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
    cosign.arg(&image).run()
}

/// What is attested is what is there now, whatever the tag names later.
fn by_digest(image: &Repository, caller: &Caller) -> Result<String> {
    let name = image
        .image
        .clone()
        .ok_or_else(|| Failure::new(format!("{image}: say which image, by :tag or by @digest")))?;
    let place = Place::Registry(image.clone());
    let found = wait(async { Store::source(&place, caller).await?.find(&name).await })?;
    let found = found.ok_or_else(|| Failure::new(format!("there is no {image}")))?;
    let whole = format!("{}/{}", image.registry, image.name);
    Ok(format!("{whole}@{}", found.digest()))
}

fn scratch() -> Result<tempfile::NamedTempFile> {
    tempfile::NamedTempFile::new()
        .map_err(|error| Failure::new(format!("no scratch file: {error}")))
}
