use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::{KubernetesLogin, LoginMethod, TokenFileLogin, TokenLogin};
use crate::{Error, Mount};

/// What there is to log in with, where nobody said how.
#[derive(Clone, Debug)]
pub struct LoginInputs {
    /// A token that was given; an empty one is none.
    pub token: Option<SecretString>,
    /// Where a token file would be, usually `~/.vault-token`.
    pub token_file: Option<PathBuf>,
    /// Where a service-account token would be.
    pub jwt_file: PathBuf,
    /// The mount of the Kubernetes auth method.
    pub kubernetes_mount: Mount,
    /// The role of the Kubernetes auth method.
    pub kubernetes_role: Option<String>,
}

/// A login method that was chosen, with what it needs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LoginChoice {
    /// The token that was given.
    Token(SecretString),
    /// A token file.
    TokenFile(PathBuf),
    /// A service account of Kubernetes.
    Kubernetes(KubernetesLogin),
}

/// Why a login method was chosen: for a log, or for `doctor`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LoginReason {
    /// A token was given.
    TokenGiven,
    /// There is a token file.
    TokenFileFound(PathBuf),
    /// There is a service-account token.
    ServiceAccountFound(PathBuf),
}

impl LoginChoice {
    /// The method.
    pub fn into_method(self) -> Result<Box<dyn LoginMethod>, Error> {
        Ok(match self {
            Self::Token(token) => Box::new(TokenLogin::new(&token)?),
            Self::TokenFile(path) => Box::new(TokenFileLogin::new(path)),
            Self::Kubernetes(login) => Box::new(login),
        })
    }
}

impl fmt::Display for LoginReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TokenGiven => f.write_str("a token is set"),
            Self::TokenFileFound(path) => write!(f, "there is a token file {}", path.display()),
            Self::ServiceAccountFound(path) => {
                write!(f, "there is a service-account token {}", path.display())
            }
        }
    }
}

/// Chooses: the token, else the token file, else the service account.
/// `exists` says whether a file is there.
pub fn choose_login(
    inputs: LoginInputs,
    exists: &dyn Fn(&Path) -> bool,
) -> Result<(LoginChoice, LoginReason), Error> {
    let token = inputs.token.filter(|token| !is_blank(token));
    if let Some(token) = token {
        return Ok((LoginChoice::Token(token), LoginReason::TokenGiven));
    }
    if let Some(path) = inputs.token_file.clone().filter(|path| exists(path)) {
        let reason = LoginReason::TokenFileFound(path.clone());
        return Ok((LoginChoice::TokenFile(path), reason));
    }
    let jwt_file = inputs.jwt_file;
    if !exists(&jwt_file) {
        return Err(Error::NoLogin {
            token_file: inputs.token_file,
            jwt_file,
        });
    }
    let role = inputs.kubernetes_role.filter(|role| !role.is_empty());
    let Some(role) = role else {
        return Err(Error::LoginRoleUnset { jwt_file });
    };
    let reason = LoginReason::ServiceAccountFound(jwt_file.clone());
    let login = KubernetesLogin {
        mount: inputs.kubernetes_mount,
        role,
        jwt_file,
    };
    Ok((LoginChoice::Kubernetes(login), reason))
}

fn is_blank(token: &SecretString) -> bool {
    token.expose_secret().trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "/home/a/.vault-token";
    const JWT: &str = "/sa/token";

    fn choose(token: Option<&str>, files: &[&str], role: Option<&str>) -> Result<String, String> {
        let inputs = LoginInputs {
            token: token.map(Into::into),
            token_file: Some(FILE.into()),
            jwt_file: JWT.into(),
            kubernetes_mount: "kubernetes".parse().unwrap(),
            kubernetes_role: role.map(str::to_owned),
        };
        let exists = |path: &Path| files.iter().any(|file| path == Path::new(file));
        choose_login(inputs, &exists)
            .map(|(choice, reason)| format!("{}: {reason}", choice.into_method().unwrap().name()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_before_a_file_before_a_service_account() {
        let both = [FILE, JWT];
        for (token, files, role, expected) in [
            (
                Some("s.a"),
                &both[..],
                Some("r"),
                Ok("token: a token is set"),
            ),
            (
                Some(" \n"),
                &both[..],
                Some("r"),
                Ok("token-file: there is a token file /home/a/.vault-token"),
            ),
            (
                Some(""),
                &both[1..],
                Some("r"),
                Ok("kubernetes: there is a service-account token /sa/token"),
            ),
            (
                None,
                &both[1..],
                Some(""),
                Err("the service-account token /sa/token needs a role to log in to Vault with"),
            ),
            (
                None,
                &[][..],
                Some("r"),
                Err(
                    "no way to log in to Vault: VAULT_TOKEN is not set, there is no token file \
                     at /home/a/.vault-token, and no service-account token at /sa/token",
                ),
            ),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(choose(token, files, role), expected);
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let choice = LoginChoice::Token("hunter2".into());
        assert!(!format!("{choice:?}").contains("hunter2"));
        let login = choice.into_method().unwrap();
        assert_eq!(format!("{login:?}"), "TokenLogin(Token)");
    }
}
