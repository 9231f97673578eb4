use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Document, Install, Part, names};
use crate::context::{Context, read_text};
use crate::failure::Failure;
use crate::k8s::yaml::quoted;
use crate::resolved::{Origin, Sourced};
use crate::setting::{Group, Setting, Value};

/// The settings that were given, as they are carried into the cluster: in a
/// config file with the same names. Secrets are not among them.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    /// Keys and values of the config file.
    lines: BTreeMap<&'static str, String>,
    /// What is no secret, and travels with it.
    files: BTreeMap<String, String>,
    /// What may be secret, and has to be put into a Secret by hand: the name
    /// there, and the file here.
    secret_files: BTreeMap<String, String>,
}

impl Carried {
    /// What was said of these groups here: by flags, by our own variables, in
    /// the config file. What the variables of others say is of this machine.
    pub(super) fn of(context: &Context<'_>, groups: &[&Group]) -> Result<Self, Failure> {
        let mut carried = Self::default();
        let mut left_behind = Vec::new();
        for setting in groups.iter().flat_map(|group| group.settings) {
            if STAYS_HERE.contains(&setting.name) || setting.value == Value::SecretVariable {
                continue;
            }
            let Some(sourced) = context.settings.sourced(setting.name)? else {
                continue;
            };
            match &sourced.origin {
                Origin::Variable(name) if sourced.origin.rank() == 2 => {
                    left_behind.push(name.clone());
                }
                _ => carried.take(context, setting, &sourced)?,
            }
        }
        if !left_behind.is_empty() {
            left_behind.sort_unstable();
            left_behind.dedup();
            let variables = left_behind.join(", ");
            tracing::warn!(
                variables,
                "variables of this machine do not count in the cluster: use flags"
            );
        }
        Ok(carried)
    }

    fn take(
        &mut self,
        context: &Context<'_>,
        setting: &'static Setting,
        sourced: &Sourced<String>,
    ) -> Result<(), Failure> {
        let value = match setting.value {
            Value::Text("FILE") => quoted(&self.file(setting.name, &sourced.value)?),
            Value::List(_) => {
                let items = context.settings.list(setting.name)?;
                let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Switch => context.settings.switch(setting.name)?.to_string(),
            _ => quoted(&sourced.value),
        };
        // An address may hold a password before an @.
        if value.contains('@') && (value.contains("://") || setting.name.ends_with("-proxy")) {
            let reason = "a password does not belong in a manifest";
            return Err(names::at(&context.settings, setting.name, reason));
        }
        self.lines.insert(setting.name, value);
        Ok(())
    }

    /// Where a file will be.
    fn file(&mut self, name: &str, path: &str) -> Result<String, Failure> {
        let path = Path::new(path);
        let extension = path.extension().and_then(|extension| extension.to_str());
        let key = extension.map_or_else(|| name.to_owned(), |end| format!("{name}.{end}"));
        if NO_SECRETS.contains(&name) {
            let text = read_text(path)?;
            let place = format!("{CONFIG_FOLDER}/{key}");
            self.files.insert(key, text);
            return Ok(place);
        }
        let place = format!("{SECRET_FOLDER}/{key}");
        self.secret_files.insert(key, path.display().to_string());
        Ok(place)
    }

    /// What we say ourselves.
    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.lines.insert(name, quoted(value));
    }

    /// The same where nothing else was said.
    pub(super) fn set_if_absent(&mut self, name: &'static str, value: &str) {
        self.lines.entry(name).or_insert_with(|| quoted(value));
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.lines.contains_key(name)
    }

    /// Whether a Secret with files must be there.
    pub(super) fn has_secret_files(&self) -> bool {
        !self.secret_files.is_empty()
    }

    /// The config file.
    fn text(&self) -> String {
        let lines = self.lines.iter();
        let lines = lines.map(|(name, value)| format!("{name} = {value}\n"));
        format!("schema = 1\n{}", lines.collect::<String>())
    }

    /// Changes when anything in it does, so that pods are replaced.
    pub(super) fn fingerprint(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(self.text());
        for (name, text) in &self.files {
            digest.update(format!("\n{name}\n{text}"));
        }
        hex::encode(&digest.finalize()[..8])
    }
}

/// The config file's `ConfigMap`.
pub(super) fn document(install: &Install) -> Document {
    let carried = &install.carried;
    let mut data = BTreeMap::from([(CONFIG_FILE.to_owned(), carried.text())]);
    data.extend(carried.files.clone());
    let document = Document::new(
        Part::Config,
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": install.metadata(),
            "data": data,
        }),
    );
    if !carried.has_secret_files() {
        return document;
    }
    let files = carried.secret_files.iter();
    let files = files.map(|(key, path)| format!(" \\\n  --from-file={key}={path}"));
    document.with_comment(format!(
        "What is secret is not printed; make it by hand:\n\
         kubectl create secret generic {} --namespace {}{}",
        install.secret_with_files(),
        install.scope.own_namespace,
        files.collect::<String>()
    ))
}

/// Where the `ConfigMap` is mounted.
pub(super) const CONFIG_FOLDER: &str = "/etc/iamra/config";
/// Where the Secret with files is mounted.
pub(super) const SECRET_FOLDER: &str = "/etc/iamra/files";
pub(super) const CONFIG_FILE: &str = "iamra.toml";

/// Files whose contents are no secret.
const NO_SECRETS: [&str; 5] = [
    "aws-ca-bundle",
    "secret-template",
    "session-policy",
    "trust-anchor-pem",
    "vault-cacert",
];

/// What is of this machine, or what the pod says itself.
const STAYS_HERE: [&str; 17] = [
    "authorization-token-file",
    "aws-access-key-id",
    "aws-config-file",
    "aws-credential-expiration",
    "aws-profile",
    "config",
    "config-file",
    "credentials-file",
    "github-token-url",
    "jwt-command",
    "jwt-env",
    "jwt-file",
    "out-dir",
    "own-namespace",
    "pkcs11-lib",
    "vault-capath",
    "watch",
];
