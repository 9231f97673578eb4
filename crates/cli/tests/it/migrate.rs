//! `migrate`: others' files, and what they become.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::{Run, filters, iamra};

/// Files as their tools' users have them: those of the five recipes, by number,
/// and the usual shapes of other tools'.
fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/migrate")
}

const FILES: [&str; 17] = [
    "000.Dockerfile",
    "000.sh",
    "001.sh",
    "002.yaml",
    "003.yaml",
    "004.md",
    "aws-config.ini",
    "cronjob.yaml",
    "cronjob-args.yaml",
    "docker-config.json",
    "helper-pod.json",
    "helper.service",
    "helper.sh",
    "kubelet.yaml",
    "registry-creds.yaml",
    "renew.yaml",
    "sidecar.env",
];

fn migrate(arguments: &[&str]) -> Run {
    let words = [&["migrate"], arguments].concat();
    Run::of(iamra(&examples()).args(words))
}

#[test]
fn each_file_becomes_one_of_iamras() {
    for name in FILES {
        let run = migrate(&[name]).ok();
        filters(Path::new("/nowhere")).bind(|| {
            let shown = format!("{}\n{}", run.stdout, run.stderr);
            insta::assert_snapshot!(format!("migrate-{name}"), shown);
        });
    }
}

/// Where nothing is left of the old tools, there is nothing more to do.
#[test]
fn a_second_time_there_is_nothing_to_do() {
    for name in FILES {
        let new = migrate(&[name, "-o", "new"]).ok().stdout;
        let words = ["migrate", "-", "-o", "json"];
        let again = Run::told(iamra(&examples()).args(words), &new);
        // One line of it stays: what it asks for is not there.
        let expected = (Some(1), "");
        assert_eq!(
            (again.code, again.stdout.as_str()),
            expected,
            "{name} {again}"
        );
        let is_all_said = again
            .stderr
            .lines()
            .skip(1)
            .all(|line| line.starts_with("- "));
        assert!(is_all_said, "{name} {again}");
    }
}

/// What the tests of the two recipes run is what their manifests become.
#[test]
fn the_recipes_become_what_their_tests_run() {
    let containers = |text: &str| -> Vec<Value> {
        let document: Value = serde_saphyr::from_str(text).unwrap();
        let pod = document.pointer("/spec/template/spec");
        let pod = pod.unwrap_or_else(|| &document["spec"]).clone();
        let lists = ["initContainers", "containers"].map(|name| pod[name].clone());
        let all = lists
            .into_iter()
            .filter_map(|list| list.as_array().cloned());
        all.flatten()
            .filter(|container| container["command"] == serde_json::json!(["/iamra"]))
            .map(|mut container| {
                // The tests' own is shorter by this.
                let container = container.as_object_mut().unwrap();
                container.remove("imagePullPolicy");
                Value::Object(container.clone())
            })
            .collect()
    };
    let tested = |name: &str| {
        let folder = examples().join("../seed");
        containers(&std::fs::read_to_string(folder.join(name)).unwrap())
    };
    let new = migrate(&["001.sh", "-o", "new"]).ok().stdout;
    let begin = new.find("---\n").unwrap();
    let end = new.rfind("EOF").unwrap();
    assert_eq!(containers(&new[begin..end]), tested("pod.yaml"));

    let new = migrate(&["002.yaml", "-o", "new"]).ok().stdout;
    assert_eq!(containers(&new), tested("sidecars.yaml"));
}

/// Nothing of a manifest but image, command and arguments of containers: every
/// other value, and every comment that is not about one of those.
#[test]
fn the_rest_of_a_manifest_stays() {
    for name in FILES.iter().filter(|name| name.contains(".yaml")) {
        let old = std::fs::read_to_string(examples().join(name)).unwrap();
        let new = migrate(&[name, "-o", "new"]).ok().stdout;
        if *name != "kubelet.yaml" {
            let [mut new, mut old] = [&new, &old].map(|text| document_of(text));
            strip_migrated(&mut new, &mut old);
            assert_eq!(new, old, "{name}");
        }
        let comments = |text: &str| -> Vec<String> {
            let lines = text.lines().map(str::trim);
            let comments = lines.filter(|line| line.starts_with('#'));
            comments.map(str::to_owned).collect()
        };
        assert_eq!(comments(&new), comments(&old), "{name}");
    }
}

