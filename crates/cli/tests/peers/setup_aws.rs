//! What `setup aws` prints, read by the formats' own tools, and made in moto.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::laboratory::Laboratory;
use crate::moto::Moto;
use crate::peer::{Peer, variable};
use crate::run::Run;

/// All that can be asked for.
const EVERYTHING: &[&str] = &[
    "--trust-anchor-pem",
    "root.pem",
    "--account-id",
    "123456789012",
    "--region",
    "eu-west-1",
    "--workload",
    "web.example.test",
    "--workload",
    "ci-1.example.test",
    "--pull",
    "team/app",
    "--push",
    "ci-1.example.test=team/app",
    "--list-tags",
    "--create-repositories",
    "--pull-principal",
    "arn:aws:iam::210987654321:root",
    "--read-bucket",
    "web.example.test=data.example",
    "--list-buckets",
    "--read-own-setup",
];

struct Scene {
    laboratory: Laboratory,
}

impl Scene {
    fn new() -> Self {
        let laboratory = Laboratory::new();
        let root = laboratory.sandbox.trust_anchor_pem().to_owned();
        laboratory.write("root.pem", &root);
        Self { laboratory }
    }

    /// What is printed, without what the laboratory's variables would add.
    fn printed(&self, format: &str) -> String {
        let words = [&["setup", "aws"], EVERYTHING, &["-o", format]].concat();
        let mut command = self.laboratory.command(&words);
        command
            .env_remove("ANCHOR_ARN")
            .env_remove("IAMRA_TRUST_ANCHOR_ARN");
        Run::of(&mut command).ok().stdout
    }

