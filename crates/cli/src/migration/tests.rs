use super::*;

mod containers;

fn migrated(text: &str) -> Option<String> {
    let migration = Migration::of(text, "iamra:1")?;
    (migration.text != text).then_some(migration.text)
}

#[test]
fn what_is_put_in_has_the_lines_and_the_quotes_of_its_file() {
    for (old, new) in [
        (
            "containers:\r\n- image: x/iam-roles-anywhere-sidecar:v0.0.1 # old\r\n  name: a\r\n",
            "containers:\r\n- image: iamra:1 # old\r\n  command: [/iamra]\r\n  args: [creds, serve]\r\n  name: a\r\n",
        ),
        (
            "containers: [{image: \"x/iam-roles-anywhere-sidecar@sha256:0\", name: a}]\n",
            "containers: [{image: \"iamra:1\", \"command\": [\"/iamra\"], \"args\": [\"creds\", \"serve\"], name: a}]\n",
        ),
        // No line break at the end, and arguments of its own.
        (
            "containers:\n- args:\n  # both\n  - x\n  - \"y\"\n  command:\n  image: iam-roles-anywhere-sidecar",
            "containers:\n- args: [creds, serve]\n  command: [/iamra]\n  image: iamra:1",
        ),
        // What stands before it may be longer in bytes than in characters.
        (
            "# ä€😀\ncontainers:\n- image: iam-roles-anywhere-sidecar\n",
            "# ä€😀\ncontainers:\n- image: iamra:1\n  command: [/iamra]\n  args: [creds, serve]\n",
        ),
    ] {
        assert_eq!(migrated(old).as_deref(), Some(new), "{old:?}");
    }
}

/// In a here-document a shell would put in what is for Kubernetes.
#[test]
fn variables_of_kubernetes_are_kept_from_a_shell() {
    let manifest =
        "containers:\n- image: registry-creds\n  env:\n  - name: awsregion\n    valueFrom: x\n";
    for (begin, expected) in [
        ("cat <<EOF\n", "\"--region=\\$(awsregion)\"]"),
        ("cat <<'EOF'\n", "\"--region=$(awsregion)\"]"),
    ] {
        let new = migrated(&format!("{begin}{manifest}EOF\n")).unwrap();
        assert!(new.contains(expected), "{new}");
    }
}

#[test]
fn what_a_container_has_by_an_alias_or_not_at_all_is_left_alone() {
    for text in [
        "containers:\n- &a\n  name: x\n- *a\n",
        "containers: []\n",
        "containers:\n- image: *missing\n",
        "containers:\n- image: other/iam-roles-anywhere-sidecar-fork:1\n",
        "containers:\n- image:\n",
    ] {
        assert_eq!(migrated(text), None, "{text:?}");
    }
}

#[test]
fn a_shell_finds_its_login_by_the_tool_that_it_is_for() {
    let login = "aws ecr get-login-password --region eu-west-1";
    for (old, new) in [
        (
            format!(
                "{login} | podman login -u AWS --password-stdin a.dkr.ecr.eu-west-1.amazonaws.com"
            ),
            "iamra ecr login --registry a.dkr.ecr.eu-west-1.amazonaws.com --tool podman",
        ),
        (
            format!(
                "{login} \\\n  | helm registry login --username AWS --password-stdin \"$R\" && x"
            ),
            "iamra ecr login --registry \"$R\" --tool helm && x",
        ),
        (
            format!("P=$({login})\n"),
            "P=$(iamra ecr token --region eu-west-1)\n",
        ),
        (
            "$(aws ecr get-login --no-include-email --region r-1)".to_owned(),
            "iamra ecr login --region r-1",
        ),
        (
            "sudo kubectl -n a create secret docker-registry s --docker-server=$S".to_owned(),
            "sudo kubectl -n a create secret docker-registry s --docker-server=$S",
        ),
    ] {
        assert_eq!(migrated(&old).unwrap_or(old), new);
    }
}

/// What a container becomes as a whole is not undone by a line of its script.
#[test]
fn a_token_in_the_script_of_a_container_goes_with_it() {
    let manifest = "containers:\n- name: a\n  image: odaniait/aws-kubectl\n  command: [/bin/sh, -c]\n  args:\n  - |\n    TOKEN=$(aws ecr get-login-password --region us-west-2)\n    kubectl create secret docker-registry cred --docker-server=1.dkr.ecr.us-west-2.amazonaws.com \\\n      --docker-username=AWS --docker-password=\"$TOKEN\"\n";
    let expected = "containers:\n- name: a\n  image: iamra:1\n  command: [/iamra]\n  args: [k8s, sync, cred, --docker-server=1.dkr.ecr.us-west-2.amazonaws.com, --docker-username=AWS]\n";
    assert_eq!(migrated(manifest).as_deref(), Some(expected));
}

