use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::VaultError;
use crate::RequestParts;

/// A namespace that exists but has nothing mounted.
const EMPTY: &str = "team1";

/// The namespaces, and what is mounted where. The root is the empty name.
#[derive(Debug)]
pub(crate) struct Namespaces {
    /// Where the logins are.
    pub(crate) auth: String,
    /// Where the PKI mounts are.
    pub(crate) pki: String,
    known: Mutex<BTreeSet<String>>,
}

/// Where a request leads.
pub(super) struct Place<'a> {
    pub(super) namespace: String,
    /// The path inside it.
    pub(super) path: &'a str,
}

impl Namespaces {
    /// The two that are in use, with those around them, and an empty one.
    pub(crate) fn new(pki: Option<&str>, auth: Option<&str>) -> Self {
        let pki = named(pki.unwrap_or_default());
        let auth = auth.map_or_else(|| pki.clone(), named);
        let namespaces = Self {
            known: Mutex::default(),
            auth,
            pki,
        };
        for name in [&namespaces.auth, &namespaces.pki] {
            let ends = name.match_indices('/').map(|(end, _)| end);
            ends.for_each(|end| namespaces.add(&name[..end]));
            namespaces.add(name);
        }
        namespaces.add(EMPTY);
        namespaces
    }

    /// Makes a namespace.
    pub(super) fn add(&self, name: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(named(name));
    }

    /// Reads the namespace from the header and from the path, which may both
    /// name a part of it.
    pub(super) fn place<'a>(
        &self,
        request: &RequestParts,
        path: &'a str,
    ) -> Result<Place<'a>, VaultError> {
        let header = request.header("x-vault-namespace").unwrap_or_default();
        let header = self.find(header)?;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut place = Place {
            namespace: header.clone(),
            path,
        };
        for end in path.match_indices('/').map(|(end, _)| end) {
            let name = join(&header, &path[..end]);
            if known.contains(&name) {
                place = Place {
                    namespace: name,
                    path: &path[end + 1..],
                };
            }
        }
        Ok(place)
    }

    /// A namespace that exists.
    pub(super) fn find(&self, name: &str) -> Result<String, VaultError> {
        let name = named(name);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if name.is_empty() || known.contains(&name) {
            Ok(name)
        } else {
            Err(VaultError::namespace_not_found())
        }
    }
}

/// Without slashes around it; `root` is the root's other name.
fn named(name: &str) -> String {
    match name.trim_matches('/') {
        "root" => String::new(),
        name => name.to_owned(),
    }
}

fn join(outer: &str, inner: &str) -> String {
    if outer.is_empty() {
        inner.to_owned()
    } else {
        format!("{outer}/{inner}")
    }
}
