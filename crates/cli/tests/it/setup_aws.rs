//! What `setup aws` prints, and what it refuses to print.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};
use serde_json::Value;

use crate::run::{Run, filters, iamra};

pub(crate) const ANCHOR: &str =
    "arn:aws:rolesanywhere:eu-west-1:123456789012:trust-anchor/0b5c9a7e-1111";

/// A file of CAs, a name for each case, and what is asked for.
const CASES: [(&str, &[&str]); 4] = [
    (
        "everything",
        &[
            "--trust-anchor-pem",
            "ca.pem",
            "--account-id",
            "123456789012",
            "--region",
            "eu-west-1",
            "--workload",
            "web.example.test",
            "--workload",
            "ci-1.example.test=ci@build",
            "--pull",
            "team/app",
            "--pull",
            "web.example.test=arn:aws:ecr:us-west-2:210987654321:repository/base",
            "--push",
            "ci-1.example.test=team/app",
            "--list-tags",
            "--create-repositories",
            "--pull-principal",
            "arn:aws:iam::123456789012:user/ecruser",
            "--pull-principal",
            "arn:aws:iam::210987654321:root",
            "--read-bucket",
            "web.example.test=data.example",
            "--list-buckets",
            "--read-own-setup",
            "--session-duration",
            "7200",
        ],
    ),
    (
        "shared",
        &[
            "--trust-anchor-arn",
            ANCHOR,
            "--workload",
            "a.example.test",
            "--workload",
            "b.example.test",
            "--shared-profile",
            "team",
            "--role-prefix",
            "team-",
            "--pull",
            "b.example.test=app",
        ],
    ),
    (
        "china",
        &[
            "--trust-anchor-pem",
            "ca.pem",
            "--trust-anchor-name",
            "vault-cn",
            "--account-id",
            "123456789012",
            "--region",
            "cn-north-1",
            "--workload",
            "a.example.test",
            "--pull",
            "app",
            "--session-duration",
            "900",
        ],
    ),
    (
        "seed",
        &[
            "--trust-anchor-pem",
            "ca.pem",
            "--account-id",
            "123456789012",
            "--region",
            "us-west-2",
            "--workload",
            "iamanywhere.example.test",
            "--list-buckets",
        ],
    ),
];

/// A home with CAs of several kinds.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        home.write("ca.pem", &ca(&[KeyUsagePurpose::KeyCertSign], 2999));
        home.write("expired.pem", &ca(&[KeyUsagePurpose::KeyCertSign], 2001));
        home.write("mute.pem", &ca(&[KeyUsagePurpose::CrlSign], 2999));
        home.write(
            "end-entity.pem",
            &certificate(IsCa::ExplicitNoCa, &[], 2999),
        );
        let key = KeyPair::generate().unwrap().serialize_pem();
        home.write("key.pem", &key);
        home.write("empty.pem", "");
        home.write("text.pem", "no certificate\n");
        let three = home.read("ca.pem").repeat(3);
        home.write("three.pem", &three);
        home
    }

    #[cfg(unix)]
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    pub(crate) fn setup(&self, arguments: &[&str]) -> Run {
        let words = [&["setup", "aws"], arguments].concat();
        Run::of(iamra(self.0.path()).args(words))
    }

    /// With a word in place of the CA, which is another one each time.
    fn shown(&self, text: &str) -> String {
        let pem = self.read("ca.pem").replace("\r\n", "\n");
        let in_json = serde_json::json!(pem).to_string();
        let in_json = in_json.trim_matches('"');
        text.replace(&pem, "[PEM]\n").replace(in_json, "[PEM]")
    }
}

fn ca(usages: &[KeyUsagePurpose], until: i32) -> String {
    certificate(IsCa::Ca(BasicConstraints::Unconstrained), usages, until)
}

fn certificate(is_ca: IsCa, usages: &[KeyUsagePurpose], until: i32) -> String {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, "CA");
    params.is_ca = is_ca;
    params.key_usages = usages.to_vec();
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    params.self_signed(&key).unwrap().pem()
}

#[test]
fn each_form_is_printed() {
    let home = Home::new();
    for (name, arguments) in CASES {
        for format in ["cli", "terraform", "cloudformation", "json"] {
            let run = home.setup(&[arguments, &["-o", format]].concat()).ok();
            assert_eq!(run.stderr, "", "{run}");
            filters(Path::new("/nowhere")).bind(|| {
                let shown = home.shown(&run.stdout);
                insta::assert_snapshot!(format!("setup-aws-{name}-{format}"), shown);
            });
        }
    }
}

