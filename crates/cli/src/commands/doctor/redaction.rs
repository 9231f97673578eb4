use std::collections::BTreeMap;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};

use crate::context::Context;
use crate::failure::Failure;
use crate::setting::Value;
use crate::settings;

/// What is taken out of a text that others read.
///
/// Secrets always: those that a variable holds, and whatever looks like a token.
/// On request also who we are: accounts, hosts, and the names in certificates.
pub(super) struct Redaction {
    secrets: Vec<SecretString>,
    /// What stands for each name; `None` where names may stay.
    names: Option<BTreeMap<String, String>>,
}

impl Redaction {
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let mut secrets = Vec::new();
        for setting in settings::all().filter(|it| it.value == Value::SecretVariable) {
            secrets.extend(context.settings.secret(setting.name)?);
        }
        for name in FILES_OF_SECRETS {
            secrets.extend(mistaken(context, name)?);
        }
        let names = context.settings.switch("mask")?.then(|| named(context));
        Ok(Self {
            secrets,
            names: names.transpose()?,
        })
    }

    pub(super) fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            let secret = secret.expose_secret().trim();
            // A shorter one would take letters out of words.
            if secret.len() > 3 {
                text = text.replace(secret, SECRET);
            }
        }
        text = without_pem(&text);
        text = without(&text, is_of_token, without_token);
        let Some(names) = &self.names else {
            return text;
        };
        // Longer ones first: one may be a part of another.
        let mut names: Vec<_> = names.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, mask) in names {
            text = text.replace(name.as_str(), mask);
        }
        let mut accounts: Vec<String> = Vec::new();
        // The last part of a UUID is no account.
        let is_of_word = |it: char| it.is_ascii_alphanumeric() || it == '-';
        without(&text, is_of_word, |word| {
            let is_account = word.len() == 12 && word.bytes().all(|it| it.is_ascii_digit());
            is_account.then(|| format!("(account {})", number(&mut accounts, word)))
        })
    }
}

/// A secret that was given in place of the file that holds it: no path, and nothing there.
fn mistaken(context: &Context<'_>, name: &str) -> Result<Option<SecretString>, Failure> {
    let value = context.settings.text(name)?;
    let is_path = |value: &str| value.contains(['/', '\\']) || Path::new(value).exists();
    Ok(value.filter(|value| !is_path(value)).map(Into::into))
}

/// Whatever is between the lines of PEM, line breaks or what is written for them.
fn without_pem(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN") {
        let (before, from) = rest.split_at(start);
        kept += before;
        kept += "(PEM)";
        let ended = from.find("-----END").map(|end| end + "-----END".len());
        // The line that ends it has five more dashes behind its label.
        let ended = ended.and_then(|end| Some(end + from.get(end..)?.find("-----")? + 5));
        rest = &from[ended.unwrap_or(from.len())..];
    }
    kept + rest
}

/// Hosts and certificate names of the settings.
fn named(context: &Context<'_>) -> Result<BTreeMap<String, String>, Failure> {
    let (mut hosts, mut names) = (Vec::new(), Vec::new());
    for setting in settings::all().filter(|it| it.value != Value::SecretVariable) {
        for value in context.settings.list(setting.name)? {
            if let Some((_, rest)) = value.split_once("://") {
                hosts.extend(host(rest));
            } else if setting.value == Value::Text("HOST") || setting.value == Value::List("HOST") {
                hosts.push(value);
            } else if setting.name == "no-proxy" {
                hosts.extend(value.split(',').map(|host| host.trim().to_owned()));
            } else if OF_US.contains(&setting.name) {
                names.push(value);
            }
        }
    }
    let masked = |kind: &'static str, values: Vec<String>| {
        let mut known = Vec::new();
        let masked = values.into_iter().filter(|name| is_telling(name));
        let masked = masked.map(|name| {
            let mask = format!("({kind} {})", number(&mut known, &name));
            (name, mask)
        });
        masked.collect::<Vec<_>>()
    };
    let names = masked("name", names).into_iter();
    Ok(names.chain(masked("host", hosts)).collect())
}

/// Settings that name a file with a secret in it.
const FILES_OF_SECRETS: [&str; 9] = [
    "authorization-token-file",
    "container-authorization-token-file",
    "jwt-file",
    "password-file",
    "private-key-passphrase-file",
    "role-id-file",
    "secret-id-file",
    "vault-token-file",
    "web-identity-token-file",
];

/// Settings that say who we are.
const OF_US: [&str; 7] = [
    "common-name",
    "dns",
    "uri",
    "username",
    "vault-namespace",
    "vault-auth-namespace",
    "vault-pki-namespace",
];

/// Every machine has a loopback, and short words are parts of others.
fn is_telling(name: &str) -> bool {
    let address: Option<std::net::IpAddr> = name.parse().ok();
    name.len() > 3 && name != "localhost" && address.is_none_or(|it| !it.is_loopback())
}

