use std::collections::BTreeMap;

use k8s_sinks::kubernetes::{CONFIG, MANAGED_BY, MANAGER, TOKEN_TYPE};

use crate::k8s::{Group, Scopes};

/// A Secret that is written: by its name and type, and what marks it.
#[derive(Clone, Debug)]
pub(crate) struct WrittenSecret {
    pub(crate) name: String,
    pub(crate) secret_type: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// Those of people; ours have other values each time.
    pub(crate) annotations: BTreeMap<String, String>,
    /// Whether it holds the current tokens, beside us.
    pub(crate) is_kept: bool,
}

/// The Secrets of this configuration: those of each group, and those in which its
/// tokens are kept.
pub(super) fn written(groups: &[Group<'_>], scopes: &Scopes) -> Vec<WrittenSecret> {
    let filled = groups.iter().map(|group| WrittenSecret {
        name: group.spec.name().to_owned(),
        secret_type: group.spec.form().secret_type().to_owned(),
        labels: group.spec.labels().clone(),
        annotations: group.spec.annotations().clone(),
        is_kept: false,
    });
    let keeping = groups.iter().zip(scopes.groups());
    let keeping = keeping.filter(|(_, scope)| scope.keeps_token);
    let kept = keeping.map(|(group, scope)| {
        let marks = [(MANAGED_BY, MANAGER), (CONFIG, group.spec.config())];
        let marks = marks.map(|(key, value)| (key.to_owned(), value.to_owned()));
        WrittenSecret {
            name: scope.token_secret(),
            secret_type: TOKEN_TYPE.to_owned(),
            labels: marks.into(),
            annotations: BTreeMap::new(),
            is_kept: true,
        }
    });
    filled.chain(kept).collect()
}
