use serde_json::Value;

/// Where a container asks, and which token it shows.
pub(super) struct Found {
    pub(super) uri: String,
    pub(super) audience: String,
    pub(super) expiration: u64,
}

impl Found {
    /// As the first container of a pod has it: by its variables, the mount of the folder
    /// that they name, and the volume that is mounted there.
    pub(super) fn of(pod: &Value) -> Self {
        let container = &pod["spec"]["containers"][0];
        let file = named(&container["env"], "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        let (folder, name) = text(&file["value"]).rsplit_once('/').unwrap();
        let mounts = container["volumeMounts"].as_array().unwrap().iter();
        let mut mounts = mounts.filter(|mount| mount["mountPath"] == folder);
        let volume = named(
            &pod["spec"]["volumes"],
            text(&mounts.next().unwrap()["name"]),
        );
        let token = &volume["projected"]["sources"][0]["serviceAccountToken"];
        assert_eq!(token["path"], name, "{volume}");
        let uri = named(&container["env"], "AWS_CONTAINER_CREDENTIALS_FULL_URI");
        Self {
            uri: text(&uri["value"]).to_owned(),
            audience: text(&token["audience"]).to_owned(),
            expiration: token["expirationSeconds"].as_u64().unwrap(),
        }
    }
}

fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    let mut all = list.as_array().unwrap().iter();
    let found = all.find(|it| it["name"] == name);
    found.unwrap_or_else(|| panic!("{name}: {list}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
