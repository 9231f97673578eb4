use serde_json::{Value, json};

use super::{Document, Part, PodsInstall, carried};

/// The settings, and the list of roles where there is one: an object of its own, as
/// another list needs no other pods.
pub(super) fn documents(install: &PodsInstall) -> Vec<Document> {
    let place = (FILES, &*install.namespace);
    let config = carried::config_map(&install.carried, &metadata(install, CONFIG), place);
    let list = install.associations.as_ref().map(|list| {
        Document::new(
            Part::Config,
            json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": metadata(install, ASSOCIATIONS),
                "data": {ASSOCIATIONS_FILE: list},
            }),
        )
        .with_comment(REREAD)
    });
    std::iter::once(config).chain(list).collect()
}

fn metadata(install: &PodsInstall, name: &str) -> Value {
    json!({
        "name": name,
        "namespace": install.namespace,
        "labels": {"app.kubernetes.io/name": "iamra"},
    })
}

const REREAD: &str = "\
It is read again when it changes: within a minute or two, and without other pods.";

/// The config file of all that runs.
pub(super) const CONFIG: &str = "iamra-pods";
pub(super) const FLAG: &str = "--config=/etc/iamra/config/iamra.toml";
/// The Secret with files that are not printed.
pub(super) const FILES: &str = "iamra-pods-files";
pub(super) const ASSOCIATIONS: &str = "iamra-associations";
pub(super) const ASSOCIATIONS_FOLDER: &str = "/etc/iamra/associations";
pub(super) const ASSOCIATIONS_FILE: &str = "associations.json";

#[cfg(test)]
mod tests {
    use super::super::carried::{CONFIG_FILE, CONFIG_FOLDER};
    use super::*;

    #[test]
    fn the_config_file_is_where_it_is_looked_for() {
        assert_eq!(FLAG, format!("--config={CONFIG_FOLDER}/{CONFIG_FILE}"));
    }
}
