use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    AppRoleLogin, JwtLogin, KubernetesLogin, LoginMethod, TokenFileLogin, TokenLogin, UserpassLogin,
};
use crate::{Error, Mount};

/// What there is to log in with, where nobody said how.
#[derive(Debug)]
pub struct LoginInputs {
    /// A token that was given; an empty one is none.
    pub token: Option<SecretString>,
    /// A `role_id` was given.
    pub app_role: Option<AppRoleLogin>,
    /// A name was given.
    pub userpass: Option<UserpassLogin>,
    /// A command, or a variable, was named that gives a JWT.
    pub jwt: Option<JwtLogin>,
    /// Where a token file would be, usually `~/.vault-token`.
    pub token_file: Option<PathBuf>,
    /// The usual variable of GitLab holds a JWT.
    pub gitlab: Option<JwtLogin>,
    /// A job of GitHub Actions has its token endpoint.
    pub github_actions: Option<JwtLogin>,
    /// Where a service-account token would be.
    pub jwt_file: PathBuf,
    /// The mount of the Kubernetes auth method.
    pub kubernetes_mount: Mount,
    /// The role of the Kubernetes auth method.
    pub kubernetes_role: Option<String>,
}

/// Why a login method was chosen: for a log, or for `doctor`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LoginReason {
    /// A token was given.
    TokenGiven,
    /// A `role_id` was given.
    RoleIdGiven,
    /// A name was given.
    UsernameGiven,
    /// A command or a variable was named that gives a JWT.
    JwtNamed,
    /// There is a token file.
    TokenFileFound(PathBuf),
    /// GitLab has set a variable with a JWT.
    GitLabJob,
    /// GitHub Actions has set the variables of its token endpoint.
    GitHubActionsJob,
    /// There is a service-account token.
    ServiceAccountFound(PathBuf),
}

impl fmt::Display for LoginReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TokenGiven => f.write_str("a token is set"),
            Self::RoleIdGiven => f.write_str("a role_id is given"),
            Self::UsernameGiven => f.write_str("a username is given"),
            Self::JwtNamed => f.write_str("a source of JWTs is named"),
            Self::TokenFileFound(path) => write!(f, "there is a token file {}", path.display()),
            Self::GitLabJob => f.write_str("GitLab has set an ID token"),
            Self::GitHubActionsJob => f.write_str("GitHub Actions has set a token endpoint"),
            Self::ServiceAccountFound(path) => {
                write!(f, "there is a service-account token {}", path.display())
            }
        }
    }
}

/// Chooses: a token; else what was said of one login (a `role_id`, a username,
/// a source of JWTs), of which there may be one only; else what lies about: the
/// token file, a job of GitLab, a job of GitHub Actions, the service account.
/// `exists` says whether a file is there.
pub fn choose_login(
    mut inputs: LoginInputs,
    exists: &dyn Fn(&Path) -> bool,
) -> Result<(Box<dyn LoginMethod>, LoginReason), Error> {
    let token = inputs.token.take().filter(|token| !is_blank(token));
    if let Some(token) = token {
        return Ok((Box::new(TokenLogin::new(&token)?), LoginReason::TokenGiven));
    }
    if let Some(said) = said(&mut inputs)? {
        return Ok(said);
    }
    if let Some(path) = inputs.token_file.clone().filter(|path| exists(path)) {
        let reason = LoginReason::TokenFileFound(path.clone());
        return Ok((Box::new(TokenFileLogin::new(path)), reason));
    }
    if let Some(login) = inputs.gitlab {
        return Ok((Box::new(login), LoginReason::GitLabJob));
    }
    if let Some(login) = inputs.github_actions {
        return Ok((Box::new(login), LoginReason::GitHubActionsJob));
    }
    service_account(inputs, exists)
}

type Chosen = (Box<dyn LoginMethod>, LoginReason);

/// What was said of one login. Of two, nobody can tell which is meant.
fn said(inputs: &mut LoginInputs) -> Result<Option<Chosen>, Error> {
    let mut said: Vec<Chosen> = Vec::new();
    if let Some(login) = inputs.app_role.take() {
        said.push((Box::new(login), LoginReason::RoleIdGiven));
    }
    if let Some(login) = inputs.userpass.take() {
        said.push((Box::new(login), LoginReason::UsernameGiven));
    }
    if let Some(login) = inputs.jwt.take() {
        said.push((Box::new(login), LoginReason::JwtNamed));
    }
    if let [(_, one), (_, other), ..] = &said[..] {
        return Err(Error::AmbiguousLogin {
            one: one.to_string(),
            other: other.to_string(),
        });
    }
    Ok(said.pop())
}

fn service_account(inputs: LoginInputs, exists: &dyn Fn(&Path) -> bool) -> Result<Chosen, Error> {
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
    Ok((Box::new(login), reason))
}

fn is_blank(token: &SecretString) -> bool {
    token.expose_secret().trim().is_empty()
}

#[cfg(test)]
mod tests;
