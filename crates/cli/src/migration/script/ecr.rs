use super::Findings;
use crate::migration::change::{AUTHORIZATION, Known, LOGIN, PULL_SECRET};
use crate::migration::section::lines;
use crate::migration::words::{Command, commands, unquoted};

/// Logins to ECR, requests of its registries, and Secrets with its tokens.
pub(super) fn look(text: &str, commands: &[(Command<'_>, &str)], findings: &mut Findings) {
    for (index, (command, between)) in commands.iter().enumerate() {
        // What a manifest or an outer command took is no script any more.
        if !findings.edits.is_free(command.range()) {
            continue;
        }
        let next = commands.get(index + 1).map(|(next, _)| next);
        let next = next.filter(|_| *between == "|");
        substituted_login(command, findings);
        password(command, next, findings);
        pull_secret(command, next, findings);
        authorization(command, commands, findings);
    }
    if !findings.edits.is_empty() {
        take_tokens(text, findings);
    }
}

/// Takes out what was kept for commands that do not ask for it any more.
fn take_tokens(text: &str, findings: &mut Findings) {
    for line in lines(text) {
        let content = text[line.clone()].trim();
        let (content, begins) = match content.strip_prefix("export ") {
            Some(content) => (content, true),
            None => (content, false),
        };
        let Some(name) = token(content) else {
            continue;
        };
        let uses = |text: &str| {
            let forms = [format!("${name}"), format!("${{{name}")];
            forms.iter().any(|form| text.contains(form))
        };
        if !uses(text) || uses(&findings.edits.clone().applied(text)) {
            continue;
        }
        // Another part of the file, or a program that is started, may use it.
        let is_exported = begins || text.contains(&format!("export {name}"));
        let is_set = |part: &str| part.contains(&format!("{name}="));
        let mut parts = findings.elsewhere.iter();
        if is_exported || parts.any(|part| uses(part) && !is_set(part)) {
            findings.tell(LOGIN.also(format!(
                "{name} stays, since something else may use it: where nothing does, that line can go."
            )));
        } else {
            findings.edits.supersede(line);
        }
    }
}

/// `$(aws ecr get-login)`, whose output the shell runs.
fn substituted_login(command: &Command<'_>, findings: &mut Findings) {
    let at = usize::from(command.bare(0) == "eval");
    let inside = command.bare(at);
    let inside = inside
        .strip_prefix("$(")
        .and_then(|it| it.strip_suffix(')'));
    let inside = inside.or_else(|| command.bare(at).strip_prefix('`')?.strip_suffix('`'));
    let inner = inside.map(commands).unwrap_or_default();
    let [(inner, _)] = &inner[..] else {
        return;
    };
    if !inner.begins(&["aws", "ecr", "get-login"]) {
        return;
    }
    let flags = (command.words.len() == at + 1)
        .then(|| aws_flags(inner))
        .flatten();
    match flags {
        Some(flags) => {
            let line = format!("iamra ecr login{flags}");
            change(findings, (command.range(), line), &LOGIN);
        }
        None => stays(command, findings),
    }
}

/// `aws ecr get-login-password`, and the login behind it.
fn password(command: &Command<'_>, next: Option<&Command<'_>>, findings: &mut Findings) {
    if command.begins(&["aws", "ecr", "get-login"]) {
        stays(command, findings);
    }
    if !command.begins(&["aws", "ecr", "get-login-password"]) {
        return;
    }
    let Some(flags) = aws_flags(command) else {
        stays(command, findings);
        return;
    };
    let Some(login) = next.filter(|next| next.has("--password-stdin")) else {
        let line = format!("iamra ecr token{flags}");
        change(findings, (command.range(), line), &LOGIN);
        return;
    };
    let Some((host, tool)) = login_of(login) else {
        stays(login, findings);
        return;
    };
    // The host has the region in its name.
    let profile = aws_profile(command);
    let range = command.range().start..login.range().end;
    let line = format!("iamra ecr login --registry {host}{tool}{profile}");
    change(findings, (range, line), &LOGIN);
}

/// The host of a login, and the flag for its tool; nothing where anything else
/// is said.
fn login_of<'t>(login: &Command<'t>) -> Option<(&'t str, String)> {
    let (tool, verb): (_, &[&str]) = match login.bare(0) {
        "docker" => (String::new(), &["docker", "login"]),
        tool @ "podman" => (format!(" --tool {tool}"), &["podman", "login"]),
        tool @ "oras" => (format!(" --tool {tool}"), &["oras", "login"]),
        tool @ "helm" => (format!(" --tool {tool}"), &["helm", "registry", "login"]),
        _ => return None,
    };
    if !login.begins(verb) {
        return None;
    }
    let given = login.given(verb.len(), &["-u", "--username"], &["--password-stdin"])?;
    let is_aws = |flag: &(&str, &str)| unquoted(flag.1) == "AWS" || flag.1.is_empty();
    let [host] = given.words[..] else {
        return None;
    };
    given.flags.iter().all(is_aws).then_some((host, tool))
}

/// What the flags of an `aws ecr` command are in iamra; nothing where one is not
/// known.
fn aws_flags(command: &Command<'_>) -> Option<String> {
    let valued = ["--region", "--profile", "--output", "--query"];
    let given = command.given(3, &valued, &["--no-include-email", "--include-email"])?;
    let region = region(command);
    let profile = aws_profile(command);
    given.words.is_empty().then(|| format!("{region}{profile}"))
}

fn aws_profile(command: &Command<'_>) -> String {
    let profile = command.flag("--profile");
    profile.map_or_else(String::new, |profile| {
        format!(" --credentials ambient --aws-profile {profile}")
    })
}

/// `kubectl create secret docker-registry`.
fn pull_secret(command: &Command<'_>, next: Option<&Command<'_>>, findings: &mut Findings) {
    if create_secret(command).is_none() {
        return;
    }
    let server = command.flag("--docker-server").unwrap_or_default();
    if !server.contains(".dkr") && !server.contains('$') {
        return;
    }
    let Some(line) = sync(command, next) else {
        stays(command, findings);
        return;
    };
    let end = next.unwrap_or(command).range().end;
    let user = command.flag("--docker-username");
    let is_aws = user.is_some_and(|user| unquoted(user) == "AWS");
    if change(findings, (command.range().start..end, line), &PULL_SECRET) && !is_aws {
        findings.tell(PULL_SECRET.also(
            "An IAM user's access key is no login to ECR, and never was: a token takes its place.",
        ));
    }
}

/// The same by iamra, where all that is said to kubectl is understood.
fn sync(command: &Command<'_>, next: Option<&Command<'_>>) -> Option<String> {
    let first = (0..command.words.len()).find(|index| is_kubectl(command.raw(*index)))?;
    let switches = ["--save-config", "--dry-run"];
    let given = command.given(first + 1, &KUBECTL, &switches)?;
    let ["create", "secret", "docker-registry", name] = given.words[..] else {
        return None;
    };
    let value = |name: &str| {
        let found = given.flags.iter().find(|(flag, _)| *flag == name);
        found.map(|(_, value)| *value)
    };
    let server = value("--docker-server")?;
    let user = unquoted(value("--docker-username")?);
    // The recipe's user of IAM, at a registry that can be nothing but ECR's.
    if user != "AWS" && user != "ecruser" && !server.contains(".dkr.ecr") {
        return None;
    }
    let is_printed =
        value("--dry-run").is_some() || value("-o").is_some() || value("--output").is_some();
    let is_applied = next.is_some_and(|next| {
        let given = next.given(1, &APPLY, &[]);
        let is_apply = given.is_some_and(|given| given.words == ["apply"]);
        is_kubectl(next.raw(0)) && is_apply && next.has("-")
    });
    if is_printed != is_applied || next.is_some() != is_applied {
        return None;
    }
    // The two may name different places.
    let places = ["-n", "--namespace", "--context", "--kubeconfig"];
    let differs = |place: &&str| {
        let other = next.and_then(|next| next.flag(place));
        other.is_some() && other != value(place)
    };
    if places.iter().any(differs) {
        return None;
    }
    let mut line = format!("iamra k8s sync {name} --docker-server={server} --docker-username=AWS");
    for (flag, ours) in [
        ("-n", "--namespace"),
        ("--namespace", "--namespace"),
        ("--context", "--context"),
        ("--kubeconfig", "--kubeconfig"),
    ] {
        let more = value(flag).map(|value| format!(" {ours} {value}"));
        line += &more.unwrap_or_default();
    }
    (first == 0 || command.bare(0) == "sudo" && first == 1).then(|| match first {
        0 => line,
        _ => format!("sudo {line}"),
    })
}

fn is_kubectl(word: &str) -> bool {
    unquoted(word).rsplit('/').next() == Some("kubectl")
}

/// The flags of kubectl with a value that have something in their place, or
/// need nothing.
const KUBECTL: [&str; 10] = [
    "-n",
    "--namespace",
    "--context",
    "--kubeconfig",
    "--docker-server",
    "--docker-username",
    "--docker-password",
    "--docker-email",
    "-o",
    "--output",
];

const APPLY: [&str; 6] = [
    "-f",
    "--filename",
    "-n",
    "--namespace",
    "--context",
    "--kubeconfig",
];

/// Says that a line is not understood as a whole.
fn stays(command: &Command<'_>, findings: &mut Findings) {
    let words = (0..command.words.len().min(4)).map(|index| command.raw(index));
    let begin = words.collect::<Vec<&str>>().join(" ");
    findings.tell(LOGIN.also(format!(
        "{begin} … stays as it is: not all that is said there has its like in iamra."
    )));
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
    let mut at = at + 3;
    while command.raw(at).starts_with('-') {
        at += if KUBECTL.contains(&command.raw(at)) {
            2
        } else {
            1
        };
    }
    (at < words && is_kubectl(command.raw(0))).then_some(at)
}

/// A header with the token of `get-authorization-token`.
fn authorization(command: &Command<'_>, commands: &[(Command<'_>, &str)], findings: &mut Findings) {
    if command.bare(0) != "curl" {
        return;
    }
    let begin = "Authorization: Basic $";
    let is_header = |index: &usize| command.bare(*index).starts_with(begin);
    let Some(at) = (0..command.words.len()).find(is_header) else {
        return;
    };
    let name = command.bare(at)[begin.len()..].trim_matches(['{', '}']);
    // Where the token comes from has its region and its profile.
    let flags = commands.iter().find_map(|(other, _)| {
        let last = other.raw(other.words.len().checked_sub(1)?);
        let call = last
            .strip_prefix(name)?
            .strip_prefix("=$(")?
            .strip_suffix(')')?;
        let inner = self::commands(call);
        let [(inner, _)] = &inner[..] else {
            return None;
        };
        let is_token = inner.begins(&["aws", "ecr", "get-authorization-token"]);
        is_token.then(|| aws_flags(inner)).flatten()
    });
    let Some(flags) = flags else {
        stays(command, findings);
        return;
    };
    let header = format!("\"$(iamra ecr token -o authorization{flags})\"");
    change(
        findings,
        (command.words[at].clone(), header),
        &AUTHORIZATION,
    );
}

/// The variable that a line keeps a token in.
fn token(line: &str) -> Option<&str> {
    let assignment = line.trim();
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
