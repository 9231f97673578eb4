use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::sbom;
use crate::tool::Tool;
use crate::toolchain::{self, Recipe};
use crate::workspace;

pub(crate) mod layer;
mod layout;
mod platform;
pub(crate) mod root;

use layout::Layout;
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
    /// The name by which tools find it in the layout.
    #[arg(long, default_value = "latest")]
    tag: String,
    /// Take this binary, for one platform, and build none: for checks of the image itself.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Assemble it twice, in two folders, and fail unless the digests are the same.
    #[arg(long)]
    verify_reproducible: bool,
}

pub(crate) fn run(args: &Args) -> Result {
    let folder = args.output.clone();
    let folder = folder.unwrap_or_else(|| workspace::target("image"));
    let binaries = binaries(args)?;
    let digest = assemble(&binaries, &folder, &args.tag)?;
    if args.verify_reproducible {
        let scratch = tempfile::tempdir()
            .map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
        let again = assemble(&binaries, &scratch.path().join("image"), &args.tag)?;
        if again != digest {
            return Err(Failure::new(format!("{again} is not {digest}")));
        }
        println!("twice the same");
    }
    println!("{}  {digest}", folder.display());
    Ok(())
}

/// The binary of each platform.
fn binaries(args: &Args) -> Result<Vec<(Platform, PathBuf)>> {
    if let Some(binary) = &args.binary {
        return match &args.platform[..] {
            [only] => Ok(vec![(*only, binary.clone())]),
            _ => Err(Failure::new("--binary is for one platform")),
        };
    }
    let platforms = args.platform.iter();
    let built = platforms.map(|&it| Ok((it, toolchain::build(&Recipe::of(it.target()))?)));
    built.collect()
}

fn assemble(binaries: &[(Platform, PathBuf)], folder: &Path, tag: &str) -> Result<String> {
    let about = About::of_commit()?;
    let mut layout = Layout::new(folder)?;
    for (platform, binary) in binaries {
        let contents = std::fs::read(binary).map_err(|error| Failure::file(binary, &error))?;
        let sbom = sbom::of(platform.target(), &[])?;
        let layer = layer::layer(&Root::new(contents, sbom, about.time))?;
        layout.add(*platform, &layer, &about)?;
    }
    layout.finish(tag, &about)
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

    /// Its time, as RFC 3339 has it.
    pub(crate) fn created(&self) -> String {
        let seconds = i64::try_from(self.time).unwrap_or(i64::MAX);
        let time = jiff::Timestamp::from_second(seconds);
        time.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
    }
}
