use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::login;
use crate::context::{Context, read_file};
use crate::failure::Failure;
use crate::session::{Facts, digest};

/// With what tells who logs in to Vault beside the settings' own texts: digests of
/// what the login shows, and of whom a JWT is about, as those are replaced each
/// hour. Another token or service account is somebody else.
///
/// Of a password there is none: it is short enough to be guessed from a digest,
/// and the user's name says who it is.
pub(crate) fn who(context: &Context<'_>, mut facts: Facts) -> Result<Facts, Failure> {
    for name in SECRETS {
        if let Some(secret) = context.settings.secret(name)? {
            facts = facts.with(name, &digest(secret.expose_secret().as_bytes()));
        }
    }
    if let Some(variable) = context.settings.text("jwt-env")? {
        let value = context.settings.environment().value(&variable);
        let value = value.map(|value| subject(value.as_encoded_bytes()));
        facts = facts.with("content of jwt-env", &value.unwrap_or_default());
    }
    for (name, path) in files(context)? {
        // What cannot be read is said when it is needed.
        if let Some(content) = path.and_then(|path| read_file(&path).ok()) {
            let is_jwt = name.contains("jwt");
            let value = if is_jwt {
                subject(&content)
            } else {
                digest(&content)
            };
            facts = facts.with(name, &value);
        }
    }
    Ok(facts)
}

/// Whom a JWT is about ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519),
/// `iss` and `sub`), unverified: that is Vault's. What is none is itself.
fn subject(token: &[u8]) -> String {
    let parts: Vec<&[u8]> = token.trim_ascii().split(|byte| *byte == b'.').collect();
    let payload = parts
        .get(1)
        .and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Option<Claims> = payload.and_then(|it| serde_json::from_slice(&it).ok());
    match claims {
        Some(Claims { iss, sub }) => digest(format!("{}:{iss}{sub}", iss.len()).as_bytes()),
        None => digest(token),
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
}

/// The files that a login may show.
fn files(context: &Context<'_>) -> Result<[(&'static str, Option<PathBuf>); 4], Failure> {
    let settings = &context.settings;
    Ok([
        ("content of vault-token-file", login::token_file(context)?),
        (
            "content of jwt-file",
            Some(login::service_account_file(context)?),
        ),
        ("content of role-id-file", settings.path("role-id-file")?),
        (
            "content of vault-client-cert",
            settings.path("vault-client-cert")?,
        ),
    ])
}

/// Long and random, all of them.
const SECRETS: [&str; 3] = ["vault-token", "id-token", "github-request-token"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_token_is_of_the_same_subject() {
        let token = |claims: &str| {
            let payload = BASE64_URL_SAFE_NO_PAD.encode(claims);
            subject(format!("e30.{payload}.c2ln\n").as_bytes())
        };
        let first = token(r#"{"iss":"k","sub":"a","exp":1}"#);
        assert_eq!(token(r#"{"iss":"k","sub":"a","exp":2}"#), first);
        assert_ne!(token(r#"{"iss":"k","sub":"b","exp":1}"#), first);
        assert_ne!(token(r#"{"iss":"ka","sub":"","exp":1}"#), first);
        assert_ne!(subject(b"no.jwt"), subject(b"another"));
    }
}
