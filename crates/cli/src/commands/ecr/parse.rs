use clap::{Arg, ArgMatches, Command};
use ecr_auth::{RegistryHost, TokenScope};
use serde::Serialize;

use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "parse",
        "Say what the name of a registry says: account, region, partition, kind",
        |command| {
            let host = Arg::new(HOST)
                .required(true)
                .help("A registry's host, an image, or an address");
            with_settings(command, &[&settings::OUTPUT]).arg(host)
        },
    )
}

pub(crate) fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let text = matches.get_one::<String>(HOST).cloned().unwrap_or_default();
    let host = RegistryHost::in_reference(&text)
        .map_err(|error| Failure::configuration("ecr.no-registry", error.to_string()))?;
    let parsed = Parsed::of(&host);
    if context.wants_json()? {
        output::print_json(&parsed)?;
    } else {
        output::print(&parsed.text())?;
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parsed {
    host: String,
    account: Option<String>,
    region: String,
    partition: String,
    fips: bool,
    dual_stack: bool,
    public: bool,
}

impl Parsed {
    fn of(host: &RegistryHost) -> Self {
        let (region, partition, fips, dual_stack) = match host.scope() {
            TokenScope::Private { region, endpoint } => (
                region.to_string(),
                region.partition().to_string(),
                endpoint.fips,
                endpoint.dual_stack,
            ),
            // Its tokens come from that region, wherever it is read.
            TokenScope::Public { dual_stack } => {
                ("us-east-1".to_owned(), "aws".to_owned(), false, *dual_stack)
            }
        };
        Self {
            host: host.to_string(),
            account: host.account().map(ToString::to_string),
            region,
            partition,
            fips,
            dual_stack,
            public: host.is_public(),
        }
    }

    fn text(&self) -> String {
        let yes_or_no = |is: bool| if is { "yes" } else { "no" };
        let lines = [
            ("host", self.host.as_str()),
            ("account", self.account.as_deref().unwrap_or("none: public")),
            ("region", &self.region),
            ("partition", &self.partition),
            ("FIPS", yes_or_no(self.fips)),
            ("dual-stack", yes_or_no(self.dual_stack)),
        ];
        let lines = lines.map(|(name, value)| format!("{name:<12}{value}\n"));
        lines.concat()
    }
}

const HOST: &str = "host";
