//! The pod that this replaces, with its own variables.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
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

/// The pod's container in the sandbox's cluster, with its emptyDir mounted.
struct Stage {
    laboratory: Laboratory,
    container: Container,
    folder: PathBuf,
    jwt: String,
}

impl Stage {
    fn new() -> Self {
        let laboratory = Laboratory::with(Settings::seed(Arc::new(|| SystemClock.now())));
        let folder = laboratory.path("home/nobody/.aws");
        std::fs::create_dir_all(&folder).unwrap();
        let allow = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        // An emptyDir: root owns it, everybody may write.
        allow(&folder, 0o777);
        allow(laboratory.home(), 0o755);
        let jwt = laboratory.service_account_token();
        allow(Path::new(&jwt), 0o644);
        Self {
            laboratory,
            container: Container::of_pod(),
            folder,
            jwt,
        }
    }

    fn user(&self) -> u32 {
        self.container.security_context.run_as_user
    }

    /// The binary with the pod's variables, as the pod's user; none, said
    /// aloud, where that is not possible.
    #[expect(
        clippy::print_stderr,
        reason = "a test that did not happen must not look as if it had"
    )]
    fn command(&self, arguments: &[String]) -> Option<Command> {
        let Some(mut command) = as_user(self.user()) else {
            eprintln!("SKIPPED: not root, or no setpriv: the pod is not run as its own user");
            return None;
        };
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.laboratory.path("home/nobody"))
            // The image's own default, which the pod does not override.
            .env("VAULT_TOKEN", "")
            // The sandbox is not where AWS is.
            .env("AWS_ENDPOINT_URL", self.laboratory.sandbox.aws_url())
            // Outside of a pod the kubelet's file is somewhere else.
            .env("IAMRA_JWT_FILE", &self.jwt)
            .envs(self.container.environment(&self.laboratory))
            .current_dir("/");
        Some(command)
    }
}

#[test]
fn the_pod_writes_the_same_file_as_its_own_user() {
    let stage = Stage::new();
    for round in ["fresh", "again"] {
        let Some(mut command) = stage.command(&stage.container.args) else {
            return;
        };
        let run = Run::of(&mut command).ok();
        assert!(
            run.stderr.contains("it has no basic constraints"),
            "{round}: {run}"
        );
        assert_whole(&stage.folder.join("credentials"), stage.user());
    }
}

/// The script's certificate, too, can be kept by the same settings: as an init
/// container with `--once`, or as a sidecar without.
#[test]
fn the_pods_certificate_is_kept_under_the_names_of_its_script() {
    use std::os::unix::fs::MetadataExt as _;
    let stage = Stage::new();
    let out_dir = stage.folder.join("pki").display().to_string();
    let arguments = ["cert", "watch", "--once", "--pki-mode", "issue"];
    let legacy = ["--layout", "legacy", "--out-dir", &out_dir];
    let arguments = [&arguments[..], &legacy].concat();
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    for said in [
        "Vault issued a certificate",
        "the certificate on disk is good",
    ] {
        let Some(mut command) = stage.command(&arguments) else {
            return;
        };
        let run = Run::of(&mut command).ok();
        assert!(run.stderr.contains(said), "{run}");
        for name in ["cert.pem", "chain.pem", "private.pem"] {
            let metadata = stage.folder.join("pki").join(name).metadata().unwrap();
            let mode = metadata.mode() & 0o777;
            assert_eq!((metadata.uid(), mode), (stage.user(), 0o600), "{name}");
        }
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
