use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::Way;
use super::yaml::Document;
use crate::context::read_file;
use crate::failure::Failure;

mod entries;

#[cfg(all(test, unix))]
pub(super) use entries::Variable;
pub(super) use entries::{ClusterEntry, ExecEntry, Text, UserEntry};
use entries::{Context, Named};

/// One or several kubeconfig files.
///
/// [Organizing cluster access](https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/)
#[derive(Default)]
pub(super) struct Kubeconfig {
    current_context: Text,
    contexts: Vec<Named<Context>>,
    clusters: Vec<Named<ClusterEntry>>,
    users: Vec<Named<UserEntry>>,
    /// The files, for people.
    place: String,
}

impl Kubeconfig {
    /// Reads these files: the first that has a name counts, as for kubectl. Of
    /// several, one may be missing.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self, Failure> {
        let may_miss = paths.len() > 1;
        let mut whole = Self::default();
        let mut last = None;
        for path in paths {
            match read_file(path) {
                Ok(text) => {
                    let text = std::str::from_utf8(&text);
                    let wrong = |_| invalid(format!("{} is not UTF-8", path.display()));
                    whole.add(Self::parse(text.map_err(wrong)?, path)?);
                }
                Err(failure) if may_miss && failure.code() == "file.missing" => {
                    last = Some(failure);
                }
                Err(failure) => return Err(failure),
            }
        }
        match last {
            Some(failure) if whole.place.is_empty() => Err(failure),
            _ => Ok(whole),
        }
    }

    /// The cluster and the user of a context; without a name, of the current one.
    pub(super) fn choose(&self, context: Option<&str>) -> Result<Way, Failure> {
        let Some(name) = context.or_else(|| self.current_context.get()) else {
            let message = format!("{} has no current-context", self.place);
            return Err(invalid(message).with_hint(format!(
                "name one: --context NAME; there is {}",
                names(&self.contexts)
            )));
        };
        let chosen = self.find(&self.contexts, "context", name)?;
        let cluster = required(chosen.cluster.get(), "cluster", name, &self.place)?;
        let cluster = self.find(&self.clusters, "cluster", cluster)?.clone();
        let user = match chosen.user.get() {
            Some(user) => self.find(&self.users, "user", user)?.clone(),
            None => UserEntry::default(),
        };
        Ok(Way {
            cluster,
            user,
            namespace: chosen.namespace.get().map(str::to_owned),
            is_pod: false,
            place: format!("context {name} of {}", self.place),
        })
    }

    fn parse(text: &str, path: &Path) -> Result<Self, Failure> {
        let wrong = |why: &str| invalid(format!("{} is no kubeconfig: {why}", path.display()));
        let document = Document::parse(text).map_err(|why| wrong(&why))?;
        if !document.is_mapping() {
            return Err(wrong("it is no mapping"));
        }
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let mut clusters: Vec<Named<ClusterEntry>> = part(&document, "clusters").map_err(wrong)?;
        let mut users: Vec<Named<UserEntry>> = part(&document, "users").map_err(wrong)?;
        let clusters_in = clusters.iter_mut().filter_map(|named| named.entry.as_mut());
        clusters_in.for_each(|cluster| cluster.resolve(folder));
        let users_in = users.iter_mut().filter_map(|named| named.entry.as_mut());
        users_in.for_each(|user| user.resolve(folder));
        Ok(Self {
            current_context: part(&document, "current-context").map_err(wrong)?,
            contexts: part(&document, "contexts").map_err(wrong)?,
            clusters,
            users,
            place: path.display().to_string(),
        })
    }

    /// Puts what another file says behind what is said already.
    fn add(&mut self, other: Self) {
        if self.current_context.get().is_none() {
            self.current_context = other.current_context;
        }
        self.contexts.extend(other.contexts);
        self.clusters.extend(other.clusters);
        self.users.extend(other.users);
        let places = [self.place.as_str(), &other.place];
        let places = places.into_iter().filter(|place| !place.is_empty());
        self.place = places.collect::<Vec<_>>().join(" and ");
    }

    fn find<'e, T>(
        &self,
        entries: &'e [Named<T>],
        kind: &str,
        name: &str,
    ) -> Result<&'e T, Failure> {
        let found = entries.iter().find(|named| named.name.as_str() == name);
        found.and_then(|named| named.entry.as_ref()).ok_or_else(|| {
            let message = format!("{} has no {kind} {name}", self.place);
            invalid(message).with_hint(format!("there is {}", names(entries)))
        })
    }
}

/// A failure of what a kubeconfig says.
pub(super) fn invalid(message: impl Into<String>) -> Failure {
    Failure::configuration("kubernetes.kubeconfig", message)
}

fn required<'t>(
    text: Option<&'t str>,
    what: &str,
    context: &str,
    place: &str,
) -> Result<&'t str, Failure> {
    text.ok_or_else(|| invalid(format!("context {context} of {place} names no {what}")))
}

/// The part of a document; an error names no value of it, which may be a secret.
fn part<T: DeserializeOwned + Default>(
    document: &Document,
    key: &'static str,
) -> Result<T, &'static str> {
    let Some(value) = document.part(key).filter(|value| !value.is_null()) else {
        return Ok(T::default());
    };
    T::deserialize(value).map_err(|_| match key {
        "clusters" => "its clusters are not laid out as kubectl writes them",
        "users" => "its users are not laid out as kubectl writes them",
        "contexts" => "its contexts are not laid out as kubectl writes them",
        _ => "its current-context is no text",
    })
}

fn names<T>(entries: &[Named<T>]) -> String {
    let names: Vec<_> = entries.iter().map(|named| named.name.as_str()).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests;