/// Whether the list says this.
fn says(text: &str, what: &str) -> bool {
    let migration = Migration::of(text, "iamra:1");
    migration.is_some_and(|it| it.changes.iter().any(|change| change.what.contains(what)))
}

/// Only an image that is nothing but the helper is iamra's own.
#[test]
fn an_image_of_other_things_keeps_them() {
    let add = "ADD --chmod=0755 https://r.example/aws_signing_helper";
    for (old, new) in [
        (
            format!("FROM node:20\nRUN npm ci\n{add} /usr/local/bin/\nCMD [\"node\"]\n"),
            "FROM node:20\nRUN npm ci\nCOPY --from=iamra:1 /iamra /usr/local/bin/aws_signing_helper\nCMD [\"node\"]\n",
        ),
        (
            format!("FROM go AS build\nRUN make\nFROM alpine\nCOPY --from=build /a /a\n{add} .\n"),
            "FROM go AS build\nRUN make\nFROM alpine\nCOPY --from=build /a /a\nCOPY --from=iamra:1 /iamra ./aws_signing_helper\n",
        ),
        (
            format!("FROM alpine\nUSER app\n{add} ./\n"),
            "FROM alpine\nUSER app\nCOPY --from=iamra:1 /iamra ./aws_signing_helper\n",
        ),
        (
            format!("FROM alpine\nENV A=b\n{add} ./\n"),
            "FROM iamra:1\nENV A=b\n",
        ),
    ] {
        assert_eq!(migrated(&old).as_deref(), Some(new), "{old:?}");
    }
    let run = "FROM alpine\nRUN curl -o /h https://r.example/aws_signing_helper && make\n";
    assert_eq!(migrated(run), None);
    assert!(says(run, "RUN curl"));
}

/// What a shell does with the helper's output stays outside of its flags.
#[test]
fn redirections_and_substitutions_stay_whole() {
    let flags = "--listen=localhost:9911 --protocol=imds --hop-limit=64";
    for (old, new) in [
        (
            "aws_signing_helper serve --role-arn r 2>&1",
            format!("iamra creds serve {flags} --role-arn r 2>&1"),
        ),
        (
            "aws_signing_helper serve --role-arn $(cat role) &",
            format!("iamra creds serve {flags} --role-arn $(cat role) &"),
        ),
        (
            "aws_signing_helper credential-process --with-proxy --role-arn `cat r` 2>/dev/null | jq .",
            "iamra creds process --role-arn `cat r` 2>/dev/null | jq .".to_owned(),
        ),
        (
            "aws_signing_helper update 2>log --once --role-arn r",
            "iamra creds file 2>log  --role-arn r".to_owned(),
        ),
        (
            "C=\"$(aws_signing_helper credential-process --role-arn r)\"",
            "C=\"$(iamra creds process --role-arn r)\"".to_owned(),
        ),
    ] {
        assert_eq!(migrated(old), Some(new));
    }
}

const HOST: &str = "1.dkr.ecr.r-1.amazonaws.com";

