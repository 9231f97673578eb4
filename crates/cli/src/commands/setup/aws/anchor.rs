use std::cmp::Ordering;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rolesanywhere::{Certificate, TrustAnchor, TrustAnchorArn};

use crate::context::{Context, read_file};
use crate::failure::{Failure, remedy};
use crate::identity::Place;
use crate::resolved::{Sourced, chain};

/// What Roles Anywhere trusts.
#[derive(Clone, Debug)]
pub(super) enum Anchor {
    /// One that is there.
    Existing(TrustAnchorArn),
    /// One of these certificates.
    New { name: String, pem: String },
}

/// What stands for the ARN of a trust anchor that is yet to be made.
pub(super) const TRUST_ANCHOR: &str = "${trust_anchor}";

impl Anchor {
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let file = settings.sourced("trust-anchor-pem")?;
        let named = settings.sourced("trust-anchor-arn")?;
        // A flag is stronger than a variable that is there for other commands.
        let ranks = (named.as_ref().zip(file.as_ref()))
            .map(|(named, file)| named.origin.rank().cmp(&file.origin.rank()));
        let existing: Option<TrustAnchorArn> = match ranks {
            Some(Ordering::Greater) => None,
            _ => settings.parse("trust-anchor-arn")?,
        };
        let file = file.filter(|_| ranks != Some(Ordering::Less));
        let name = settings.sourced("trust-anchor-name")?;
        match (existing, file) {
            (Some(arn), None) if !is_id(&arn) => Err(Failure::configuration(
                "config.invalid",
                format!("--trust-anchor-arn: {arn} has no such id as trust anchors have"),
            )),
            (Some(arn), None) => match name {
                Some(name) if named.is_none_or(|arn| name.origin.rank() <= arn.origin.rank()) => {
                    Err(name
                        .origin
                        .invalid("with --trust-anchor-arn none is made: leave it out"))
                }
                _ => Ok(Self::Existing(arn)),
            },
            (None, Some(file)) => Ok(Self::New {
                name: anchor_name(name)?,
                pem: checked(context, &file)?,
            }),
            (Some(_), Some(file)) => Err(file
                .origin
                .invalid("with --trust-anchor-arn none is made: leave one of the two out")),
            (None, None) => Err(Failure::configuration(
                "config.missing",
                "--trust-anchor-pem is missing",
            )
            .with_hint(
                "iamra cert trust-anchor prints it for a mount of Vault; name a trust anchor that is there with --trust-anchor-arn",
            )),
        }
    }

    /// Its ARN, or what stands for it.
    pub(super) fn arn(&self) -> String {
        match self {
            Self::Existing(arn) => arn.to_string(),
            Self::New { .. } => TRUST_ANCHOR.to_owned(),
        }
    }

    pub(super) fn existing(&self) -> Option<&TrustAnchorArn> {
        match self {
            Self::Existing(arn) => Some(arn),
            Self::New { .. } => None,
        }
    }
}

/// Whether the id is one that a shell and HCL take as it is.
fn is_id(arn: &TrustAnchorArn) -> bool {
    let id = arn.arn().resource.strip_prefix("trust-anchor/");
    id.is_some_and(is_name)
}

/// What names of trust anchors and profiles may consist of, without spaces and
/// quotes, which AWS takes, too, and nobody needs.
pub(super) fn is_name(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Why another one is none.
pub(super) const NAMES: &str = "it must be 1 to 255 letters, digits, `-` and `_`";

fn anchor_name(name: Option<Sourced<String>>) -> Result<String, Failure> {
    match name {
        None => Ok("iamra".to_owned()),
        Some(name) if is_name(&name.value) => Ok(name.value),
        Some(name) => Err(name.origin.invalid(NAMES)),
    }
}

/// The certificates alone, as AWS shall have them: nothing else that stands in
/// the file, and nothing that it would refuse.
fn checked(context: &Context<'_>, file: &Sourced<String>) -> Result<String, Failure> {
    let text = match file.value.as_str() {
        "-" => Place::Stdin.read()?,
        _ => match context.settings.path("trust-anchor-pem")? {
            Some(path) => read_file(&path)?,
            None => zeroize::Zeroizing::default(),
        },
    };
    let invalid = |message: String| {
        Failure::configuration("trust-anchor.invalid", message).about(&file.value)
    };
    let anchor = TrustAnchor::from_pem(&text).map_err(|error| {
        invalid(chain(&error))
            .with_hint("iamra cert trust-anchor prints the certificates of a Vault issuer")
    })?;
    // What is only said of one that is there keeps a new one from being made.
    if let Some(finding) = anchor.flaws(context.now()).first() {
        let flaw = invalid(finding.unfitness.to_string());
        return Err(flaw.with_hint_if(remedy(&finding.unfitness)));
    }
    Ok(anchor.certificates().iter().map(pem).collect())
}

fn pem(certificate: &Certificate) -> String {
    let text = BASE64_STANDARD.encode(certificate.der());
    let lines = text.as_bytes().chunks(64);
    let lines = lines.map(|line| format!("{}\n", String::from_utf8_lossy(line)));
    format!(
        "-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n",
        lines.collect::<String>()
    )
}
