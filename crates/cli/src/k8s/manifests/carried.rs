use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Document, Install, Part, names};
use crate::context::{Context, read_text};
use crate::failure::Failure;
use crate::k8s::group::tables::tables;
use crate::k8s::yaml::quoted;
use crate::resolved::{Overlay, Sourced};
use crate::setting::{Group, Setting, Value};

mod left_behind;

use left_behind::is_of_here;
pub(super) use left_behind::{STAYS_HERE, check_left_behind};

/// The settings that were given, as they are carried into the cluster: in a
/// config file with the same names. Secrets are not among them.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    all: Lines,
    /// What each group has of its own.
    groups: BTreeMap<String, Lines>,
    /// What is no secret, and travels with it.
    files: BTreeMap<String, String>,
    /// What may be secret, and has to be put into a Secret by hand: the name
    /// there, and the file here.
    secret_files: BTreeMap<String, String>,
}

/// Keys and values of the config file.
#[derive(Debug, Default)]
pub(super) struct Lines(BTreeMap<&'static str, String>);

impl Carried {
    /// What was said of these settings: by flags, by our own variables, in the
    /// config file and its groups.
    pub(super) fn new(context: &Context<'_>, groups: &[&Group]) -> Result<Self, Failure> {
        let settings = groups.iter().flat_map(|group| group.settings);
        let settings: Vec<_> = settings.filter(|setting| travels(setting)).collect();
        let mut carried = Self::of_settings(context, &settings)?;
        for (name, overlay) in tables(context)? {
            let lines = carried.group(context, (&name, overlay), &settings)?;
            carried.groups.insert(name, lines);
        }
        Ok(carried)
    }

    /// The same of these settings, and without groups.
    pub(super) fn of_settings(
        context: &Context<'_>,
        settings: &[&'static Setting],
    ) -> Result<Self, Failure> {
        let mut carried = Self::default();
        for setting in settings.iter().filter(|setting| travels(setting)) {
            if let Some(sourced) = context.settings.sourced(setting.name)? {
                let value = carried.value((context, None), setting, &sourced)?;
                carried.all.0.insert(setting.name, value);
            }
        }
        Ok(carried)
    }

    /// What a group has of its own.
    fn group(
        &mut self,
        context: &Context<'_>,
        (name, overlay): (&str, Overlay),
        settings: &[&'static Setting],
    ) -> Result<Lines, Failure> {
        let mut lines = Lines::default();
        let context = context.overlaid(overlay.clone());
        for setting in settings {
            let Some(values) = overlay.values.get(setting.name) else {
                continue;
            };
            let sourced = context.settings.sourced(setting.name)?;
            let value = match sourced.filter(|_| !values.is_empty()) {
                Some(sourced) => self.value((&context, Some(name)), setting, &sourced)?,
                // Whatever is said for all, this group has none.
                None => "[]".to_owned(),
            };
            lines.0.insert(setting.name, value);
        }
        Ok(lines)
    }

    fn value(
        &mut self,
        (context, group): (&Context<'_>, Option<&str>),
        setting: &'static Setting,
        sourced: &Sourced<String>,
    ) -> Result<String, Failure> {
        let settings = &context.settings;
        let value = match setting.value {
            Value::Text("FILE") => {
                let path = sourced.clone().into_path(settings.environment())?;
                quoted(&self.file((setting.name, group), &path)?)
            }
            Value::List(_) => {
                let items = settings.list(setting.name)?;
                let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Switch => settings.switch(setting.name)?.to_string(),
            _ => quoted(&sourced.value),
        };
        // An address may hold a password before an @.
        if value.contains('@') && (value.contains("://") || setting.name.ends_with("-proxy")) {
            let reason = "a password does not belong in a manifest";
            return Err(names::at(settings, setting.name, reason));
        }
        Ok(value)
    }

    /// Where a file will be.
    fn file(
        &mut self,
        (name, group): (&str, Option<&str>),
        path: &Sourced<PathBuf>,
    ) -> Result<String, Failure> {
        check_is_file(path)?;
        let path = &*path.value;
        let key = key(name, group, path);
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

    /// What counts for all groups.
    pub(super) fn of_all(&mut self) -> &mut Lines {
        &mut self.all
    }

    /// What counts for one; without a name, for the whole.
    pub(super) fn of(&mut self, group: Option<&str>) -> &mut Lines {
        match group {
            None => &mut self.all,
            Some(group) => self.groups.entry(group.to_owned()).or_default(),
        }
    }

    /// Whether a Secret with files must be there.
    pub(super) fn has_secret_files(&self) -> bool {
        !self.secret_files.is_empty()
    }

    /// The config file.
    fn text(&self) -> String {
        let mut text = format!("schema = 1\n{}", self.all.text());
        for (name, lines) in &self.groups {
            text += &format!("\n[group.{}]\n{}", quoted_key(name), lines.text());
        }
        text
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

impl Lines {
    /// What we say ourselves.
    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.0.insert(name, quoted(value));
    }

    fn text(&self) -> String {
        let lines: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name} = {value}\n"))
            .collect();
        lines.concat()
    }
}

fn travels(setting: &Setting) -> bool {
    !is_of_here(setting.name) && setting.value != Value::SecretVariable
}

/// Refuses what only this machine can read.
fn check_is_file(path: &Sourced<PathBuf>) -> Result<(), Failure> {
    let text = path.value.to_string_lossy();
    if text == "-" {
        return Err(path
            .origin
            .invalid("a pod has no standard input: name a file"));
    }
    if text.to_ascii_lowercase().starts_with("pkcs11:") {
        let reason = "a pod has no such token, and it cannot be put into a Secret: name a file";
        return Err(path.origin.invalid(reason));
    }
    Ok(())
}

/// The file's name in a `ConfigMap` or a Secret, of characters that one may have.
fn key(name: &str, group: Option<&str>, path: &Path) -> String {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is_plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let group = group.map_or_else(String::new, |group| format!("{group}."));
    let extension = extension.filter(is_plain);
    let extension = extension.map_or_else(String::new, |extension| format!(".{extension}"));
    format!("{group}{name}{extension}")
}

/// A key of TOML.
fn quoted_key(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if key.bytes().all(is_bare) {
        key.to_owned()
    } else {
        quoted(key)
    }
}

/// The config file's `ConfigMap`.
pub(super) fn document(install: &Install) -> Document {
    let namespace = &install.scope().own_namespace;
    let place = (&*install.secret_with_files(), &**namespace);
    config_map(&install.carried, &install.metadata(), place)
}

/// The same of any workload; what is secret is in a Secret of this name and
/// namespace.
pub(super) fn config_map(
    carried: &Carried,
    metadata: &serde_json::Value,
    (secret, namespace): (&str, &str),
) -> Document {
    let mut data = BTreeMap::from([(CONFIG_FILE.to_owned(), carried.text())]);
    data.extend(carried.files.clone());
    let document = Document::new(
        Part::Config,
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": data,
        }),
    );
    if !carried.has_secret_files() {
        return document;
    }
    let files = carried.secret_files.iter();
    let files = files.map(|(key, path)| {
        let file = format!("{key}={path}");
        // Only a NUL cannot be quoted, and no path has one.
        let file = shlex::try_quote(&file).unwrap_or_default();
        format!(" \\\n  --from-file={file}")
    });
    document.with_comment(format!(
        "What is secret is not printed; make it by hand:\n\
         kubectl create secret generic {secret} --namespace {namespace}{}",
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