fn document_of(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// Takes image, command and arguments out of a container that became iamra's,
/// and out of what it was: in all others, they have to stay, too.
fn strip_migrated(new: &mut Value, old: &mut Value) {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            if new.get("command") == Some(&serde_json::json!(["/iamra"])) {
                assert_eq!(new["image"], "iamra:latest");
                let words = new["args"].as_array().unwrap().iter();
                let mut words = words.map(|word| word.as_str().unwrap());
                assert!(words.all(|word| !word.contains('\n')), "{new:?}");
                for fields in [&mut *new, &mut *old] {
                    let ours = ["image", "command", "args"];
                    fields.retain(|name, _| !ours.contains(&name.as_str()));
                }
            }
            for (name, new) in new.iter_mut() {
                if let Some(old) = old.get_mut(name) {
                    strip_migrated(new, old);
                }
            }
        }
        (Value::Array(new), Value::Array(old)) => {
            let pairs = new.iter_mut().zip(old.iter_mut());
            pairs.for_each(|(new, old)| strip_migrated(new, old));
        }
        _ => {}
    }
}

/// Every command line that comes out is one that iamra takes.
#[test]
fn what_comes_out_is_understood() {
    let mut lines = 0;
    for name in FILES {
        let new = migrate(&[name, "-o", "new"]).ok().stdout;
        for words in containers_of(&new).into_iter().chain(commands_of(&new)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let run = Run::of(iamra(&examples()).args(&words).arg("--help"));
            assert_eq!(run.code, Some(0), "{name}: {words:?} {run}");
            lines += 1;
        }
    }
    assert_eq!(lines, 19);
}

/// The arguments of containers that are iamra's.
fn containers_of(text: &str) -> Vec<Vec<String>> {
    let body = text.split("\nEOF").next().unwrap();
    let body = body.rsplit("EOF | kubectl").next().unwrap();
    let body = body.split_once("---\n").map_or(body, |(_, body)| body);
    let Ok(document) = serde_saphyr::from_str::<Value>(body) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut rest = vec![&document];
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(items) => rest.extend(items),
            Value::Object(fields) => {
                if fields.get("command") == Some(&serde_json::json!(["/iamra"])) {
                    let words = fields["args"].as_array().unwrap().iter();
                    found.push(
                        words
                            .map(|word| word.as_str().unwrap().to_owned())
                            .collect(),
                    );
                }
                rest.extend(fields.values());
            }
            _ => {}
        }
    }
    found
}

/// What stands behind `iamra` in scripts, units and profiles.
fn commands_of(text: &str) -> Vec<Vec<String>> {
    let text = text.replace("\\\n", " ");
    let lines = text.lines().filter_map(|line| {
        let (before, line) = line.split_once("iamra ")?;
        let is_command = before.is_empty()
            || before.ends_with(['/', '(', ' '])
            || before.ends_with("ExecStart=");
        is_command.then_some(line)
    });
    lines
        .map(|line| {
            let end = line.find(['|', '&', ')']).unwrap_or(line.len());
            shlex::split(&line[..end]).unwrap()
        })
        .collect()
}

#[test]
fn the_image_is_the_one_that_is_named() {
    let named = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/iamra@sha256:abcd";
    let new = migrate(&["003.yaml", "-o", "new", "--image", named])
        .ok()
        .stdout;
    assert!(new.contains(&format!("- image: {named}\n")), "{new}");
    for wrong in ["a b", "a\nb", "x\""] {
        let run = migrate(&["003.yaml", "--image", wrong]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run}");
    }
}

#[test]
fn where_there_is_nothing_to_migrate_one_line_says_so() {
    for text in [
        "hello\n",
        "a: [b\n",
        "{}\n",
        "kind: Pod\nspec:\n  containers:\n  - image: nginx\n",
        "FROM alpine\nRUN true\n",
        "ROLE_ARN=x\nls\n",
        "docker login -u a registry.example\n",
    ] {
        let run = Run::told(iamra(&examples()).args(["migrate", "-"]), text);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(1), ""),
            "{text:?} {run}"
        );
        let line = "there is nothing in - that iamra takes the place of\n";
        assert_eq!(run.stderr, line);
    }
    let run = migrate(&["absent.yaml"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run}");
    let run = migrate(&["003.yaml", "-o", "yaml"]);
    assert_eq!(
        run.stderr,
        "error[config.invalid]: --output: it must be diff, new or json\n"
    );
}
