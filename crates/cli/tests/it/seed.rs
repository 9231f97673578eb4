//! The pod that this replaces, with its own variables.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use iamra_sandbox::Settings;
use refresh::{Clock as _, SystemClock};
use serde::Deserialize;

use crate::laboratory::Laboratory;
use crate::run::{Run, as_user};

/// The pod's init container: image, command and args are iamra's, the rest is
/// as it was.
const POD: &str = include_str!("../../testdata/seed/pod.yaml");

#[derive(Deserialize)]
struct Pod {
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    init_containers: Vec<Container>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    args: Vec<String>,
    env: Vec<Variable>,
    security_context: SecurityContext,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecurityContext {
    run_as_user: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Variable {
    name: String,
    value: Option<String>,
    value_from: Option<serde::de::IgnoredAny>,
}

impl Container {
    fn of_pod() -> Self {
        let pod: Pod = serde_saphyr::from_str(POD).unwrap();
        pod.spec.init_containers.into_iter().next().unwrap()
    }

    /// The container's variables: those with a value from the pod, with the
    /// sandbox's addresses, names and secrets in place of the cluster's.
    fn environment(&self, laboratory: &Laboratory) -> BTreeMap<String, String> {
        let ours: BTreeMap<String, String> = laboratory.sandbox.environment().into_iter().collect();
        self.env
            .iter()
            .map(|variable| {
                let name = variable.name.clone();
                let value = match (&variable.value, name.as_str()) {
                    (_, "VAULT_ADDR") => ours["VAULT_ADDR"].clone(),
                    (Some(value), _) if value == "${VAULT_CERT_CN}" => {
                        ours["VAULT_CERT_CN"].clone()
                    }
                    (Some(value), _) => value.clone(),
                    (None, _) => {
                        assert!(variable.value_from.is_some(), "{name}");
                        ours[&name].clone()
                    }
                };
                (name, value)
            })
            .collect()
    }
}

#[test]
fn the_pod_writes_the_same_file_as_its_own_user() {
    let laboratory = Laboratory::with(Settings::seed(Arc::new(|| SystemClock.now())));
    let container = Container::of_pod();
    let home = laboratory.path("home/nobody");
    let folder = home.join(".aws");
    std::fs::create_dir_all(&folder).unwrap();
    // An emptyDir: root owns it, everybody may write.
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    std::fs::set_permissions(laboratory.home(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let jwt = laboratory.service_account_token();
    std::fs::set_permissions(&jwt, std::fs::Permissions::from_mode(0o644)).unwrap();

    for round in ["fresh", "again"] {
        let Some(mut command) = as_user(container.security_context.run_as_user) else {
            eprintln!("SKIPPED: not root, or no setpriv: the pod is not run as its own user");
            return;
        };
        command
            .args(&container.args)
            .env_clear()
            .env("HOME", &home)
            // The image's own default, which the pod does not override.
            .env("VAULT_TOKEN", "")
            // The sandbox is not where AWS is.
            .env("AWS_ENDPOINT_URL", laboratory.sandbox.aws_url())
            // Outside of a pod the kubelet's file is somewhere else.
            .env("IAMRA_JWT_FILE", &jwt)
            .envs(container.environment(&laboratory))
            .current_dir("/");
        let run = Run::of(&mut command).ok();
        assert!(
            run.stderr.contains("it has no basic constraints"),
            "{round}: {run}"
        );
        assert_whole(
            &folder.join("credentials"),
            container.security_context.run_as_user,
        );
    }
}

fn assert_whole(path: &Path, user: u32) {
    use std::os::unix::fs::MetadataExt as _;
    let text = std::fs::read_to_string(path).unwrap();
    let keys: Vec<&str> = text
        .lines()
        .map(|line| line.split('=').next().unwrap())
        .collect();
    assert_eq!(
        keys,
        [
            "[default]",
            "aws_access_key_id",
            "aws_secret_access_key",
            "aws_session_token"
        ]
    );
    let metadata = path.metadata().unwrap();
    assert_eq!((metadata.uid(), metadata.mode() & 0o777), (user, 0o600));
}
