use super::Findings;
use crate::migration::change::{AUTHORIZATION, Known, LOGIN, PULL_SECRET};
use crate::migration::section::lines;
use crate::migration::words::{Command, unquoted};

/// Logins to ECR, requests of its registries, and Secrets with its tokens.
pub(super) fn look(text: &str, commands: &[(Command<'_>, &str)], findings: &mut Findings) {
    for (index, (command, between)) in commands.iter().enumerate() {
        let next = commands.get(index + 1).map(|(next, _)| next);
        password(command, (between, next), findings);
        pull_secret(command, findings);
        authorization(command, findings);
    }
    if findings.edits.is_empty() {
        return;
    }
    for line in lines(text) {
        let Some(name) = token(&text[line.clone()]) else {
            continue;
        };
        let uses = |text: &str| {
            let forms = [format!("${name}"), format!("${{{name}}}")];
            forms.iter().any(|form| text.contains(form))
        };
        // It was kept for what does not ask for it any more.
        if uses(text) && !uses(&findings.edits.clone().applied(text)) {
            findings.edits.supersede(line);
        }
    }
}

/// `aws ecr get-login-password`, and the login behind it.
fn password(
    command: &Command<'_>,
    (between, next): (&str, Option<&Command<'_>>),
    findings: &mut Findings,
) {
    if command.begins(&["aws", "ecr", "get-login"]) {
        let region = region(command);
        change(
            findings,
            (command.range(), format!("iamra ecr login{region}")),
            &LOGIN,
        );
        return;
    }
    if !command.begins(&["aws", "ecr", "get-login-password"]) {
        return;
    }
    let login = next.filter(|next| between == "|" && next.has("--password-stdin"));
    let Some(login) = login else {
        let region = region(command);
        change(
            findings,
            (command.range(), format!("iamra ecr token{region}")),
            &LOGIN,
        );
        return;
    };
    let host = (0..login.words.len()).rev();
    let mut host = host.map(|index| login.raw(index));
    let is_host = |word: &&str| {
        let word = unquoted(word);
        !word.starts_with('-') && (word.contains('.') || word.contains('$')) && word != "AWS"
    };
    let Some(host) = host.find(is_host) else {
        return;
    };
    let tool = match login.bare(0) {
        "docker" => String::new(),
        tool @ ("podman" | "helm" | "oras") => format!(" --tool {tool}"),
        _ => return,
    };
    let range = command.range().start..login.range().end;
    let line = format!("iamra ecr login --registry {host}{tool}");
    change(findings, (range, line), &LOGIN);
}

/// `kubectl create secret docker-registry`.
fn pull_secret(command: &Command<'_>, findings: &mut Findings) {
    let Some(at) = create_secret(command) else {
        return;
    };
    let (Some(server), true) = (command.flag("--docker-server"), at < command.words.len()) else {
        return;
    };
    let is_ecr = server.contains(".dkr") || server.contains('$');
    if !is_ecr {
        return;
    }
    let namespace = command.flag("-n").or_else(|| command.flag("--namespace"));
    let namespace = namespace.map(|name| format!(" --namespace {name}"));
    let line = format!(
        "iamra k8s sync {} --docker-server={server} --docker-username=AWS{}",
        command.raw(at),
        namespace.unwrap_or_default()
    );
    if change(findings, (command.range(), line), &PULL_SECRET)
        && command.flag("--docker-username") != Some("AWS")
    {
        findings.tell(PULL_SECRET.also(
            "An IAM user's access key is no login to ECR, and never was: a token takes its place.",
        ));
    }
}

/// Where the Secret's name stands.
pub(super) fn create_secret(command: &Command<'_>) -> Option<usize> {
    let words = command.words.len();
    let is_there = |at: &usize| {
        let expected = ["create", "secret", "docker-registry"];
        let mut places = expected.iter().enumerate();
        places.all(|(more, word)| command.bare(at + more) == *word)
    };
    let at = (0..words).find(is_there)?;
    let name = (at + 3..words).find(|index| !command.raw(*index).starts_with('-'))?;
    (unquoted(command.raw(0)).ends_with("kubectl")).then_some(name)
}

/// A header with the token of `get-authorization-token`.
fn authorization(command: &Command<'_>, findings: &mut Findings) {
    if command.bare(0) != "curl" {
        return;
    }
    let is_header = |index: &usize| command.bare(*index).starts_with("Authorization: Basic $");
    let Some(at) = (0..command.words.len()).find(is_header) else {
        return;
    };
    let header = "\"$(iamra ecr token -o authorization)\"".to_owned();
    change(
        findings,
        (command.words[at].clone(), header),
        &AUTHORIZATION,
    );
}

/// The variable that a line keeps a token in.
fn token(line: &str) -> Option<&str> {
    let assignment = line.trim();
    let assignment = assignment.strip_prefix("export ").unwrap_or(assignment);
    let (name, call) = assignment.strip_suffix(')')?.split_once("=$(")?;
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let of_token = [
        "aws ecr get-authorization-token",
        "aws ecr get-login-password",
    ];
    let is_token = name.bytes().all(is_of_name) && of_token.iter().any(|it| call.starts_with(it));
    is_token.then_some(name)
}

fn region(command: &Command<'_>) -> String {
    let region = command.flag("--region");
    region.map_or_else(String::new, |region| format!(" --region {region}"))
}

fn change(
    findings: &mut Findings,
    (range, text): (std::ops::Range<usize>, String),
    known: &Known,
) -> bool {
    let is_edited = findings.edits.replace(range, text);
    if is_edited {
        for change in known.changes() {
            findings.tell(change);
        }
    }
    is_edited
}
