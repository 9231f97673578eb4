//! kubelet's own code reads the pull secrets that the forms make.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use k8s_sinks::kubernetes::SecretData;
use serde_json::{Value, json};

use super::tests::{chosen, expiry, login};
use super::{Form, value};

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn each_pull_secret_opens_the_images_of_its_registries_and_no_others() {
    let Some(oracle) = oracle() else {
        return;
    };
    for form in forms() {
        let data = filled(&form);
        assert_found(&oracle, &form, &data);
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_merged_pull_secret_opens_theirs_and_ours() {
    let Some(oracle) = oracle() else {
        return;
    };
    let theirs =
        "\"docker.io\":{\"auth\":\"dTp0aGVpcnM\"},\"https://HOST/v2/\":{\"auth\":\"QVdTOm9sZA==\"}";
    let theirs = theirs.replace("HOST", HOST);
    for form in forms() {
        let secret = form.secret_form();
        let [key] = secret.keys().try_into().unwrap();
        let theirs = if key == ".dockercfg" {
            format!("{{{theirs}}}")
        } else {
            format!("{{\"auths\":{{{theirs}}}}}")
        };
        let foreign = SecretData::from([(key, value(&theirs))]);
        let merged = secret.merged(&foreign, &filled(&form)).unwrap();
        assert_found(&oracle, &form, &merged);
        let found = &answers(&asked(
            &oracle,
            &form,
            &merged,
            &["docker.io/library/busybox"],
        ))[0];
        let creds = json!([{ "username": "u", "password": "theirs" }]);
        assert_eq!(found["creds"], creds, "{form:?}");
    }
}

/// What we refuse to merge with is what makes kubelet refuse everything.
#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_broken_entry_is_one_for_kubelet_too() {
    let Some(oracle) = oracle() else {
        return;
    };
    let form = chosen(&[]).unwrap();
    let secret = form.secret_form();
    for (entry, is_read) in [
        (r#"{"auth":"dTpwYQ=="}"#, true),
        (r#"{"auth":"dTpwYQ"}"#, true),
        (r#"{"auth":"dTpwYR=="}"#, true),
        (r#"{"auth":"dTpw\ndTpw\r\n"}"#, true),
        (r#"{"auth":""}"#, true),
        (r#"{"auth":null}"#, true),
        (r#"{"username":"u"}"#, true),
        (r#"{"identitytoken":5}"#, true),
        ("null", true),
        (r#"{"auth":"dTpwYQ="}"#, false),
        (r#"{"auth":"dTpw "}"#, false),
        (r#"{"auth":" dTpwYQ=="}"#, false),
        (r#"{"auth":"dT-_"}"#, false),
        (r#"{"auth":"dT*w"}"#, false),
        (r#"{"auth":"dQ=="}"#, false),
        (r#"{"AUTH":"dT*w"}"#, false),
        (r#"{"auth":5}"#, false),
        (r#"{"password":[]}"#, false),
        (r#""text""#, false),
    ] {
        let document = format!(r#"{{"auths":{{"docker.io":{entry}}}}}"#);
        let foreign = SecretData::from([(".dockerconfigjson".to_owned(), value(&document))]);
        let told = asked(&oracle, &form, &foreign, &["docker.io/library/busybox"]);
        assert_eq!(told.status.success(), is_read, "{entry}: {told:?}");
        let merged = secret.merged(&foreign, &filled(&form));
        assert_eq!(merged.is_ok(), is_read, "{entry}: {:?}", merged.err());
    }
}

/// Every form that kubelet reads, with every shape of its entries.
fn forms() -> Vec<Form> {
    let mut forms = Vec::new();
    for format in ["dockerconfigjson", "dockercfg"] {
        for shape in [
            &[][..],
            &["--auth-only"],
            &["--registry-scheme"],
            &["--auth-only", "--registry-scheme"],
        ] {
            let flags = [&["--secret-format", format], shape].concat();
            forms.push(chosen(&flags).unwrap());
        }
    }
    forms
}

fn filled(form: &Form) -> SecretData {
    let filling = form.logins();
    let logins = [login(HOST, "ours"), login("public.ecr.aws", "public")];
    filling.data(&logins, expiry()).unwrap()
}

#[track_caller]
fn assert_found(oracle: &PathBuf, form: &Form, data: &SecretData) {
    let ours = ["team/app:1", "app", "a/b/c:latest"].map(|name| format!("{HOST}/{name}"));
    let digest = format!("{HOST}/team/app@sha256:{}", "0".repeat(64));
    let mut images: Vec<&str> = ours.iter().map(String::as_str).collect();
    images.extend([
        digest.as_str(),
        "public.ecr.aws/docker/library/busybox:1",
        OTHER,
    ]);
    let answers = answers(&asked(oracle, form, data, &images));
    assert_eq!(answers.len(), images.len(), "{form:?}");
    let creds = |password| json!([{ "username": "AWS", "password": password }]);
    for found in &answers[..4] {
        assert_eq!(found["creds"], creds("ours"), "{form:?} {}", found["image"]);
    }
    assert_eq!(answers[4]["creds"], creds("public"), "{form:?}");
    assert_eq!(answers[5]["found"], false, "{form:?}");
}

/// What kubelet makes of a Secret of this form with this in it.
fn asked(oracle: &PathBuf, form: &Form, data: &SecretData, images: &[&str]) -> Output {
    let data: BTreeMap<_, _> = data
        .iter()
        .map(|(key, value)| (key, BASE64_STANDARD.encode(&**value)))
        .collect();
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": form.secret_form().secret_type(),
        "data": data,
    });
    let mut child = Command::new(oracle)
        .arg("secret")
        .args(images)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take();
    stdin
        .unwrap()
        .write_all(secret.to_string().as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

/// What it says of each image, in order.
fn answers(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    let lines = std::str::from_utf8(&output.stdout).unwrap().lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Says aloud that it is not there.
fn oracle() -> Option<PathBuf> {
    let named = variable("IAMRA_TEST_KUBELET").filter(|value| !value.is_empty());
    let path = variable("PATH").unwrap_or_default();
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join("kubelet-oracle"));
    let found = named
        .map(PathBuf::from)
        .or_else(|| programs.find(|program| program.is_file()));
    if found.is_none() {
        eprintln!("SKIPPED: IAMRA_TEST_KUBELET is not set, and kubelet-oracle is not on the PATH");
    }
    found
}

#[expect(
    clippy::disallowed_methods,
    reason = "which peers there are, the environment says"
)]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
/// The same account's in another region.
const OTHER: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:2";
