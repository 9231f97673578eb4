use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::failure::Failure;
use crate::resolved::Resolved;

/// The crates whose events are ours: they log no secret at any level. Those of
/// others are shown from `warn` upwards only, because nobody promises that for
/// them.
const OURS: [&str; 11] = [
    "credential_server",
    "destination",
    "ecr_auth",
    "iamra",
    "iamra_sandbox",
    "k8s_sinks",
    "private_file",
    "refresh",
    "rolesanywhere",
    "vault_pki",
    "aws_partition",
];

/// Sends events to stderr, in the form and from the level that the settings say.
pub(crate) fn start(settings: &Resolved<'_>, verb: &[&str]) -> Result<(), Failure> {
    let level = level(settings, verb)?;
    let foreign = level.min(LevelFilter::from_level(Level::WARN));
    let targets = Targets::new()
        .with_default(foreign)
        .with_targets(OURS.map(|target| (target, level)));
    let registry = tracing_subscriber::registry().with(targets);
    let layer = fmt::layer().with_writer(std::io::stderr);
    // A process that logs twice is a test; the first subscriber stays.
    let _ = if is_json(settings)? {
        registry.with(layer.json().flatten_event(true)).try_init()
    } else {
        let layer = layer.with_target(false).without_time().with_ansi(false);
        registry.with(layer).try_init()
    };
    Ok(())
}

/// What calls a `credential_process` or a helper of docker's shows its stderr to
/// people, or mixes it into its own log; a shell that evaluates `creds env` shows
/// it at every start; and a command that we run has stderr for itself: they
/// should be silent unless something is wrong.
fn level(settings: &Resolved<'_>, verb: &[&str]) -> Result<LevelFilter, Failure> {
    let Some(sourced) = settings.sourced("log-level")? else {
        let quiet = matches!(verb, ["creds", "process" | "env" | "exec"] | ["ecr", _]);
        return Ok(if quiet {
            LevelFilter::WARN
        } else {
            LevelFilter::INFO
        });
    };
    let level = sourced.value.trim().parse();
    level.map_err(|_| {
        sourced
            .origin
            .invalid("it must be off, error, warn, info, debug or trace")
    })
}

fn is_json(settings: &Resolved<'_>) -> Result<bool, Failure> {
    match settings.sourced("log-format")? {
        None => Ok(false),
        Some(format) => match format.value.trim() {
            "json" => Ok(true),
            "text" => Ok(false),
            _ => Err(format.origin.invalid("it must be text or json")),
        },
    }
}
