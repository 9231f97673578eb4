use super::container::{Container, Runner, Variable};
use super::work;
use crate::migration::change::{
    CREDENTIAL_HELPER, Change, GEN_CERT, Known, LOGIN_RENEW, PULL_SECRET, REGISTRY, SECRET_CREATOR,
    SIDECAR, SIGNING_HELPER,
};
use crate::migration::script;
use crate::migration::words::{Command, commands};
use crate::multicall;

/// What a container becomes.
pub(super) struct Form {
    pub(super) arguments: Vec<String>,
    pub(super) changes: Vec<Change>,
}

/// The first that knows a container says what it becomes.
pub(super) fn of(container: &Container<'_>) -> Option<Form> {
    container.image()?;
    let anywhere = [sidecar, credential_helper, signing_helper];
    // What these become has variables that Kubernetes puts in.
    let in_clusters = [
        gen_cert,
        secret_creator,
        login_renew,
        registry_creds,
        pull_secret,
    ];
    let mut forms = match container.runner {
        Runner::Kubernetes => anywhere.iter().chain(&in_clusters),
        Runner::Compose => anywhere.iter().chain(&[]),
    };
    forms.find_map(|form| form(container))
}

fn form<T: Into<String>>(arguments: impl IntoIterator<Item = T>, known: &Known) -> Form {
    Form {
        arguments: arguments.into_iter().map(Into::into).collect(),
        changes: known.changes().collect(),
    }
}

