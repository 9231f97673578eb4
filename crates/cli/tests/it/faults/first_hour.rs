//! What goes wrong in the first hour, one fault at a time.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use iamra_sandbox::{EcrAction, EcrDenial, Fault, FaultEffect, FaultTarget, JwtClaims, Policy};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::case::{Case, Said};
use crate::disk::on_full_disk;
use crate::k8s::kubeconfig;
use crate::laboratory::Laboratory;
use crate::run::{Run, as_user};
use crate::stub::{Answers, Stub};

/// Quick where nobody answers.
const FILE: &[&str] = &[
    "creds",
    "file",
    "--log-level",
    "error",
    "--vault-max-retries",
    "0",
    "--vault-timeout",
    "5",
    "--aws-timeout",
    "5",
];

const CASES: &[Case] = &[
    Case {
        name: "wrong common name",
        fault: |_, command| {
            command.env("VAULT_CERT_CN", "app.elsewhere.invalid");
        },
        said: said(
            "vault.name-not-allowed",
            3,
            "allow the name in the role: allowed_domains",
        ),
        ..CASE
    },
    Case {
        name: "sealed Vault",
        fault: |laboratory, _| laboratory.sandbox.seal(true),
        said: said("vault.sealed", 4, "unseal Vault"),
        ..CASE
    },
    Case {
        name: "skewed clock",
        fault: |laboratory, _| {
            always(
                laboratory,
                FaultTarget::RolesAnywhere,
                FaultEffect::ClockSkew { seconds: 3600 },
            );
        },
        said: said("aws.clock-skew", 3, "set the machine's clock (NTP)"),
        ..CASE
    },
    Case {
        name: "certificate without digitalSignature",
        fault: |_, command| {
            command.env("IAMRA_PKI_ROLE", "no-keyusage");
        },
        said: said(
            "certificate.unfit",
            5,
            "set key_usage=DigitalSignature on the Vault role",
        ),
        ..CASE
    },
    Case {
        name: "expired trust anchor",
        fault: |laboratory, _| {
            let expired = laboratory.sandbox.expired_root().unwrap();
            laboratory.sandbox.configure_roles_anywhere(|account| {
                account.trust_anchors[0].certificates = vec![expired];
            });
        },
        said: said(
            "aws.untrusted-issuer",
            3,
            "the trust anchor must hold the CA that issued",
        ),
        ..CASE
    },
    Case {
        name: "disabled profile",
        fault: |laboratory, _| {
            laboratory.sandbox.configure_roles_anywhere(|account| {
                account.profiles[0].enabled = false;
            });
        },
        said: said("aws.disabled", 3, "enable the trust anchor and the profile"),
        ..CASE
    },
    Case {
        name: "deleted trust anchor",
        fault: |laboratory, _| {
            laboratory
                .sandbox
                .configure_roles_anywhere(|account| account.trust_anchors.clear());
        },
        said: said(
            "aws.no-such-resource",
            3,
            "check the ARNs: trust anchor and profile",
        ),
        ..CASE
    },
    Case {
        name: "role not in the profile",
        fault: |laboratory, _| {
            laboratory.sandbox.configure_roles_anywhere(|account| {
                account.profiles[0].role_arns.clear();
            });
        },
        said: said("aws.denied", 3, "the profile must list the role"),
        ..CASE
    },
    Case {
        name: "session name that the profile does not take",
        fault: |_, command| {
            command.args(["--role-session-name", "build-7"]);
        },
        said: said(
            "aws.session-name-not-accepted",
            3,
            "leave --role-session-name out",
        ),
        ..CASE
    },
    Case {
        name: "missing Vault policy",
        sandbox: |settings| settings.policy = Policy::none(),
        prepare: |laboratory, command| {
            let root = laboratory.sandbox.vault_root_token();
            command.env("VAULT_TOKEN", root.expose_secret());
        },
        fault: |laboratory, command| {
            let token = laboratory.sandbox.vault_token();
            command.env("VAULT_TOKEN", token.expose_secret());
        },
        said: said(
            "vault.denied",
            3,
            r#"path "pki-aws/sign/iamra" { capabilities = ["update"] }"#,
        ),
        ..CASE
    },
    Case {
        name: "revoked Vault token",
        fault: |laboratory, _| {
            let token = laboratory.sandbox.vault_token();
            laboratory.sandbox.revoke_token(token.expose_secret());
        },
        said: said(
            "vault.denied",
            3,
            "check that the token has neither expired nor been revoked",
        ),
        ..CASE
    },
    Case {
        name: "wrong PKI role",
        fault: |_, command| {
            command.env("IAMRA_PKI_ROLE", "nope");
        },
        said: said(
            "vault.role-missing",
            3,
            "the PKI role: it does not exist there",
        ),
        ..CASE
    },
    Case {
        name: "wrong auth role",
        prepare: by_service_account,
        fault: |_, command| {
            command.env("VAULT_ROLE", "nope");
        },
        said: said(
            "vault.login-denied",
            3,
            "create the role in the auth method, or name another one",
        ),
        ..CASE
    },
    Case {
        name: "expired JWT",
        prepare: |laboratory, command| by_jwt(laboratory, command, Duration::from_secs(300)),
        fault: |laboratory, command| by_jwt(laboratory, command, Duration::ZERO),
        said: said("vault.login-denied", 3, "have a new JWT made"),
        ..CASE
    },
    Case {
        name: "absent JWT",
        prepare: by_service_account,
        fault: |laboratory, _| std::fs::remove_file(laboratory.path("token")).unwrap(),
        said: said("file.invalid", 2, "--jwt-file"),
        ..CASE
    },
    Case {
        name: "foreign Secret",
        command: &["k8s", "sync", "--log-level", "error"],
        prepare: |laboratory, command| in_a_cluster(laboratory, command, None),
        fault: |laboratory, command| {
            let foreign = json!({
                "metadata": {"name": "ecr-pull", "uid": "1", "resourceVersion": "1"},
                "type": "kubernetes.io/dockerconfigjson",
                "data": {".dockerconfigjson": "eyJhdXRocyI6eyJkb2NrZXIuaW8iOnsiYXV0aCI6ImRUcHcifX19"},
            });
            in_a_cluster(laboratory, command, Some(foreign));
        },
        said: said("kubernetes.foreign", 2, "iamra k8s adopt default/ecr-pull"),
        ..CASE
    },
    Case {
        name: "wrong region",
        fault: |_, command| {
            command.env("IAMRA_REGION", "eu-west-1");
        },
        said: said("config.invalid", 2, "leave --region (IAMRA_REGION) out"),
        ..CASE
    },
    Case {
        name: "proxy that opens TLS",
        sandbox: |settings| settings.tls = true,
        fault: |laboratory, command| {
            command.env("AWS_CA_BUNDLE", laboratory.path("vault-ca.pem"));
        },
        said: said("aws.untrusted-server", 2, "--aws-ca-bundle (AWS_CA_BUNDLE)"),
        ..CASE
    },
    Case {
        name: "Vault of an unknown CA",
        sandbox: |settings| settings.tls = true,
        fault: |laboratory, command| {
            command.env("VAULT_CACERT", laboratory.path("aws-ca.pem"));
        },
        said: said("vault.untrusted-server", 2, "VAULT_CACERT"),
        ..CASE
    },
    Case {
        name: "captive portal",
        fault: |laboratory, _| {
            always(
                laboratory,
                FaultTarget::RolesAnywhere,
                FaultEffect::HtmlPage { status: 403 },
            );
        },
        said: said(
            "aws.not-aws",
            1,
            "a proxy or a captive portal stands between",
        ),
        ..CASE
    },
    Case {
        name: "key of another certificate",
        prepare: |laboratory, command| {
            let files = [laboratory.path("cert.pem"), laboratory.path("key.pem")];
            if !files[0].exists() {
                laboratory.key_files("iamra");
            }
            let [certificate, key] = files;
            command.arg("--certificate").arg(certificate);
            command.arg("--private-key").arg(key);
        },
        fault: |laboratory, _| {
            let before = laboratory.read("cert.pem");
            laboratory.key_files("iamra");
            laboratory.write("cert.pem", &before);
        },
        said: said(
            "identity.invalid",
            2,
            "give the pair that was made together",
        ),
        ..CASE
    },
    Case {
        name: "throttled",
        fault: |laboratory, _| {
            let effect = FaultEffect::Throttle { retry_after: None };
            always(laboratory, FaultTarget::RolesAnywhere, effect);
        },
        said: said("aws.throttled", 4, "keep sessions with iamra creds file"),
        ..CASE
    },
    Case {
        name: "closed port",
        fault: |_, command| {
            command.env("VAULT_ADDR", "http://127.0.0.1:1");
        },
        said: said("vault.unavailable", 4, "check address and port"),
        ..CASE
    },
    Case {
        name: "unknown host",
        fault: |_, command| {
            command.env("VAULT_ADDR", "http://vault.invalid:8200");
        },
        said: said(
            "vault.unavailable",
            4,
            "check the name, and the machine's resolver",
        ),
        ..CASE
    },
    Case {
        name: "role that may not ask ECR",
        command: &["ecr", "login", "--no-cache"],
        fault: |laboratory, _| {
            let principal_arn = laboratory.sandbox.role_arn().to_owned();
            laboratory.sandbox.configure_ecr(|settings| {
                settings.denials.push(EcrDenial {
                    principal_arn,
                    action: EcrAction::GetAuthorizationToken,
                });
            });
        },
        said: said("ecr.denied", 3, r#""Action":"ecr:GetAuthorizationToken""#),
        ..CASE
    },
    Case {
        name: "mistyped key in the config file",
        prepare: |laboratory, command| {
            with_config(laboratory, command, "session-duration = \"900\"\n");
        },
        fault: |laboratory, command| {
            with_config(laboratory, command, "sesion-duration = \"900\"\n");
        },
        said: said("config.invalid", 2, "did you mean \"session-duration\"?"),
        ..CASE
    },
];

const CASE: Case = Case {
    name: "",
    sandbox: |_| {},
    command: FILE,
    prepare: |_, _| {},
    fault: |_, _| {},
    said: said("", 0, ""),
};

const fn said(code: &'static str, exit: i32, fix: &'static str) -> Said {
    Said { code, exit, fix }
}

#[test]
fn each_fault_has_its_code_and_tells_its_fix() {
    let runs = CASES.iter().map(|case| (case.name, case.run(), case.said));
    let mut runs: Vec<(&str, Run, Said)> = runs.collect();
    for (name, run, said) in of_this_machine() {
        match run {
            Some(run) => runs.push((name, run, said)),
            None => eprintln!("SKIPPED: {name}: not root, or no mount namespaces here"),
        }
    }
    assert!(runs.len() >= 20, "{}", runs.len());
    let (mut wrong, mut silent) = (String::new(), Vec::new());
    for (name, run, said) in &runs {
        if !said.is_so(run) {
            wrong += &format!("{name}: not {} and {}: {run}\n", said.code, said.exit);
        }
        if !said.is_told(run) {
            silent.push(*name);
        }
    }
    assert_eq!(wrong, "");
    assert_eq!(
        silent, [""; 0],
        "of these nothing that is said names the fix"
    );
}

/// What needs another user, or a disk of its own.
fn of_this_machine() -> [(&'static str, Option<Run>, Said); 2] {
    [
        (
            "full disk",
            full_disk(),
            said("file.disk-full", 1, "make room and try again"),
        ),
        (
            "folder of another user",
            foreign_folder(),
            said("file.permission", 2, "securityContext.fsGroup"),
        ),
    ]
}

fn full_disk() -> Option<Run> {
    let iamra = env!("CARGO_BIN_EXE_iamra");
    let file = "creds file --log-level error --credentials-file";
    let script = format!(
        "cd small && {iamra} {file} c && (dd if=/dev/zero of=fill bs=1k 2>/dev/null; true) && \
         {iamra} {file} c"
    );
    on_full_disk(&Laboratory::new(), &script)
}

fn foreign_folder() -> Option<Run> {
    let laboratory = Laboratory::new();
    laboratory.run(FILE).ok();
    let folder = laboratory.path(".aws");
    for path in [laboratory.home(), &folder] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = as_user(65534)?;
    let healthy = laboratory.command(&[]);
    let variables = healthy.get_envs();
    let set = variables.filter_map(|(name, value)| Some((name, value?)));
    let words = [
        "creds",
        "file",
        "--log-level",
        "error",
        "--credentials-file",
    ];
    Some(Run::of(
        command.envs(set).args(words).arg(folder.join("new")),
    ))
}

fn always(laboratory: &Laboratory, target: FaultTarget, effect: FaultEffect) {
    laboratory
        .sandbox
        .faults()
        .add(Fault::always(target, effect));
}

fn by_service_account(laboratory: &Laboratory, command: &mut Command) {
    command
        .env_remove("VAULT_TOKEN")
        .env("IAMRA_AUTH", "kubernetes")
        .env("IAMRA_JWT_FILE", laboratory.service_account_token());
}

fn by_jwt(laboratory: &Laboratory, command: &mut Command, lifetime: Duration) {
    let claims = JwtClaims {
        lifetime,
        ..JwtClaims::default()
    };
    let jwt = laboratory.sandbox.jwt(&claims).unwrap();
    command
        .env_remove("VAULT_TOKEN")
        .env("VAULT_ROLE", "gha")
        .env("IAMRA_AUTH", "jwt")
        .env("VAULT_ID_TOKEN", jwt.expose_secret());
}

/// A cluster that has this Secret, or none.
fn in_a_cluster(laboratory: &Laboratory, command: &mut Command, found: Option<serde_json::Value>) {
    let missing = json!({"kind": "Status", "code": 404, "reason": "NotFound"});
    let made = json!({"metadata": {"uid": "1", "resourceVersion": "1"}});
    let secret = found.map_or((404, missing), |secret| (200, secret));
    let cluster = Stub::new(Answers::from([
        ("GET api/v1/namespaces/default/secrets/ecr-pull", secret),
        (
            "POST api/v1/namespaces/default/secrets?&fieldManager=iamra",
            (201, made),
        ),
    ]));
    command.env("IAMRA_KUBECONFIG", kubeconfig(laboratory, &cluster));
    // It answers for as long as the test runs.
    std::mem::forget(cluster);
}

fn with_config(laboratory: &Laboratory, command: &mut Command, line: &str) {
    let config = laboratory.write("iamra.toml", &format!("schema = 1\n{line}"));
    command.env("IAMRA_CONFIG", config);
}