/// What is registered is what the file holds, and nothing else of it.
#[test]
fn the_certificates_are_taken_out_of_what_stands_around_them() {
    let home = Home::new();
    let pem = home.read("ca.pem").replace("\r\n", "\n");
    let arguments = [&CASES[3].1[2..], &["-o", "json", "--trust-anchor-pem", "-"]].concat();
    let words = [&["setup", "aws"], &arguments[..]].concat();
    let surrounded = format!("subject=CN=CA\n{}\nand more\n", pem.replace('\n', "\r\n"));
    let run = Run::told(iamra(home.0.path()).args(words), &surrounded).ok();
    let printed: Value = serde_json::from_str(&run.stdout).unwrap();
    let source = &printed["calls"][0]["parameters"]["source"];
    assert_eq!(source["sourceData"]["x509CertificateData"], pem);
}

/// A variable that iamra has for its other commands makes no trust anchor of the
/// file's certificates impossible.
#[test]
fn a_file_that_is_named_is_stronger_than_a_variable() {
    let home = Home::new();
    let words = [&["setup", "aws"], CASES[3].1, &["-o", "json"]].concat();
    let mut command = iamra(home.0.path());
    let run = Run::of(command.args(words).env("ANCHOR_ARN", ANCHOR)).ok();
    assert!(run.stdout.contains("CreateTrustAnchor"), "{run}");

    // And the other way round.
    let words = [
        "setup",
        "aws",
        "--trust-anchor-arn",
        ANCHOR,
        "--workload",
        "a",
    ];
    let mut command = iamra(home.0.path());
    let command = command.args(words).env("IAMRA_TRUST_ANCHOR_PEM", "ca.pem");
    let run = Run::of(command).ok();
    assert!(!run.stdout.contains("create-trust-anchor"), "{run}");
}

#[test]
fn a_name_among_the_variables_gives_way_to_an_anchor_that_is_there() {
    let home = Home::new();
    let mut command = iamra(home.0.path());
    let words = ["setup", "aws", "--workload", "a.test", "--trust-anchor-arn"];
    let command = command.args(words).arg(ANCHOR);
    let run = Run::of(command.env("IAMRA_TRUST_ANCHOR_NAME", "x")).ok();
    assert!(run.stdout.contains(ANCHOR), "{run}");
}

#[test]
fn a_template_is_one_that_cloudformation_takes() {
    let home = Home::new();
    let of = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("w{number}.test")).collect();
        let mut words = vec!["-o", "cloudformation", "--trust-anchor-arn", ANCHOR];
        words.extend(["--list-buckets", "--pull", "app"]);
        for name in &names {
            words.extend(["--workload", name]);
        }
        home.setup(&words)
    };
    let most = of(66).ok().stdout;
    assert_eq!(most.lines().count(), 1, "one that is long is not indented");
    let template: Value = serde_json::from_str(&most).unwrap();
    assert_eq!(template["Outputs"].as_object().unwrap().len(), 198);
    let run = of(67);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("200 Outputs"), "{run}");
}

/// The scripts are ones that a POSIX shell reads.
#[cfg(unix)]
#[test]
fn a_shell_reads_what_is_printed() {
    let home = Home::new();
    for (name, arguments) in CASES {
        home.write("setup.sh", &home.setup(arguments).ok().stdout);
        let output = std::process::Command::new("sh")
            .args(["-n", "setup.sh"])
            .current_dir(home.0.path())
            .output();
        let run = Run::from(output.unwrap()).ok();
        assert_eq!(run.stderr, "", "{name}: {run}");
    }
}

