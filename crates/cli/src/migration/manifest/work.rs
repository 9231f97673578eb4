use crate::migration::words::Command;

/// Whether a command does no more than the script with `gen-cert.py` does: it
/// asks for credentials, and writes them to their file.
pub(super) fn makes_credentials(command: &Command<'_>) -> bool {
    let program = name(command.bare(0));
    match program {
        "python3" | "python" => name(command.bare(1)) == "gen-cert.py" && command.words.len() == 2,
        "aws_signing_helper" => command.bare(1) == "credential-process",
        "gen-cert.py" | "read" | "echo" | "jq" | "set" | "true" => true,
        _ => is_assignment(command),
    }
}

/// Whether a command does no more than what puts a token into one Secret, and
/// gives that to a service account.
pub(super) fn makes_a_secret(command: &Command<'_>) -> bool {
    match name(command.bare(0)) {
        "aws" => {
            let calls = ["get-login", "get-login-password", "get-authorization-token"];
            command.bare(1) == "ecr" && calls.contains(&command.bare(2))
        }
        "kubectl" => {
            let has = |words: [&str; 2]| words.iter().all(|word| command.has(word));
            let is_of_account = has(["patch", "serviceaccount"]) || has(["patch", "sa"]);
            let is_applied = has(["apply", "-f"]) && command.has("-");
            has(["secret", "docker-registry"])
                || has(["delete", "secret"])
                || is_of_account
                || is_applied
        }
        "cut" | "base64" | "tr" | "sed" | "echo" | "set" | "true" => true,
        _ => is_assignment(command),
    }
}

/// `A=b`, and nothing that is run with it.
fn is_assignment(command: &Command<'_>) -> bool {
    let mut words = (0..command.words.len()).map(|index| command.raw(index));
    words.all(|word| {
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let name = word.split_once('=').map(|(name, _)| name);
        word == "export" || name.is_some_and(|name| name.bytes().all(is_of_name))
    })
}

fn name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}