/// The script that has Vault make a key and writes `~/.aws/credentials`.
fn gen_cert(container: &Container<'_>) -> Option<Form> {
    let words = container.words();
    let script = words.iter().find(|word| word.contains("gen-cert.py"))?;
    let is_known = |(command, _): &(Command<'_>, &str)| work::makes_credentials(command);
    commands(script).iter().all(is_known).then(|| {
        let mut arguments = vec!["creds", "file", "--pki-mode", "issue"];
        let elsewhere = credentials_file(container);
        arguments.extend(elsewhere.iter().map(String::as_str));
        form(arguments, &GEN_CERT)
    })
}

fn sidecar(container: &Container<'_>) -> Option<Form> {
    let is_known = container.image()? == "iam-roles-anywhere-sidecar";
    is_known.then(|| {
        let mut form = form(["creds", "serve"], &SIDECAR);
        if container.runner == Runner::Compose {
            form.changes.push(SIDECAR.also(
                "Services of compose have a network each, and iamra serves its own alone: give the consumer network_mode: service:NAME, with the name of this one.",
            ));
        }
        form
    })
}

fn credential_helper(container: &Container<'_>) -> Option<Form> {
    let name = "aws-iam-roles-anywhere-sidecar-credential-helper";
    (container.image()? == name).then(|| {
        let mut arguments = vec!["creds", "file", "--watch"];
        let elsewhere = credentials_file(container);
        arguments.extend(elsewhere.iter().map(String::as_str));
        form(arguments, &CREDENTIAL_HELPER)
    })
}

/// Named where it is not in the image's own home, and by no variable.
fn credentials_file(container: &Container<'_>) -> Vec<String> {
    if container.has_variable("AWS_SHARED_CREDENTIALS_FILE") {
        return Vec::new();
    }
    let folder = container
        .aws_folder()
        .map(|path| path.trim_end_matches('/'));
    match folder.filter(|folder| *folder != OWN_FOLDER) {
        Some(folder) => vec![
            "--credentials-file".to_owned(),
            format!("{folder}/credentials"),
        ],
        None => Vec::new(),
    }
}

/// `~/.aws` in iamra's image.
const OWN_FOLDER: &str = "/home/nobody/.aws";

fn secret_creator(container: &Container<'_>) -> Option<Form> {
    if container.image()? != "ecr-k8s-secret-creator" {
        return None;
    }
    let arguments = container.arguments();
    let translated = multicall::secret_creator_arguments(&arguments)?;
    let mut form = form(translated, &SECRET_CREATOR);
    if container.text.contains("extensions/v1beta1") {
        form.changes.push(SECRET_CREATOR.also(
            "apiVersion: extensions/v1beta1 is gone since Kubernetes 1.16: it has to be apps/v1.",
        ));
    }
    Some(form)
}

fn login_renew(container: &Container<'_>) -> Option<Form> {
    if container.image()? != "k8s-ecr-login-renew" {
        return None;
    }
    let mut arguments = vec!["k8s".to_owned(), "sync".to_owned()];
    for (name, flag, glob) in [
        ("DOCKER_SECRET_NAME", "--secret-name", "--secret-name"),
        ("TARGET_NAMESPACE", "--namespace", "--namespace-glob"),
        (
            "EXCLUDE_NAMESPACE",
            "--exclude-namespace",
            "--exclude-namespace",
        ),
        ("DOCKER_REGISTRIES", "--registry", "--registry"),
        ("AWS_REGION", "--region", "--region"),
    ] {
        // A host has its region in its name.
        if name == "AWS_REGION" && container.variable("DOCKER_REGISTRIES").is_some() {
            continue;
        }
        let values = values(container, name).into_iter();
        arguments.extend(values.map(|value| {
            let flag = if value.contains(['*', '?']) {
                glob
            } else {
                flag
            };
            format!("{flag}={value}")
        }));
    }
    arguments.push("--credentials=ambient".to_owned());
    let mut form = form(arguments, &LOGIN_RENEW);
    form.changes.push(LOGIN_RENEW.also(
        "Its access keys are still used (--credentials ambient). Without that and with the settings of Roles Anywhere, none are needed.",
    ));
    Some(form)
}

fn registry_creds(container: &Container<'_>) -> Option<Form> {
    if container.image()? != "registry-creds" {
        return None;
    }
    let mut arguments: Vec<String> = [
        "k8s",
        "run",
        "--secret-name=awsecr-cred",
        "--namespace-glob=*",
        "--service-account=default",
        "--credentials=ambient",
    ]
    .map(str::to_owned)
    .to_vec();
    for (name, flag) in [
        ("awsaccount", "--account"),
        ("awsregion", "--region"),
        ("aws_assume_role", "--chain-role-arn"),
    ] {
        let values = values(container, name).into_iter();
        arguments.extend(values.map(|value| format!("{flag}={value}")));
    }
    Some(form(arguments, &REGISTRY))
}

/// What a variable lists; where it comes from elsewhere, Kubernetes puts it into
/// the argument.
fn values(container: &Container<'_>, name: &str) -> Vec<String> {
    match container.variable(name) {
        None => Vec::new(),
        Some(Variable::Elsewhere) => vec![format!("$({name})")],
        Some(Variable::Literal(list)) => {
            let items = list.split(',').map(str::trim);
            let items = items.filter(|item| !item.is_empty());
            items.map(str::to_owned).collect()
        }
    }
}

/// The usual job: a token of the AWS CLI, and a Secret that kubectl makes of it.
fn pull_secret(container: &Container<'_>) -> Option<Form> {
    let words = container.words();
    let script = words.iter().find(|word| {
        let has = |part: &str| word.contains(part);
        has("create secret docker-registry") && (has("aws ecr get-") || has("ecr get-login"))
    })?;
    let found = commands(script);
    let secrets = found
        .iter()
        .filter(|(command, _)| script::secret_name(command).is_some());
    let is_known = |(command, _): &(Command<'_>, &str)| work::makes_a_secret(command);
    if secrets.count() != 1 || !found.iter().all(is_known) {
        return None;
    }
    let (command, name) = found
        .iter()
        .find_map(|(command, _)| Some((command, script::secret_name(command)?)))?;
    let server = in_container(command.flag("--docker-server")?, script);
    let mut arguments = vec![
        "k8s".to_owned(),
        "sync".to_owned(),
        in_container(name, script),
        format!("--docker-server={server}"),
        "--docker-username=AWS".to_owned(),
    ];
    let namespace = command.flag("-n").or_else(|| command.flag("--namespace"));
    arguments.extend(namespace.map(|name| format!("--namespace={}", in_container(name, script))));
    let mut form = form(arguments, &PULL_SECRET);
    if script.contains("patch serviceaccount") || script.contains("patch sa ") {
        form.changes.push(PULL_SECRET.also(
            "The script also gives the Secret to a service account: --service-account NAME does that.",
        ));
    }
    Some(form)
}

/// Whether a container's script is one that is known by what it calls, with
/// other work in it.
pub(super) fn has_other_work(container: &Container<'_>) -> bool {
    if container.runner == Runner::Compose {
        return false;
    }
    let words = container.words();
    words.iter().any(|word| {
        let calls = word.contains("gen-cert.py") || word.contains("create secret docker-registry");
        calls && word.contains([' ', '\n'])
    })
}

/// A word of a script as an argument: what the script has set is put in, and
/// what the container has is put in by Kubernetes.
fn in_container(word: &str, script: &str) -> String {
    let mut text = word.trim_matches(['"', '\'']).to_owned();
    for _ in 0..DEEPEST {
        let Some(at) = text.find('$') else {
            break;
        };
        let rest = &text[at + 1..];
        let (name, length) = if let Some(inner) = rest.strip_prefix('{') {
            let end = inner.find('}').unwrap_or(inner.len());
            (&inner[..end], end + 2)
        } else {
            let is_of_name = |one: char| one.is_ascii_alphanumeric() || one == '_';
            let end = rest.find(|one| !is_of_name(one)).unwrap_or(rest.len());
            (&rest[..end], end)
        };
        if name.is_empty() || name.starts_with('(') {
            break;
        }
        let set = script
            .split([';', '\n', ' '])
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let value = match set {
            Some(value) => value.trim_matches(['"', '\'']).to_owned(),
            None => format!("\u{1}({name})"),
        };
        let end = (at + 1 + length).min(text.len());
        text.replace_range(at..end, &value);
    }
    text.replace('\u{1}', "$")
}

/// More variables than a script has in one word.
const DEEPEST: usize = 16;

const USER: &str = "The image runs as the user 65534: key and certificate have to be readable by it (fsGroup), and a credentials file has mode 0600 and is that user's. For a consumer of another user: fsGroup, --file-mode 0640 and --file-group.";

/// The helper itself, called by its own name or as its image's entry point.
fn signing_helper(container: &Container<'_>) -> Option<Form> {
    let words = container.words();
    let first = *words.first()?;
    let is_called = first.rsplit('/').next() == Some("aws_signing_helper");
    let is_image = container.image() == Some("credential-helper")
        && container.text.contains("rolesanywhere/credential-helper");
    // Whoever builds that image names it: it is known by what it is told, too.
    let is_image = is_image || script::is_of_the_helper(&words);
    let given = match (is_called, is_image) {
        (true, _) => &words[1..],
        (false, true) => &words[..],
        (false, false) => return None,
    };
    let (subcommand, flags) = given.split_first()?;
    let translation = script::Translation::of(subcommand, flags)?;
    let mut form = form(translation.words(flags), &SIGNING_HELPER);
    if translation.writes_a_file() {
        form.arguments.extend(credentials_file(container));
    }
    form.changes.push(SIGNING_HELPER.also(USER));
    let more = translation.sentences.into_iter();
    form.changes
        .extend(more.map(|more| SIGNING_HELPER.also(more)));
    Some(form)
}