    fn run(&self, peer: &Peer, arguments: &[&str]) -> Run {
        Run::of(peer.command(&self.laboratory).args(arguments))
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn shellcheck_finds_nothing_to_say() {
    let Some(shellcheck) = Peer::program("shellcheck") else {
        return;
    };
    let scene = Scene::new();
    scene.laboratory.write("setup.sh", &scene.printed("cli"));
    let run = scene.run(&shellcheck, &["setup.sh"]).ok();
    assert_eq!(run.stdout, "", "{run}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn cfn_lint_finds_nothing_to_say() {
    let Some(lint) = Peer::program("cfn-lint") else {
        return;
    };
    let scene = Scene::new();
    let template = scene.printed("cloudformation");
    scene.laboratory.write("template.json", &template);
    let run = scene.run(&lint, &["template.json"]).ok();
    assert_eq!(run.stdout, "", "{run}");
    // It would say something.
    let wrong = template.replace("DurationSeconds", "DurationMinutes");
    scene.laboratory.write("template.json", &wrong);
    assert_ne!(scene.run(&lint, &["template.json"]).code, Some(0));
}

/// The one that `cargo xtask test --aws` makes a stack of.
#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn cfn_lint_takes_the_template_of_the_evidence() {
    let Some(lint) = Peer::program("cfn-lint") else {
        return;
    };
    let scene = Scene::new();
    let template = include_str!("../aws/template.yaml");
    scene.laboratory.write("template.yaml", template);
    let run = scene.run(&lint, &["template.yaml"]).ok();
    assert_eq!(run.stdout, "", "{run}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_parser_of_hcl_reads_the_same_policies() {
    let Some(python) = Peer::python("hcl2") else {
        return;
    };
    let scene = Scene::new();
    scene
        .laboratory
        .write("main.tf", &scene.printed("terraform"));
    let count = "import hcl2; d = hcl2.load(open('main.tf')); \
                 print(sum(len(kind) for kind in d['resource']))";
    let run = scene.run(&python, &["-c", count]).ok();
    // Anchor, repository and its policy; a role, a profile and rights for each.
    assert_eq!(run.stdout.trim(), "9", "{run}");
}

/// The script makes it, a second run keeps it, and the calls of the JSON form
/// make the same.
#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn script_and_calls_make_the_same_in_moto() {
    let (Some(python), Some(aws)) = (Peer::python("moto.server"), Peer::program("aws")) else {
        return;
    };
    let scene = Scene::new();
    let moto = Account::start(&scene, &python);
    let script = scene.printed("cli");
    let first = moto.run_script(&scene, &aws, &script).ok();
    assert!(!first.stderr.contains("kept"), "{first}");
    let settings = "IAMRA_ROLE_ARN=arn:aws:iam::123456789012:role/ci-1.example.test";
    assert!(first.stdout.contains(settings), "{first}");
    let made = moto.state(&scene, &python, None);
    assert_eq!(made["roles"].as_object().unwrap().len(), 2, "{made}");

    let second = moto.run_script(&scene, &aws, &script).ok();
    assert_eq!(second.stderr.matches("kept").count(), 4, "{second}");
    assert_eq!(
        second.stderr.matches("updated the role").count(),
        2,
        "{second}"
    );
    assert!(!second.stderr.contains("others"), "{second}");
    assert_eq!(second.stdout, first.stdout);
    assert_eq!(moto.state(&scene, &python, None), made);

    // The ids of anchor and profiles are the only difference.
    let other = Account::start(&scene, &python);
    let calls = other.state(&scene, &python, Some(&scene.printed("json")));
    let arns = first
        .stdout
        .lines()
        .filter(|line| line.contains(":rolesanywhere:"));
    let ids: Vec<&str> = arns.filter_map(|arn| arn.rsplit('/').next()).collect();
    assert_eq!(ids.len(), 4, "{first}");
    let same = |state: &Value| {
        ids.iter().fold(state.to_string(), |text, id| {
            text.replace(&format!("/{id}\""), "/x\"")
        })
    };
    assert_eq!(same(&calls), same(&made));
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn what_is_not_iamras_is_left_alone() {
    let (Some(python), Some(aws)) = (Peer::python("moto.server"), Peer::program("aws")) else {
        return;
    };
    let scene = Scene::new();
    let moto = Account::start(&scene, &python);
    let script = scene.printed("cli");
    let foreign = r#"{"Version":"2012-10-17","Statement":[{"Sid":"theirs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::210987654321:root"},"Action":"ecr:BatchGetImage"}]}"#;
    for words in [
        &["ecr", "create-repository", "--repository-name", "team/app"][..],
        &[
            "ecr",
            "set-repository-policy",
            "--repository-name",
            "team/app",
            "--policy-text",
            foreign,
        ],
    ] {
        Run::of(moto.aws(&scene, &aws).args(words)).ok();
    }
    let run = moto.run_script(&scene, &aws, &script).ok();
    assert!(run.stderr.contains("kept the policy of team/app"), "{run}");
    let state = moto.state(&scene, &python, None);
    assert_eq!(
        state["repositories"]["team/app"]["Statement"][0]["Sid"],
        "theirs"
    );

    // A role of somebody else's.
    let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let other = Account::start(&scene, &python);
    let role = [
        "iam",
        "create-role",
        "--role-name",
        "web.example.test",
        "--assume-role-policy-document",
        trust,
    ];
    Run::of(other.aws(&scene, &aws).args(role)).ok();
    let run = other.run_script(&scene, &aws, &script);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("has not been made by iamra"), "{run}");

    // Credentials of another account.
    let run = moto.run_script(
        &scene,
        &aws,
        &script.replace("123456789012", "111122223333"),
    );
    assert_eq!(run.code, Some(1), "{run}");
    assert!(
        run.stderr
            .contains("these are credentials of the account 123456789012"),
        "{run}"
    );
}

/// moto, with what an administrator has.
struct Account {
    moto: Moto,
    state: tempfile::TempDir,
}

impl Account {
    fn start(scene: &Scene, python: &Peer) -> Self {
        Self {
            moto: Moto::start(python.command(&scene.laboratory), None),
            state: tempfile::tempdir().unwrap(),
        }
    }

    /// A program with an administrator's variables.
    fn equip<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        // Those of the laboratory lead to the sandbox.
        for service in ["ECR", "STS", "IAM", "ROLESANYWHERE"] {
            command.env_remove(format!("AWS_ENDPOINT_URL_{service}"));
        }
        command
            .env("AWS_ENDPOINT_URL", &self.moto.url)
            .env("AWS_DEFAULT_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "example")
    }

    fn aws(&self, scene: &Scene, aws: &Peer) -> Command {
        let mut command = aws.command(&scene.laboratory);
        self.equip(&mut command);
        command
    }

    /// Runs a script as an administrator would.
    fn run_script(&self, scene: &Scene, aws: &Peer, script: &str) -> Run {
        let bin = self.state.path().join("bin");
        let _ = std::fs::create_dir(&bin);
        let wrapper = bin.join("aws");
        #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
        std::fs::write(&wrapper, include_str!("setup_aws/aws.sh")).unwrap();
        std::fs::set_permissions(
            &wrapper,
            std::os::unix::fs::PermissionsExt::from_mode(0o700),
        )
        .unwrap();
        let script = scene.laboratory.write("setup.sh", script);
        let path = variable("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command
            .arg(script)
            .env_clear()
            .env("HOME", scene.laboratory.home())
            .env(
                "PATH",
                format!("{}:{}", bin.display(), path.to_string_lossy()),
            )
            .env("REAL_AWS", aws.path())
            .env("STATE", self.state.path());
        Run::of(self.equip(&mut command))
    }

    /// What there is, after the calls of a document have been made.
    fn state(&self, scene: &Scene, python: &Peer, calls: Option<&str>) -> Value {
        let mut command = python.command(&scene.laboratory);
        let program = include_str!("setup_aws/applied.py");
        let mode = if calls.is_some() { "calls" } else { "look" };
        let mut child = self
            .equip(&mut command)
            .args(["-c", program, mode])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let document = calls.unwrap_or_default();
        // One that has ended does not read any more.
        let _ = child.stdin.take().unwrap().write_all(document.as_bytes());
        let run = Run::from(child.wait_with_output().unwrap()).ok();
        serde_json::from_str(&run.stdout).unwrap()
    }
}
