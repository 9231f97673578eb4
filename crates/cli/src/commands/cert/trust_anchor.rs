use clap::Command;
use vault_pki::{Error, Issuer, IssuerRef, Mount, Vault};

use self::export::Export;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::{with_named, with_settings};
use crate::vault::{VaultClient, pki_mount};
use crate::{output, settings};

mod export;

pub(crate) fn command() -> Command {
    verb(
        "trust-anchor",
        "Print the CA certificates of a PKI mount that AWS shall trust; needs no token",
        |command| {
            let command = with_settings(
                command,
                &[
                    &settings::TRUST_ANCHOR_EXPORT,
                    &settings::VAULT_CONNECTION,
                    &settings::VAULT_LOGIN,
                    &settings::PROXIES,
                    &settings::OUTPUT,
                ],
            );
            with_named(command, &["pki-mount", "issuer"]).mut_arg("issuer", |issuer| {
                let help = "The issuer's name or id";
                issuer
                    .help(format!("{help} [default: the mount's]"))
                    .long_help(format!(
                        "{help}.\n\n[env: IAMRA_ISSUER]\n[default: the mount's]"
                    ))
            })
        },
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let question = Question::new(context)?;
    let client = if question.inspects_roles {
        VaultClient::new(context)?
    } else {
        VaultClient::anonymous(context)?
    };
    let answer = question.answer(&client.vault).await;
    client.finish().await;
    let Answer { issuers, sharing } = answer?;
    let export = Export::new(&issuers, sharing, context.now())?;
    export.tell();
    if wants_json {
        output::print_json(&export)?;
    } else {
        output::print(&export.pem)?;
    }
    Ok(Exit::Done)
}

/// What is asked of Vault.
struct Question {
    mount: Mount,
    issuer: Option<IssuerRef>,
    with_successors: bool,
    inspects_roles: bool,
}

struct Answer {
    issuers: Vec<Issuer>,
    /// What else gets certificates from this mount, as far as it is known.
    sharing: Vec<String>,
}

impl Question {
    fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        Ok(Self {
            mount: pki_mount(settings)?,
            issuer: settings.parse("issuer")?,
            with_successors: settings.switch("bundle")?,
            inspects_roles: settings.switch("inspect-roles")?,
        })
    }

    async fn answer(&self, vault: &Vault) -> Result<Answer, Error> {
        let mut issuers = vec![vault.issuer(&self.mount, self.issuer.as_ref()).await?];
        if self.with_successors {
            let all = vault.issuers(&self.mount).await?;
            let others = all
                .into_iter()
                .filter(|other| is_beside(other, &issuers[0]));
            let others: Vec<Issuer> = others.collect();
            issuers.extend(others);
        }
        let mut sharing = Vec::new();
        let offers_acme = vault.offers_acme(&self.mount).await;
        if offers_acme.unwrap_or_else(|error| {
            tracing::debug!(%error, "whether the mount answers ACME is not known");
            false
        }) {
            sharing.push(format!(
                "the mount {} answers ACME: whoever controls a host name gets a certificate from it",
                self.mount
            ));
        }
        if self.inspects_roles {
            sharing.extend(self.shared_roles(vault).await?);
        }
        Ok(Answer { issuers, sharing })
    }

    async fn shared_roles(&self, vault: &Vault) -> Result<Vec<String>, Error> {
        let mut shared = Vec::new();
        for name in vault.roles(&self.mount).await? {
            let role = vault.role(&self.mount, &name.parse()?).await?;
            let why = if role.server_flag {
                "issues server certificates (server_flag)"
            } else if role.allow_any_name {
                "issues certificates for any name (allow_any_name)"
            } else {
                continue;
            };
            shared.push(format!("the role {name} of the mount {} {why}", self.mount));
        }
        Ok(shared)
    }
}

/// Whether an issuer may be the successor of another, or its predecessor: it
/// has a key here, and is not what the other one is below. A root that was
/// imported with its intermediate would make every CA below it trusted.
fn is_beside(other: &Issuer, issuer: &Issuer) -> bool {
    other.has_key != Some(false)
        && other.certificate != issuer.certificate
        && !issuer.ca_chain.contains(&other.certificate)
}
