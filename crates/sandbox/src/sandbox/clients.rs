use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::Sandbox;
use crate::authority::{Authority, client_certificate};
use crate::github;
use crate::vault::{Envelope, Token};
use crate::{
    AppRoleCredentials, ClientCertificate, Error, GithubIdTokenRequest, IamUser, JwtClaims,
    Kubernetes, ServiceAccount, TokenRules,
};

/// What clients log in with.
impl Sandbox {
    /// The token that a client is given.
    pub fn vault_token(&self) -> SecretString {
        self.services.client_token.clone().into()
    }

    /// The token that may do everything at Vault.
    pub fn vault_root_token(&self) -> SecretString {
        self.services.root_token.clone().into()
    }

    /// A token as an operator makes it: periodic, use-limited, batch, or whatever
    /// the rules say, with the policy of all clients.
    pub fn create_token(&self, rules: TokenRules) -> SecretString {
        let services = self.services();
        let namespace = &services.vault.namespaces.auth;
        let token = Token::create(rules, namespace, services.now(), services.random());
        services.ledger.note_secret(&token.id);
        let id = token.id.clone();
        services.vault.tokens.insert(token);
        id.into()
    }

    /// A fresh token of a service account, as the kubelet writes it to a file.
    /// The default account is the one that may log in.
    pub fn service_account_token(&self, account: &ServiceAccount) -> Result<SecretString, Error> {
        let services = self.services();
        let cluster = services.cluster();
        let token = cluster.token(account, services.now(), services.random())?;
        services.ledger.note_secret(&token);
        Ok(token.into())
    }

    /// The Kubernetes cluster whose tokens log in, to be given service accounts,
    /// pods and endpoints.
    pub fn kubernetes(&self) -> Kubernetes {
        Kubernetes::new(Arc::clone(&self.services))
    }

    /// The token with which the Kubernetes API is asked.
    pub fn kubernetes_token(&self) -> SecretString {
        self.services.cluster().api_token().to_owned().into()
    }

    /// The `AppRole`'s id and a fresh `secret_id`.
    pub fn app_role(&self) -> AppRoleCredentials {
        let data = self.fresh_secret_id();
        self.app_role_with(data["secret_id"].as_str().unwrap_or_default())
    }

    /// The `AppRole`'s id and a token that unwraps to a fresh `secret_id`, once,
    /// within `ttl`.
    pub fn wrapped_app_role(&self, ttl: Duration) -> AppRoleCredentials {
        let services = self.services();
        let conditions = services.conditions(services.now());
        let answer = Envelope::data(self.fresh_secret_id()).answer(services.random());
        let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let path = self.secret_id_path();
        let wrappings = &services.vault.wrappings;
        let wrapped = wrappings.wrap(answer, (ttl, &path), conditions);
        self.app_role_with(wrapped["wrap_info"]["token"].as_str().unwrap_or_default())
    }

    /// The `creation_path` of a wrapped `secret_id`.
    pub fn secret_id_path(&self) -> String {
        self.services.vault.logins.app_role.secret_id_path()
    }

    /// A JWT as a CI system gives it to a job. The default claims are those that
    /// may log in.
    pub fn jwt(&self, claims: &JwtClaims) -> Result<SecretString, Error> {
        let services = self.services();
        let conditions = services.conditions(services.now());
        Ok(github::id_token(claims, &services.vault, conditions)?.into())
    }

    /// The stand-in of the endpoint from which a job of GitHub Actions gets its
    /// JWT, with any audience that it asks for.
    pub fn github_id_token_request(&self) -> GithubIdTokenRequest {
        GithubIdTokenRequest {
            url: format!("{}{}?api-version=2.0", self.vault_http_url(), github::PATH),
            token: self.services.id_token_bearer.clone().into(),
        }
    }

    /// The user's name and password.
    pub fn userpass(&self) -> (String, SecretString) {
        let login = &self.services.vault.logins.user;
        (login.user.name.clone(), login.password.clone().into())
    }

    /// A user's access key, which the sandbox's AWS knows without a session: what
    /// programs have that nobody gave a role.
    pub fn iam_user(&self) -> IamUser {
        self.services.aws.user.clone()
    }

    /// A certificate of that common name with which a TLS client can log in, for
    /// an hour. So can one of the PKI, where the role says so.
    pub fn client_certificate(&self, common_name: &str) -> Result<ClientCertificate, Error> {
        self.certificate_of(&self.services.vault.logins.client_authority, common_name)
    }

    /// The same of an authority that nobody here knows.
    pub fn foreign_client_certificate(
        &self,
        common_name: &str,
    ) -> Result<ClientCertificate, Error> {
        let services = self.services();
        let stranger = Authority::root("a stranger", services.now(), services.random())?;
        self.certificate_of(&stranger, common_name)
    }

    fn certificate_of(
        &self,
        authority: &Authority,
        common_name: &str,
    ) -> Result<ClientCertificate, Error> {
        let services = self.services();
        let random = services.random();
        let made = client_certificate(authority, common_name, services.now(), random)?;
        services.ledger.note_secret(made.key_pem.expose_secret());
        Ok(made)
    }

    fn app_role_with(&self, secret_id: &str) -> AppRoleCredentials {
        AppRoleCredentials {
            role_id: self.services.vault.logins.app_role.role_id.clone(),
            secret_id: secret_id.to_owned().into(),
        }
    }

    fn fresh_secret_id(&self) -> Value {
        let services = self.services();
        let conditions = services.conditions(services.now());
        services.vault.logins.app_role.secret_id(conditions)
    }
}