/// What is said to the AWS CLI and to kubectl is said to iamra, or the line
/// stays, and the list says so.
#[test]
fn flags_are_carried_over_or_the_line_stays() {
    let login = "aws ecr get-login-password";
    let docker = format!("docker login -u AWS --password-stdin {HOST}");
    let create = format!("create secret docker-registry r --docker-server={HOST}");
    let sync = format!("iamra k8s sync r --docker-server={HOST} --docker-username=AWS");
    let aws = "--docker-username=AWS --docker-password";
    let printed = "--dry-run=client -o yaml | kubectl apply -f -";
    for (old, new) in [
        (
            format!("{login} --profile prod | {docker}\n"),
            Some(format!("iamra ecr login --registry {HOST} --credentials ambient --aws-profile prod\n")),
        ),
        (format!("{login} --endpoint-url x | {docker}\n"), None),
        (format!("{login} | docker --config /c login -u AWS --password-stdin {HOST}\n"), None),
        ("eval `aws ecr get-login --region a`\n".to_owned(), Some("iamra ecr login --region a\n".to_owned())),
        ("$(aws ecr get-login --registry-ids 1)\n".to_owned(), None),
        ("aws ecr get-login | sh\n".to_owned(), None),
        (
            format!("kubectl {create} {aws}=$({login} --region r-1) {printed}\nls\n"),
            Some(format!("{sync}\nls\n")),
        ),
        (
            format!("kubectl -n ns --context c --kubeconfig=k {create} {aws} \"$PW\"\n"),
            Some(format!("{sync} --namespace ns --context c --kubeconfig k\n")),
        ),
        (
            format!("kubectl create secret docker-registry -n ns r --docker-server={HOST} {aws}=$PW\n"),
            Some(format!("{sync} --namespace ns\n")),
        ),
        (format!("kubectl --as root {create} {aws}=$PW\n"), None),
        (format!("kubectl {create} {aws}=$PW --dry-run=client -o yaml | kubeseal\n"), None),
        (format!("kubectl {create} {aws}=$PW {printed} -n other\n"), None),
        (
            "kubectl create secret docker-registry r --docker-server=$HUB --docker-username=bob --docker-password=$P\n".to_owned(),
            None,
        ),
    ] {
        assert_eq!(migrated(&old), new, "{old}");
        assert!(new.is_some() || says(&old, "stays as it is"), "{old}");
    }
}

/// A token that anything else may use is kept.
#[test]
fn a_token_stays_where_it_is_used_elsewhere() {
    let token = "T=$(aws ecr get-authorization-token --region a --output text)\n";
    let curl = "curl -H \"Authorization: Basic $T\" https://x\n";
    let ours = "curl -H \"$(iamra ecr token -o authorization --region a)\" https://x\n";
    for (before, after, stays) in [
        ("", "", false),
        ("", "echo ${T}\n", true),
        ("", "cat <<EOF\npassword: $T\nEOF\n", true),
        ("", "export T\n", true),
        ("export ", "", true),
    ] {
        let kept = if stays {
            format!("{before}{token}")
        } else {
            String::new()
        };
        let old = format!("{before}{token}{curl}{after}");
        assert_eq!(
            migrated(&old),
            Some(format!("{kept}{ours}{after}")),
            "{old}"
        );
    }
}

/// A script that does more than iamra does is kept whole.
#[test]
fn other_work_of_a_container_is_kept() {
    let secret = "kubectl create secret docker-registry s --docker-server=1.dkr.ecr.r-1.amazonaws.com --docker-username=AWS --docker-password=$(aws ecr get-login-password)";
    for script in [
        "python3 gen-cert.py && aws s3 cp s3://a b && exec /app".to_owned(),
        format!("for ns in a b; do {secret} -n $ns; done"),
        format!("{secret}\n    {secret} -n b"),
        format!("{secret}\n    kubectl rollout restart deploy/a"),
    ] {
        let old = format!(
            "containers:\n- name: job\n  image: my/tools\n  command: [sh, -c]\n  args:\n  - |\n    {script}\n"
        );
        assert_eq!(migrated(&old), None, "{old}");
        assert!(says(&old, "The container job stays as it is"), "{old}");
    }
    let old = "containers:\n- name: app\n  image: my/tools\n  args:\n  - aws_signing_helper serve --role-arn r & exec /app\n";
    assert!(says(
        old,
        "container app calls iamra now, which has to be in its image"
    ));
}

#[test]
fn what_a_manifest_says_beside_a_container_stays() {
    let quoted = "containers:\n- image: \"iam-roles-anywhere-sidecar\" # pinned\n";
    assert!(migrated(quoted).unwrap().contains("\"iamra:1\" # pinned\n"));
    let commented = "containers:\n- args:\n  # why\n  - x\n  image: iam-roles-anywhere-sidecar\n";
    assert!(says(commented, "Comments in a container's"));
    for anchored in [
        "containers:\n- image: &i iam-roles-anywhere-sidecar\n- image: *i\n",
        "containers:\n- &c\n  image: iam-roles-anywhere-sidecar\n",
    ] {
        assert_eq!(migrated(anchored), None, "{anchored}");
        assert!(says(anchored, "it has an anchor"), "{anchored}");
    }
    let json =
        "{\"containers\": [{\"image\": \"iam-roles-anywhere-sidecar\", \"command\": [\"a\"]}]}\n";
    let new = migrated(json).unwrap();
    let document: serde_json::Value = serde_json::from_str(&new).unwrap();
    assert_eq!(document["containers"][0]["command"][0], "/iamra");
}

