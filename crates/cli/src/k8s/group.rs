use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_sinks::kubernetes::{OnForeign, Pattern, SecretSpec, Targets};

use super::form::Form;
use crate::config_file;
use crate::context::Context;
use crate::ecr::Registries;
use crate::failure::Failure;
use crate::resolved::{Overlay, Sourced};

/// Targets that get the same Secret: one principal, its registries, and where
/// their logins go. No token goes from one group to another.
pub(crate) struct Group<'a> {
    /// How it is called in the config file.
    pub(crate) name: Option<String>,
    /// Its settings.
    pub(crate) context: Context<'a>,
    pub(crate) registries: Registries,
    pub(crate) form: Form,
    pub(crate) spec: Arc<SecretSpec>,
    pub(crate) targets: Targets,
    /// Service accounts that get the Secret's name.
    pub(crate) service_accounts: Vec<Pattern>,
}

impl<'a> Group<'a> {
    /// Those of the config file, `[group.NAME]`; without any, the one that the
    /// settings themselves are.
    pub(crate) fn all(context: &Context<'a>, own_namespace: &str) -> Result<Vec<Self>, Failure> {
        let groups = overlays(context)?;
        if groups.is_empty() {
            return Ok(vec![Self::new(None, context.again(), own_namespace)?]);
        }
        let groups = groups.into_iter().map(|(name, overlay)| {
            let context = context.overlaid(overlay);
            Self::new(Some(name), context, own_namespace)
        });
        let groups: Vec<_> = groups.collect::<Result<_, _>>()?;
        check_overlaps(&groups)?;
        Ok(groups)
    }

    fn new(
        name: Option<String>,
        context: Context<'a>,
        own_namespace: &str,
    ) -> Result<Self, Failure> {
        let form = Form::chosen(&context)?;
        let spec = spec(&context, name.as_deref(), &form)?;
        let targets = targets(&context, own_namespace)?;
        let service_accounts = service_accounts(&context, &form)?;
        Ok(Self {
            registries: Registries::named(&context)?,
            name,
            context,
            form,
            spec: Arc::new(spec),
            targets,
            service_accounts,
        })
    }

    /// For people.
    pub(crate) fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("group {name}"),
            None => format!("secret {}", self.spec.name()),
        }
    }
}

/// The tables of the config file.
pub(super) fn overlays(context: &Context<'_>) -> Result<BTreeMap<String, Overlay>, Failure> {
    let config = context.settings.config();
    let invalid = |place: &str, reason: &str| {
        let message = format!("{}: {place}: {reason}", config.path().display());
        Failure::configuration("config.invalid", message)
    };
    let Some(groups) = config.parts().get("group") else {
        return Ok(BTreeMap::new());
    };
    let Some(groups) = groups.as_table() else {
        return Err(invalid("group", "it must be tables, [group.NAME]"));
    };
    let read = groups.iter().map(|(name, table)| {
        let place = format!("[group.{name}]");
        let table = table.as_table();
        let table = table.ok_or_else(|| invalid(&place, "it must be a table"))?;
        let values = config_file::values(table).map_err(|reason| invalid(&place, &reason))?;
        Ok((name.clone(), Overlay { place, values }))
    });
    read.collect()
}

fn spec(context: &Context<'_>, group: Option<&str>, form: &Form) -> Result<SecretSpec, Failure> {
    let settings = &context.settings;
    let name = settings.text("secret-name")?;
    let config = config_name(context)?;
    // The Secrets of one group are somebody else's to the others.
    let config = group.map_or_else(|| config.clone(), |group| format!("{config}.{group}"));
    let mut spec = SecretSpec::new(
        name.as_deref().unwrap_or(SECRET_NAME),
        &config,
        form.secret_form(),
    )?
    .with_on_foreign(on_foreign(context)?);
    for (key, value) in form.labels() {
        spec = spec.with_label(key, value)?;
    }
    for (key, value) in pairs(context, "secret-label")? {
        spec = spec.with_label(&key, &value)?;
    }
    for (key, value) in pairs(context, "secret-annotation")? {
        spec = spec.with_annotation(&key, &value)?;
    }
    Ok(spec)
}

