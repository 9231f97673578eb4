use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pod_identity::{
    AccountAnnotations, AgentForm, AnnotationDomain, Form, Injection, PodAnnotations, PodPatch,
    SidecarForm, Warning,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::applying::apply;

/// `testdata/admission/README.md` says what is in a case.
#[test]
fn each_case_is_patched_as_it_says() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let case = Case::read(&folder);
        let patch = case.patch(&case.pod);
        let found = json!(patch.operations);
        if found != case.expected {
            wrong.push(format!("{name}/patch.json:\n{found:#}"));
        }
        let warnings: Vec<_> = patch.warnings.iter().map(Warning::as_str).collect();
        if json!(warnings) != case.warnings {
            wrong.push(format!("{name}/warnings.json:\n{:#}", json!(warnings)));
        }
        let patched = apply(&case.pod, &patch.operations).unwrap();
        if case.patched.is_some_and(|expected| patched != expected) {
            wrong.push(format!("{name}/patched.json:\n{patched:#}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn no_case_is_patched_twice() {
    for folder in folders() {
        let case = Case::read(&folder);
        let patch = case.patch(&case.pod);
        let patched = apply(&case.pod, &patch.operations).unwrap();
        let again = case.patch(&patched);
        assert_eq!(json!(again.operations), json!([]), "{}", folder.display());
        assert_eq!(again.warnings, patch.warnings, "{}", folder.display());
    }
}

struct Case {
    pod: Value,
    account: BTreeMap<String, String>,
    settings: Settings,
    expected: Value,
    warnings: Value,
    patched: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Settings {
    domain: Option<String>,
    region: Option<String>,
    regional_sts: bool,
    no_label: bool,
    ipv6: bool,
    volume_name: Option<String>,
    sidecar: Option<Sidecar>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sidecar {
    container: Map<String, Value>,
    volumes: Vec<Value>,
    variables: Vec<(String, String)>,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let read = |name: &str| -> Option<Value> {
            let text = fs::read_to_string(folder.join(name)).ok()?;
            Some(serde_json::from_str(&text).unwrap_or_else(|error| {
                panic!("{}: {error}", folder.join(name).display());
            }))
        };
        let account = read("account.json").unwrap_or_default();
        let annotations = account.pointer("/metadata/annotations");
        let settings = read("settings.json").map(serde_json::from_value);
        Self {
            pod: read("pod.json").unwrap(),
            account: annotations
                .map(|it| serde_json::from_value(it.clone()).unwrap())
                .unwrap_or_default(),
            settings: settings.transpose().unwrap().unwrap_or_default(),
            expected: read("patch.json").unwrap_or(json!([])),
            warnings: read("warnings.json").unwrap_or(json!([])),
            patched: read("patched.json"),
        }
    }

    fn patch(&self, pod: &Value) -> PodPatch {
        let domain = &self.settings.domain;
        let domain: AnnotationDomain = domain
            .as_ref()
            .map_or_else(AnnotationDomain::default, |it| it.parse().unwrap());
        let (account, mut warnings) = AccountAnnotations::parse(&domain, &self.account);
        let (annotations, of_pod) = PodAnnotations::parse(&domain, pod);
        let injection = self.settings.injection();
        // The upstream tests' random number, too, is always the least.
        let injection = injection.annotated(&account, &annotations, 0.0);
        let mut patch = injection.patch(pod, &annotations.skipped);
        warnings.extend(of_pod);
        warnings.append(&mut patch.warnings);
        PodPatch { warnings, ..patch }
    }
}

impl Settings {
    fn injection(&self) -> Injection {
        let region = self.region.as_ref();
        Injection {
            region: region.map(|it| it.parse().unwrap()),
            regional_sts: self.regional_sts,
            label: !self.no_label,
            form: self.form(),
        }
    }

    fn form(&self) -> Form {
        if let Some(sidecar) = &self.sidecar {
            let Sidecar {
                container,
                volumes,
                variables,
            } = sidecar;
            return Form::Sidecar(SidecarForm::new(
                "iamra",
                container.clone(),
                volumes.clone(),
                variables.clone(),
            ));
        }
        let mut agent = AgentForm::default();
        if self.ipv6 {
            AgentForm::IPV6_URI.clone_into(&mut agent.uri);
        }
        if let Some(name) = &self.volume_name {
            agent.token.volume_name.clone_from(name);
        }
        Form::Agent(agent)
    }
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/admission");
    let mut folders: Vec<_> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    assert!(folders.len() > 20, "cases are missing");
    folders.sort();
    folders
}
