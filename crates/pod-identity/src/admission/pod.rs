use serde_json::Value;

use super::patch::member;

/// A pod as the API server sends it; fields that are newer than we are, and
/// such as are no pod's at all, do no harm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pod<'a> {
    json: &'a Value,
}

/// One of its containers or init containers.
#[derive(Clone, Debug)]
pub(super) struct Container<'a> {
    /// The pointer to it.
    pub(super) path: String,
    /// Itself.
    pub(super) json: &'a Value,
    /// Whether it is an init container.
    pub(super) is_init: bool,
}

impl<'a> Pod<'a> {
    pub(super) fn new(json: &'a Value) -> Self {
        Self { json }
    }

    /// The pointer to its metadata, and they.
    pub(super) fn metadata(self) -> (&'static str, &'a Value) {
        ("/metadata", &self.json["metadata"])
    }

    /// The pointer to its spec, and that.
    pub(super) fn spec(self) -> (&'static str, &'a Value) {
        ("/spec", &self.json["spec"])
    }

    pub(super) fn annotation(self, name: &str) -> Option<&'a str> {
        self.json["metadata"]["annotations"][name].as_str()
    }

    /// What a kubelet tells the API server of a pod that runs from a file.
    pub(super) fn is_mirror(self) -> bool {
        self.annotation("kubernetes.io/config.mirror").is_some()
    }

    /// Whether it runs on Windows, by what it says itself.
    pub(super) fn is_windows(self) -> bool {
        let (_, spec) = self.spec();
        let selector = &spec["nodeSelector"];
        let selected = ["kubernetes.io/os", "beta.kubernetes.io/os"].map(|label| &selector[label]);
        selected
            .into_iter()
            .chain([&spec["os"]["name"]])
            .any(|os| os == "windows")
    }

    pub(super) fn is_on_host_network(self) -> bool {
        let (_, spec) = self.spec();
        spec["hostNetwork"] == true
    }

    /// Those that are there from the start: init containers first, as they run.
    pub(super) fn containers(self) -> impl Iterator<Item = Container<'a>> {
        [("initContainers", true), ("containers", false)]
            .into_iter()
            .flat_map(move |(key, is_init)| {
                let (path, spec) = self.spec();
                let list = member(path, key);
                let containers = items(&spec[key]).iter().enumerate();
                containers.map(move |(index, json)| Container {
                    path: member(&list, &index.to_string()),
                    json,
                    is_init,
                })
            })
    }

    /// The volume of that name.
    pub(super) fn volume(self, name: &str) -> Option<&'a Value> {
        let (_, spec) = self.spec();
        items(&spec["volumes"]).iter().find(|it| it["name"] == name)
    }
}

impl<'a> Container<'a> {
    /// What patches say of it: its pointer, and itself.
    pub(super) fn at(&self) -> (&str, &'a Value) {
        (&self.path, self.json)
    }

    pub(super) fn name(&self) -> &'a str {
        self.json["name"].as_str().unwrap_or_default()
    }

    /// The variable of that name, whatever it has its value from.
    pub(super) fn variable(&self, name: &str) -> Option<&'a Value> {
        items(&self.json["env"])
            .iter()
            .find(|it| it["name"] == name)
    }

    pub(super) fn has_any_variable(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.variable(name).is_some())
    }

    pub(super) fn mounts(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        items(&self.json["volumeMounts"]).iter()
    }

    /// What is mounted at `path`.
    pub(super) fn mount_at(&self, path: &str) -> Option<&'a Value> {
        let plain = |path: &str| path.trim_end_matches('/').to_owned();
        let wanted = plain(path);
        self.mounts()
            .find(|it| it["mountPath"].as_str().map(plain).as_ref() == Some(&wanted))
    }
}

/// What is no list has no items.
pub(super) fn items(json: &Value) -> &[Value] {
    json.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn init_containers_come_first_and_have_their_paths() {
        let pod = json!({"spec": {
            "containers": [{"name": "web"}, {"name": "proxy"}],
            "initContainers": [{"name": "setup"}, "text"],
            "ephemeralContainers": [{"name": "debug"}],
        }});
        let found: Vec<_> = Pod::new(&pod)
            .containers()
            .map(|it| (it.path.clone(), it.name().to_owned(), it.is_init))
            .collect();
        let expected = [
            ("/spec/initContainers/0", "setup", true),
            ("/spec/initContainers/1", "", true),
            ("/spec/containers/0", "web", false),
            ("/spec/containers/1", "proxy", false),
        ];
        assert_eq!(
            found,
            expected.map(|(path, name, is_init)| (path.into(), name.into(), is_init))
        );
    }

    #[test]
    fn windows_is_known_by_the_selector_or_the_os() {
        for (spec, windows) in [
            (
                json!({"nodeSelector": {"kubernetes.io/os": "windows"}}),
                true,
            ),
            (
                json!({"nodeSelector": {"beta.kubernetes.io/os": "windows"}}),
                true,
            ),
            (json!({"os": {"name": "windows"}}), true),
            (
                json!({"os": {"name": "linux"}, "nodeSelector": {"os": "windows"}}),
                false,
            ),
            (json!([]), false),
        ] {
            let pod = json!({"spec": spec});
            assert_eq!(Pod::new(&pod).is_windows(), windows, "{pod}");
        }
    }
}