/// By which our objects are known.
pub(crate) fn config_name(context: &Context<'_>) -> Result<String, Failure> {
    let named = context.settings.text("config-name")?;
    Ok(named.unwrap_or_else(|| CONFIG_NAME.to_owned()))
}

fn on_foreign(context: &Context<'_>) -> Result<OnForeign, Failure> {
    let Some(Sourced { value, origin }) = context.settings.sourced("on-foreign")? else {
        return Ok(OnForeign::default());
    };
    Ok(match value.as_str() {
        "refuse" => OnForeign::Refuse,
        "adopt-ecr" => OnForeign::AdoptReplaceable,
        "merge" => OnForeign::Merge,
        "adopt" => OnForeign::Adopt,
        _ => return Err(origin.invalid("it must be refuse, adopt-ecr, merge or adopt")),
    })
}

fn pairs(context: &Context<'_>, name: &'static str) -> Result<Vec<(String, String)>, Failure> {
    let Some(origin) = context.settings.sourced(name)?.map(|it| it.origin) else {
        return Ok(Vec::new());
    };
    let texts = context.settings.list(name)?.into_iter();
    let pairs = texts.map(|text| {
        let pair = text.split_once('=');
        let pair = pair.map(|(key, value)| (key.to_owned(), value.to_owned()));
        pair.ok_or_else(|| origin.invalid("it must be KEY=VALUE"))
    });
    pairs.collect()
}

/// Where the Secret is to be; our own namespace, where nothing is named.
fn targets(context: &Context<'_>, own_namespace: &str) -> Result<Targets, Failure> {
    let settings = &context.settings;
    let mut targets = Targets::new();
    for name in settings.list("namespace")? {
        targets = targets.with_name(&name)?;
    }
    if let Some(selector) = settings.text("namespace-selector")? {
        targets = targets.with_selector(&selector);
    }
    for pattern in patterns(context, "namespace-glob")? {
        targets = targets.with_pattern(pattern);
    }
    if targets.names().is_empty() && !targets.is_cluster_wide() {
        return Ok(targets.with_name(own_namespace)?);
    }
    let mut excluded = patterns(context, "exclude-namespace")?;
    for name in SYSTEM_NAMESPACES {
        excluded.push(Pattern::new(name)?);
    }
    Ok(excluded.into_iter().fold(targets, Targets::without))
}

fn service_accounts(context: &Context<'_>, form: &Form) -> Result<Vec<Pattern>, Failure> {
    let patterns = patterns(context, "service-account")?;
    if !patterns.is_empty() && !form.is_for_kubelet() {
        let origin = context.settings.sourced("service-account")?;
        let reason = "Secrets of this --secret-format are no pull secrets";
        return Err(match origin {
            Some(sourced) => sourced.origin.invalid(reason),
            None => Failure::configuration("config.invalid", reason),
        });
    }
    Ok(patterns)
}

fn patterns(context: &Context<'_>, name: &'static str) -> Result<Vec<Pattern>, Failure> {
    let texts = context.settings.list(name)?.into_iter();
    let patterns = texts.map(|text| Pattern::new(&text).map_err(Failure::from));
    patterns.collect()
}

/// A namespace that is named by two groups, for Secrets of one name.
fn check_overlaps(groups: &[Group<'_>]) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for group in groups {
        for namespace in group.targets.names() {
            if !seen.insert((namespace, group.spec.name())) {
                let message = format!(
                    "{} and another one both write the secret {namespace}/{}",
                    group.title(),
                    group.spec.name(),
                );
                return Err(Failure::configuration("config.invalid", message)
                    .with_hint("give them other names: secret-name"));
            }
        }
    }
    Ok(())
}

const SECRET_NAME: &str = "ecr-pull";
const CONFIG_NAME: &str = "default";
/// Nobody pulls images of ours there, and whoever can write there owns the
/// cluster: no selector and no glob finds them, as the policy would refuse each
/// write.
pub(crate) const SYSTEM_NAMESPACES: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];
