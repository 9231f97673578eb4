use std::collections::BTreeSet;
use std::time::SystemTime;

use ecr_auth::{RegistryHost, RegistryLogin};
use k8s_sinks::kubernetes::{SecretData, SecretForm};
use secrecy::ExposeSecret as _;

use super::{LoginForm, OTHERS, only, value};
use crate::context::Context;
use crate::ecr::Registries;
use crate::failure::Failure;

/// A user and a password, for nobody in particular.
///
/// Several registries can share it where one token opens them all.
///
/// [Basic authentication](https://kubernetes.io/docs/concepts/configuration/secret/#basic-authentication-secret)
#[derive(Debug)]
pub(crate) struct BasicAuth;

impl BasicAuth {
    /// One token has to open all registries that the settings name.
    pub(super) fn chosen(context: &Context<'_>) -> Result<Self, Failure> {
        let hosts = Registries::hosts(context)?;
        let scopes: BTreeSet<_> = hosts.iter().map(RegistryHost::scope).collect();
        match scopes.len() {
            0 | 1 => Ok(Self),
            several => {
                let message = format!(
                    "such a Secret holds one login, and the registries that are named need {several}"
                );
                Err(Failure::configuration("config.invalid", message).with_hint(OTHERS))
            }
        }
    }
}

impl SecretForm for BasicAuth {
    fn secret_type(&self) -> &'static str {
        "kubernetes.io/basic-auth"
    }

    fn keys(&self) -> Vec<String> {
        [USERNAME, PASSWORD].map(str::to_owned).into()
    }

    /// It does not say what it is a login to.
    fn is_replaceable(&self, _: &SecretData) -> bool {
        false
    }

    fn merged(&self, _: &SecretData, _: &SecretData) -> Result<SecretData, String> {
        Err("it has room for one login, and has one".to_owned())
    }
}

impl LoginForm for BasicAuth {
    fn data(&self, logins: &[RegistryLogin], _: SystemTime) -> Result<SecretData, Failure> {
        let login = match logins {
            [first, others @ ..] if others.iter().all(|other| is_same(first, other)) => first,
            _ => only(logins)?,
        };
        let values = [
            (USERNAME, login.username()),
            (PASSWORD, login.password().expose_secret()),
        ];
        Ok(values
            .map(|(key, text)| (key.to_owned(), value(text)))
            .into())
    }
}

/// Whether both come from one token.
fn is_same(one: &RegistryLogin, other: &RegistryLogin) -> bool {
    let parts = |login: &RegistryLogin| (login.username().to_owned(), login.auth());
    parts(one) == parts(other)
}

const USERNAME: &str = "username";
const PASSWORD: &str = "password";

#[cfg(test)]
mod tests {
    use super::super::tests::{chosen, expiry, login, shown};
    use super::*;

    #[test]
    fn one_token_is_one_login() {
        let logins = [login("a.example", "p"), login("b.example", "p")];
        let data = BasicAuth.data(&logins, expiry()).unwrap();
        assert_eq!(shown(&data), [("password", "p"), ("username", "AWS")]);
        let keys: Vec<_> = data.into_keys().collect();
        let mut expected = BasicAuth.keys();
        expected.sort();
        assert_eq!(keys, expected);
    }

    #[test]
    fn two_tokens_are_not() {
        for logins in [
            vec![],
            vec![login("a.example", "p"), login("b.example", "q")],
        ] {
            let failure = BasicAuth.data(&logins, expiry()).unwrap_err();
            let message = format!(
                "such a Secret holds the login to one registry, and there are {}",
                logins.len()
            );
            assert_eq!(failure.to_string(), message);
        }
    }

    #[test]
    fn registries_of_two_tokens_are_refused_at_the_start() {
        let of = |hosts: &[&str]| {
            let hosts = hosts.iter().flat_map(|host| ["--registry", host]);
            chosen(
                &[
                    &["--secret-format", "basic-auth"],
                    &*hosts.collect::<Vec<_>>(),
                ]
                .concat(),
            )
        };
        let host = |account: u8, region: &str| {
            format!("11111111111{account}.dkr.ecr.{region}.amazonaws.com")
        };
        of(&[&host(1, "eu-west-1"), &host(2, "eu-west-1")]).unwrap();
        let failure = of(&[&host(1, "eu-west-1"), &host(1, "eu-west-2")]).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "such a Secret holds one login, and the registries that are named need 2"
        );
    }

    #[test]
    fn somebody_elses_is_left_alone() {
        let ours = BasicAuth.data(&[login("a.example", "p")], expiry());
        let ours = ours.unwrap();
        assert!(!BasicAuth.is_replaceable(&ours));
        assert!(BasicAuth.merged(&ours, &ours).is_err());
    }
}