#[test]
fn what_only_copies_a_secret_is_told() {
    let patcher = "containers:\n- image: quay.io/titansoft/imagepullsecret-patcher:v0.14\n";
    assert_eq!(migrated(patcher), None);
    assert!(says(patcher, "takes the place of both"));
}

#[test]
fn needroleshere_is_the_helper_but_for_its_bindings() {
    let line = "credential_process = needroleshere credential-process --role-arn r\n";
    let expected = "credential_process = iamra creds process --role-arn r\n";
    assert_eq!(migrated(line).as_deref(), Some(expected));
    for path in ["/opt/aws-tools/", "bin/", "-/usr/bin/", "$HOME/a-b/"] {
        let line = format!("ExecStart={path}aws_signing_helper credential-process --role-arn r\n");
        assert!(migrated(&line).is_some(), "{line}");
    }
    let path = "/opt/aws-tools/needroleshere credential-process --role-arn r\n";
    assert!(migrated(path).is_some());
    let image = "docker run x/needroleshere credential-process --role-arn r\n";
    assert_eq!(migrated(image), None);
    for unit in ["serve --region r", "bind %i --role-arn r", "unbind %i"] {
        let unit = format!("[Service]\nExecStart=/usr/bin/needroleshere {unit}\n");
        assert_eq!(migrated(&unit), None, "{unit}");
        assert!(says(&unit, "its bindings are routes"), "{unit}");
    }
}

#[test]
fn a_template_is_said_to_be_no_manifest() {
    let template = "kind: Pod\ncontainers:\n{{- range .Values.all }}\n- image: iam-roles-anywhere-sidecar\n{{- end }}\n";
    assert_eq!(migrated(template), None);
    assert!(says(template, "no YAML in its line 3"));
}

#[test]
fn names_that_any_program_has_stay_beside_others() {
    let old = "TRUST_ANCHOR_ID=a\nDEBUG=1\nDATABASE=x\n";
    let new = "IAMRA_TRUST_ANCHOR_ARN=a\nDEBUG=1\nDATABASE=x\n";
    assert_eq!(migrated(old).as_deref(), Some(new));
    assert!(says(old, "DEBUG stays"));
    assert!(says("TRUST_ANCHOR_ID=a\nDEBUG=1\n", "DEBUG is gone"));
    assert_eq!(migrated("LISTEN_PORT=80\nDEBUG=1\n"), None);
}

#[test]
fn variables_of_windows_and_of_a_shell_are_read() {
    let old = "export TRUST_ANCHOR_ID=a\r\nWITH_PROXY=1\r\nexport LISTEN='0.0.0.0:80'\r\nOTHER=x";
    let new = "export IAMRA_TRUST_ANCHOR_ARN=a\r\nexport IAMRA_LISTEN='localhost:80'\r\nOTHER=x";
    assert_eq!(migrated(old).as_deref(), Some(new));
}

/// Whatever a file ends in, or lacks, it is read without a bug, and what is not
/// changed is still there.
#[test]
fn a_damaged_file_is_no_bug() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/migrate");
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for at in places.into_iter().step_by(13) {
            let without_a_piece: String = text[..at]
                .chars()
                .chain("é\u{0}".chars())
                .chain(text[at..].chars().skip(11))
                .collect();
            for damaged in [&text[..at], &text[at..], &without_a_piece] {
                let Some(migration) = Migration::of(damaged, "iamra:1") else {
                    continue;
                };
                assert!(!migration.changes.is_empty());
                let (was, is) = (readers(damaged), readers(&migration.text));
                assert!(was.iter().zip(is).all(|(was, is)| is || !was), "{damaged}");
            }
        }
    }
}

/// Whether readers of JSON and of YAML take a text.
fn readers(text: &str) -> [bool; 2] {
    let json = serde_json::from_str::<serde_json::Value>(text).is_ok();
    [json, yaml::Node::documents(text).is_some()]
}

/// What a shell takes, it takes afterwards, too.
#[cfg(unix)]
#[test]
fn a_script_is_one_afterwards() {
    use std::io::Write;
    let is_script = |text: &str| {
        let mut command = std::process::Command::new("sh");
        let command = command.arg("-n").stdin(std::process::Stdio::piped());
        let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        drop(stdin);
        child.wait().unwrap().success()
    };
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/migrate");
    for name in ["000.sh", "001.sh", "helper.sh"] {
        let old = std::fs::read_to_string(folder.join(name)).unwrap();
        let new = migrated(&old).unwrap();
        assert!(is_script(&old) && is_script(&new), "{name}: {new}");
    }
    assert!(!is_script("a 2>&"));
}