#[test]
fn what_cannot_be_set_up_is_one_clear_line() {
    let home = Home::new();
    let here = ["--account-id", "123456789012", "--region", "eu-west-1"];
    let workload = ["--workload", "a.example.test"];
    let pem = ["--trust-anchor-pem", "ca.pem"];
    let arn = ["--trust-anchor-arn", ANCHOR];
    let whole = [&here[..], &workload, &pem].concat();
    let cases: Vec<Vec<&str>> = vec![
        vec![],
        [&here[..], &pem].concat(),
        [&here[..], &workload].concat(),
        [&workload[..], &pem].concat(),
        [&workload[..], &pem, &here[..2]].concat(),
        [&whole[..], &arn].concat(),
        [&workload[..], &arn, &["--trust-anchor-name", "x"]].concat(),
        [&workload[..], &arn, &["--region", "us-east-1"]].concat(),
        [&workload[..], &arn, &["--account-id", "210987654321"]].concat(),
        [&workload[..], &arn, &["--account-id", "1"]].concat(),
        [&workload[..], &pem, &["--account-id", "1", "--region", "r"]].concat(),
        [
            &workload[..],
            &[
                "--trust-anchor-arn",
                "arn:aws-cn:rolesanywhere:eu-west-1:123456789012:trust-anchor/x",
            ],
        ]
        .concat(),
        [
            &workload[..],
            &[
                "--trust-anchor-arn",
                "arn:aws:rolesanywhere:eu-west-1:123456789012:trust-anchor/$(id)",
            ],
        ]
        .concat(),
        [
            &workload[..],
            &["--trust-anchor-arn", "arn:aws:iam::123456789012:role/x"],
        ]
        .concat(),
        [&here[..], &pem, &["--workload", "A.test"]].concat(),
        [&here[..], &pem, &["--workload", "$(id)"]].concat(),
        [&here[..], &pem, &["--workload", "a", "--workload", "a=b@c"]].concat(),
        [&whole[..], &["--role-prefix", "a/b"]].concat(),
        [&whole[..], &["--role-prefix", LONG]].concat(),
        [&whole[..], &["--shared-profile", "a.b"]].concat(),
        [&whole[..], &["--trust-anchor-name", "it's"]].concat(),
        [&whole[..], &["--session-duration", "60"]].concat(),
        [&whole[..], &["--pull", "App"]].concat(),
        [&whole[..], &["--pull", "*"]].concat(),
        [&whole[..], &["--pull", "app:latest"]].concat(),
        [&whole[..], &["--pull", "other.example.test=app"]].concat(),
        [
            &whole[..],
            &[
                "--pull",
                "arn:aws-cn:ecr:cn-north-1:123456789012:repository/app",
            ],
        ]
        .concat(),
        [&whole[..], &["--push", "arn:aws:s3:::app"]].concat(),
        [&whole[..], &["--read-bucket", "My_Bucket"]].concat(),
        [&whole[..], &["--pull", "app", "--pull-principal", "*"]].concat(),
        [
            &whole[..],
            &[
                "--pull",
                "app",
                "--pull-principal",
                "arn:aws:iam::123456789012:user/*",
            ],
        ]
        .concat(),
        [&whole[..], &["--create-repositories"]].concat(),
        [
            &whole[..],
            &["--pull-principal", "arn:aws:iam::123456789012:root"],
        ]
        .concat(),
        [&whole[..], &["-o", "yaml"]].concat(),
        [
            &whole[..],
            &[
                "--pull",
                "app",
                "-o",
                "cloudformation",
                "--pull-principal",
                "arn:aws:iam::123456789012:root",
            ],
        ]
        .concat(),
        [
            &whole[..],
            &[
                "--pull",
                "app",
                "-o",
                "terraform",
                "--pull-principal",
                "arn:aws:iam::123456789012:root",
            ],
        ]
        .concat(),
    ];
    let mut lines = String::new();
    for arguments in &cases {
        lines += &refused(&home, arguments);
    }
    filters(home.0.path()).bind(|| insta::assert_snapshot!("setup-aws-refused", lines));
}

/// 58 characters: with the workload's name they are too many.
const LONG: &str = "a-prefix-that-is-much-longer-than-any-prefix-should-ever-be";

#[test]
fn no_trust_anchor_is_made_that_aws_would_refuse() {
    let home = Home::new();
    let mut lines = String::new();
    for file in [
        "expired.pem",
        "mute.pem",
        "end-entity.pem",
        "key.pem",
        "empty.pem",
        "text.pem",
        "three.pem",
        "absent.pem",
    ] {
        let arguments = [&CASES[3].1[2..], &["--trust-anchor-pem", file]].concat();
        lines += &refused(&home, &arguments);
    }
    filters(home.0.path()).bind(|| insta::assert_snapshot!("setup-aws-anchor-refused", lines));
}

/// Nothing is printed but why.
fn refused(home: &Home, arguments: &[&str]) -> String {
    let run = home.setup(arguments);
    let result = (run.code, run.stdout.as_str());
    assert_eq!(result, (Some(2), ""), "{arguments:?} {run}");
    format!("{arguments:?}\n{}\n", run.stderr)
}