/// The host of what stands behind `://`.
fn host(rest: &str) -> Option<String> {
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => host.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.to_owned())
}

/// The text with some of its words replaced.
fn without(
    text: &str,
    is_of_word: impl Fn(char) -> bool,
    mut replaced: impl FnMut(&str) -> Option<String>,
) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(&is_of_word) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|it| !is_of_word(it)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        kept += before;
        kept += &replaced(word).unwrap_or_else(|| word.to_owned());
        rest = after;
    }
    kept + rest
}

/// The word without a token at its end: `token=hvs.…`, and the last part of a path.
fn without_token(word: &str) -> Option<String> {
    let inner = word.match_indices(['=', '/']).map(|(at, _)| at + 1);
    let mut starts = std::iter::once(0).chain(inner);
    let start = starts.find(|start| looks_like_token(&word[*start..]))?;
    Some(format!("{}{SECRET}", &word[..start]))
}

fn is_of_token(it: char) -> bool {
    it.is_ascii_alphanumeric() || "_-+/=.".contains(it)
}

/// Vault's and OpenBao's tokens, JWTs, and the sessions and tokens of AWS.
fn looks_like_token(word: &str) -> bool {
    let prefixes = [
        "hvs.",
        "hvb.",
        "hvr.",
        "s.",
        "b.",
        "r.",
        "eyJ",
        "IQoJ",
        "FwoGZXIvYXdz",
    ];
    word.len() >= 20 && prefixes.iter().any(|prefix| word.starts_with(prefix)) || word.len() > 200
}

fn number(seen: &mut Vec<String>, word: &str) -> usize {
    let known = seen.iter().position(|other| other == word);
    known.unwrap_or_else(|| {
        seen.push(word.to_owned());
        seen.len() - 1
    }) + 1
}

const SECRET: &str = "(secret)";

#[cfg(test)]
mod tests {
    use super::*;

    fn redaction(names: Option<&[(&str, &str)]>) -> Redaction {
        let owned = |(name, mask): &(&str, &str)| ((*name).to_owned(), (*mask).to_owned());
        Redaction {
            secrets: vec!["correct horse".to_owned().into(), "abc".to_owned().into()],
            names: names.map(|names| names.iter().map(owned).collect()),
        }
    }

    #[test]
    fn secrets_go_and_the_rest_stays() {
        for (text, kept) in [
            ("a correct horse, abc", "a (secret), abc"),
            ("token hvs.CAESIJ0123456789abcdef!", "token (secret)!"),
            ("s.EcQ3EcQ3EcQ3EcQ3EcQ3EcQ3", "(secret)"),
            (
                "{\"jwt\":\"eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2ln\"}",
                "{\"jwt\":\"(secret)\"}",
            ),
            (
                "role arn:aws:iam::123456789012:role/app",
                "role arn:aws:iam::123456789012:role/app",
            ),
            (
                "https://vault.example:8200/v1",
                "https://vault.example:8200/v1",
            ),
            ("ß ünïcode …", "ß ünïcode …"),
            (
                "https://vault.example/x/token=hvs.CAESIJ0123456789abcdef",
                "https://vault.example/x/token=(secret)",
            ),
            (
                "a -----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY----- b",
                "a (PEM) b",
            ),
            (
                r"-----BEGIN EC PRIVATE KEY-----\nMIGH\n-----END EC PRIVATE KEY-----\n does not exist",
                r"(PEM)\n does not exist",
            ),
            ("-----BEGIN PRIVATE KEY----- MIGH", "(PEM)"),
        ] {
            assert_eq!(redaction(None).apply(text), kept);
        }
    }

    #[test]
    fn masks_tell_what_is_the_same() {
        let names = [("vault.example", "(host 1)"), ("app.example", "(name 1)")];
        let text = "https://vault.example:8200 arn:aws:iam::123456789012:role/a \
                    arn:aws:iam::210987654321:role/b arn:aws:iam::123456789012:role/c CN=app.example 1234567890123 0a1b-123456789012";
        assert_eq!(
            redaction(Some(&names)).apply(text),
            "https://(host 1):8200 arn:aws:iam::(account 1):role/a arn:aws:iam::(account 2):role/b \
             arn:aws:iam::(account 1):role/c CN=(name 1) 1234567890123 0a1b-123456789012"
        );
    }

    #[test]
    fn hosts_are_found_in_addresses() {
        for (rest, expected) in [
            ("vault.example:8200/v1", Some("vault.example")),
            ("user:pass@proxy.example", Some("proxy.example")),
            ("[fd00::1]:8200", Some("fd00::1")),
            ("/run/vault.sock", None),
        ] {
            assert_eq!(host(rest).as_deref(), expected, "{rest}");
        }
    }
}
