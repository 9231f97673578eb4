use std::collections::HashSet;

use super::retry::retried;
use super::{Entry, Fault, Store, Tree, referrers};

/// What was said of these entries and of all below them: signatures, attestations and
/// SBOMs, as cosign files them by tags and OCI by subjects; and what was said of those.
pub(super) async fn of(store: &Store, entries: &[Entry]) -> Result<Vec<Entry>, Fault> {
    let mut found: Vec<Entry> = Vec::new();
    let mut asked = HashSet::new();
    let mut roots: Vec<_> = entries.iter().map(|it| it.descriptor.clone()).collect();
    while !roots.is_empty() {
        let tree = Tree::read(store, &roots).await?;
        roots.clear();
        for (descriptor, _) in tree.manifests {
            let digest = descriptor.digest().to_string();
            if asked.insert(digest.clone()) {
                let news = about(store, &digest).await?;
                roots.extend(news.iter().map(|it| it.descriptor.clone()));
                found.extend(news);
            }
        }
    }
    Ok(found)
}

async fn about(store: &Store, digest: &str) -> Result<Vec<Entry>, Fault> {
    let mut found = Vec::new();
    // A registry's own list is not copied: the target's may have others, too.
    let list = Some("").filter(|_| store.is_folder());
    for suffix in SUFFIXES.into_iter().chain(list) {
        let tag = format!("{}{suffix}", referrers::tag(digest));
        if let Some(descriptor) = retried(|| store.find(&tag)).await? {
            found.push(Entry {
                name: Some(tag),
                descriptor,
            });
        }
    }
    let referrers = retried(|| store.referrers(digest)).await?;
    found.extend(referrers.into_iter().map(|mut descriptor| {
        // Said of it in the list, and no part of it.
        descriptor.set_annotations(None);
        Entry {
            name: None,
            descriptor,
        }
    }));
    Ok(found)
}

/// Those of cosign.
const SUFFIXES: [&str; 3] = [".sig", ".att", ".sbom"];
