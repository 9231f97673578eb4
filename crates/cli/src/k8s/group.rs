use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_sinks::kubernetes::{OnForeign, Pattern, SecretSpec, Targets};

use self::tables::tables;
use super::form::{Filling, Form};
use crate::aws::Aws;
use crate::context::Context;
use crate::ecr::{Registries, Tokens};
use crate::failure::Failure;
use crate::resolved::Sourced;
#[cfg(feature = "vault")]
use crate::vault::VaultPipeline;

mod overlaps;
pub(super) mod tables;

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
    reach: Reach,
    /// Service accounts that get the Secret's name.
    pub(crate) service_accounts: Vec<Pattern>,
}

/// How namespaces are chosen.
struct Reach {
    names: BTreeSet<String>,
    selector: Option<String>,
    globs: Vec<Pattern>,
    excluded: Vec<Pattern>,
}

impl<'a> Group<'a> {
    /// Those of the config file, `[group.NAME]`; without any, the one that the
    /// settings themselves are.
    pub(crate) fn all(context: &Context<'a>, own_namespace: &str) -> Result<Vec<Self>, Failure> {
        let groups = tables(context)?;
        if groups.is_empty() {
            let context = context.again();
            return Ok(vec![Self::new((None, &[]), context, own_namespace)?]);
        }
        let names: Vec<String> = groups.keys().cloned().collect();
        let groups = groups.into_iter().map(|(name, overlay)| {
            let context = context.overlaid(overlay);
            Self::new((Some(name), &names), context, own_namespace)
        });
        let groups: Vec<_> = groups.collect::<Result<_, _>>()?;
        overlaps::check(&groups)?;
        Ok(groups)
    }

    /// Says whether the groups of a config file make sense; calls nobody.
    pub(crate) fn check(context: &Context<'a>) -> Result<(), Failure> {
        let own_namespace = context.settings.text("own-namespace")?;
        let own_namespace = own_namespace.as_deref().unwrap_or("default");
        for group in Self::all(context, own_namespace)? {
            let checked = group.check_filling();
            checked.map_err(|failure| failure.about(&group.title()))?;
        }
        Ok(())
    }

    /// Refuses settings by which nothing could be obtained for the form, as far as
    /// these tell; asks nobody.
    pub(crate) fn check_filling(&self) -> Result<(), Failure> {
        match self.form.filling() {
            Filling::Logins(_) => Tokens::check(&self.context),
            #[cfg(feature = "vault")]
            Filling::Certificate => VaultPipeline::new(&self.context).map(drop),
            Filling::Session => Aws::new(&self.context).map(drop),
        }
    }

    /// `all` are the names of all groups of the configuration.
    fn new(
        (name, all): (Option<String>, &[String]),
        context: Context<'a>,
        own_namespace: &str,
    ) -> Result<Self, Failure> {
        let form = Form::chosen(&context)?;
        let spec = spec(&context, (name.as_deref(), all), &form)?;
        let reach = Reach::named(&context, own_namespace)?;
        let targets = reach.targets()?;
        let service_accounts = service_accounts(&context, &form)?;
        Ok(Self {
            registries: registries(&context, &form)?,
            name,
            context,
            form,
            spec: Arc::new(spec),
            targets,
            reach,
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

/// A form without logins is for none.
fn registries(context: &Context<'_>, form: &Form) -> Result<Registries, Failure> {
    if form.has_logins() {
        return Registries::named(context);
    }
    for name in ["registry", "account", "public"] {
        if let Some(found) = context.settings.sourced(name)? {
            let reason = "Secrets of this --secret-format hold no logins";
            return Err(found.origin.invalid(reason));
        }
    }
    Ok(Registries::none())
}

fn spec(
    context: &Context<'_>,
    (group, all): (Option<&str>, &[String]),
    form: &Form,
) -> Result<SecretSpec, Failure> {
    let settings = &context.settings;
    let name = settings.text("secret-name")?;
    if name.is_none() && !form.has_logins() {
        let message = "such a Secret needs a name: --secret-name";
        return Err(Failure::configuration("config.missing", message));
    }
    let whole = config_name(context)?;
    // The Secrets of one group are somebody else's to the others.
    let of = |group: &str| format!("{whole}.{group}");
    let config = group.map_or_else(|| whole.clone(), of);
    let others = all.iter().filter(|name| Some(name.as_str()) != group);
    let mut spec = SecretSpec::new(
        name.as_deref().unwrap_or(SECRET_NAME),
        &config,
        form.secret_form(),
    )?
    .with_on_foreign(on_foreign(context)?)
    .part_of(&whole)
    .leaving_alone(others.map(|name| of(name)));
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

impl Reach {
    /// As the settings say; our own namespace, where nothing is named.
    fn named(context: &Context<'_>, own_namespace: &str) -> Result<Self, Failure> {
        let settings = &context.settings;
        let mut reach = Self {
            names: settings.list("namespace")?.into_iter().collect(),
            selector: settings.text("namespace-selector")?,
            globs: patterns(context, "namespace-glob")?,
            excluded: patterns(context, "exclude-namespace")?,
        };
        for name in SYSTEM_NAMESPACES {
            reach.excluded.push(Pattern::new(name)?);
        }
        let is_empty = reach.names.is_empty() && reach.globs.is_empty();
        if is_empty && reach.selector.is_none() {
            reach.names.insert(own_namespace.to_owned());
        }
        Ok(reach)
    }

    fn targets(&self) -> Result<Targets, Failure> {
        let mut targets = Targets::new();
        for name in &self.names {
            targets = targets.with_name(name)?;
        }
        if let Some(selector) = &self.selector {
            targets = targets.with_selector(selector);
        }
        let globs = self.globs.iter().cloned();
        targets = globs.fold(targets, Targets::with_pattern);
        let excluded = self.excluded.iter().cloned();
        Ok(excluded.fold(targets, Targets::without))
    }

    /// Whether a namespace of this name is chosen, whatever its labels are.
    fn has(&self, name: &str) -> bool {
        let is_excluded = || self.excluded.iter().any(|it| it.matches(name));
        let is_meant = || self.globs.iter().any(|it| it.matches(name));
        self.names.contains(name) || is_meant() && !is_excluded()
    }
}

/// By which our objects are known.
pub(crate) fn config_name(context: &Context<'_>) -> Result<String, Failure> {
    match context.settings.sourced("config-name")? {
        // Groups of another one would be taken for ours, and ours for its.
        Some(named) if named.value.contains('.') => Err(named
            .origin
            .invalid("with a dot in it, it cannot be told from a group of another one")),
        Some(named) => Ok(named.value),
        None => Ok(CONFIG_NAME.to_owned()),
    }
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

const SECRET_NAME: &str = "ecr-pull";
const CONFIG_NAME: &str = "default";
/// Nobody pulls images of ours there, and whoever can write there owns the
/// cluster: no selector and no glob finds them, as the policy would refuse each
/// write.
pub(crate) const SYSTEM_NAMESPACES: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

#[cfg(test)]
mod tests;
