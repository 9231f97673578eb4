use std::collections::BTreeMap;
use std::sync::Arc;

use super::Error;
use super::form::{OnForeign, SecretForm};
use super::marks::{CONFIG, MANAGED_BY, MANAGER, is_reserved};
use super::names::{check_key, check_label_value, check_name};

/// Which Secret is to be there: its name, its form, and what marks it as ours.
#[derive(Clone, Debug)]
pub struct SecretSpec {
    name: String,
    config: String,
    form: Arc<dyn SecretForm>,
    on_foreign: OnForeign,
    /// Configurations whose Secrets are left alone, whatever else is said.
    others: Vec<String>,
    /// The configuration of which this one is a part.
    whole: Option<String>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

impl SecretSpec {
    /// A Secret of this name and form. `config` tells our configurations in one
    /// cluster from each other: it is the value of a label.
    pub fn new(name: &str, config: &str, form: Arc<dyn SecretForm>) -> Result<Self, Error> {
        check_name("secret name", name)?;
        check_label_value("configuration name", config)?;
        let mark = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        Ok(Self {
            name: name.to_owned(),
            config: config.to_owned(),
            form,
            on_foreign: OnForeign::default(),
            others: Vec::new(),
            whole: None,
            labels: [(MANAGED_BY, MANAGER), (CONFIG, config)].map(mark).into(),
            annotations: BTreeMap::new(),
        })
    }

    /// The same, with what happens to somebody else's Secret of that name.
    #[must_use]
    pub fn with_on_foreign(self, on_foreign: OnForeign) -> Self {
        Self { on_foreign, ..self }
    }

    /// The same, and the Secrets of these configurations are never taken nor
    /// written into, whatever happens to others': the two would fight.
    #[must_use]
    pub fn leaving_alone(self, configs: impl IntoIterator<Item = String>) -> Self {
        let others = configs.into_iter().collect();
        Self { others, ..self }
    }

    /// The same as a part of this configuration. What is marked as of the whole,
    /// or of another part of it that is not [left alone](Self::leaving_alone), was
    /// written before the parts were what they are now: nobody keeps it any more.
    #[must_use]
    pub fn part_of(self, whole: &str) -> Self {
        let whole = Some(whole.to_owned());
        Self { whole, ..self }
    }

    /// The same with another label.
    pub fn with_label(mut self, key: &str, value: &str) -> Result<Self, Error> {
        check_own("label", key)?;
        check_label_value("label", value)?;
        self.labels.insert(key.to_owned(), value.to_owned());
        Ok(self)
    }

    /// The same with another annotation.
    pub fn with_annotation(mut self, key: &str, value: &str) -> Result<Self, Error> {
        check_own("annotation", key)?;
        self.annotations.insert(key.to_owned(), value.to_owned());
        Ok(self)
    }

    /// The Secret's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the configuration that it is of.
    pub fn config(&self) -> &str {
        &self.config
    }

    /// Its form.
    pub fn form(&self) -> &dyn SecretForm {
        &*self.form
    }

    /// What happens to somebody else's Secret of that name.
    pub fn on_foreign(&self) -> OnForeign {
        self.on_foreign
    }

    /// Whether the Secrets of this manager are left alone.
    pub(crate) fn leaves_alone(&self, manager: &str) -> bool {
        let config = manager
            .strip_prefix(MANAGER)
            .and_then(|it| it.strip_prefix('/'));
        config.is_some_and(|config| self.others.iter().any(|it| it == config))
    }

    /// Whether Secrets with the mark of this configuration are what ours were
    /// before.
    pub(crate) fn succeeds(&self, config: &str) -> bool {
        let whole = self.whole.as_deref();
        let part = whole.and_then(|whole| config.strip_prefix(whole));
        part.is_some_and(|part| part.is_empty() || part.starts_with('.'))
            && !self.others.iter().any(|other| other == config)
    }

    /// Its labels, those that mark it as ours among them.
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// Its annotations, without those of its contents.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }
}

fn check_own(what: &'static str, key: &str) -> Result<(), Error> {
    check_key(what, key)?;
    if is_reserved(key) {
        return Err(Error::Invalid {
            what,
            value: key.to_owned(),
            reason: "it is one of those that mark what iamra wrote".to_owned(),
        });
    }
    Ok(())
}
