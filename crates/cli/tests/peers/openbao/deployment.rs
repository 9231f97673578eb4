//! A real OpenBao before the sandbox's AWS, which trusts OpenBao's root.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use destination::{Destination, HttpClient};
use iamra_sandbox::{ServiceAccount, TrustAnchor};
use refresh::{Clock as _, SystemClock};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::ExposeSecret as _;

use super::api::Api;
use super::server::{Server, Transport};
use super::setup;
use super::token_review::TokenReview;
use crate::laboratory::Laboratory;
use crate::peer::Peer;
use crate::run::Run;

/// The anchor of OpenBao's root, beside the sandbox's own.
pub(crate) const TRUST_ANCHOR_ARN: &str = "arn:aws:rolesanywhere:us-east-1:123456789012:trust-anchor/a1b2c3d4-5678-90ab-cdef-333333333333";

pub(crate) struct Deployment {
    pub(crate) laboratory: Laboratory,
    pub(crate) bao: Api,
    /// The sandbox's Vault.
    pub(crate) sandbox: Api,
    pub(crate) service_accounts: ServiceAccounts,
    /// A token of the policy `iamra`, at OpenBao.
    pub(crate) token: String,
    _token_review: TokenReview,
    pub(crate) server: Server,
}

/// Tokens of service accounts: one that may log in, and others.
pub(crate) struct ServiceAccounts {
    pub(crate) good: String,
    pub(crate) expired: String,
    pub(crate) foreign_audience: String,
    pub(crate) foreign_namespace: String,
    pub(crate) foreign_name: String,
    /// Says the right things, but the cluster did not sign it.
    pub(crate) forged: String,
}

impl Deployment {
    /// None, said aloud, where no OpenBao is named.
    pub(crate) fn start() -> Option<Self> {
        Self::reached_by(Transport::Plain)
    }

    pub(crate) fn reached_by(transport: Transport) -> Option<Self> {
        Self::around(|program, laboratory| Server::start(program, laboratory, transport))
    }

    /// Around a server that can be killed and started again.
    pub(crate) fn durable() -> Option<Self> {
        Self::around(Server::durable)
    }

    fn around(start: impl FnOnce(&Peer, &Laboratory) -> (Server, Api)) -> Option<Self> {
        let program = Peer::named_by("IAMRA_TEST_BAO")?;
        let laboratory = Laboratory::new();
        let root_token = laboratory.sandbox.vault_root_token();
        let sandbox = Api::new(
            HttpClient::new(Destination::default()).unwrap(),
            laboratory.sandbox.vault_http_url(),
            root_token.expose_secret(),
        );
        let (server, bao) = start(&program, &laboratory);
        let root = setup::public_key_infrastructure(&bao, &sandbox);
        trust(&laboratory, &root);
        let service_accounts = ServiceAccounts::of(&laboratory);
        let token_review = TokenReview::start(service_accounts.known());
        setup::kubernetes_login(&bao, &token_review.url(), &root);
        laboratory.write("root.pem", &root);
        Some(Self {
            token: bao.token("iamra"),
            laboratory,
            bao,
            sandbox,
            service_accounts,
            _token_review: token_review,
            server,
        })
    }

    /// The binary, sent to OpenBao with a token of the policy `iamra`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.laboratory.command(arguments);
        command
            .env("VAULT_ADDR", self.bao.url())
            .env("VAULT_TOKEN", &self.token)
            .env("ANCHOR_ARN", TRUST_ANCHOR_ARN);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }
}

impl ServiceAccounts {
    fn of(laboratory: &Laboratory) -> Self {
        let token = |change: fn(&mut ServiceAccount)| {
            let mut account = ServiceAccount::default();
            change(&mut account);
            let token = laboratory.sandbox.service_account_token(&account);
            token.unwrap().expose_secret().to_owned()
        };
        let good = token(|_| ());
        let (message, _) = good.rsplit_once('.').unwrap();
        Self {
            forged: format!("{message}.{}", "A".repeat(86)),
            expired: expired(),
            foreign_audience: token(|account| account.audience = "other".into()),
            foreign_namespace: token(|account| account.namespace = "other".into()),
            foreign_name: token(|account| account.name = "other".into()),
            good,
        }
    }

    /// Those that the cluster signed.
    fn known(&self) -> Vec<String> {
        [
            &self.good,
            &self.expired,
            &self.foreign_audience,
            &self.foreign_namespace,
            &self.foreign_name,
        ]
        .map(Clone::clone)
        .into()
    }
}

/// A token that ended an hour ago: OpenBao forgives a clock some minutes.
fn expired() -> String {
    let ago = Duration::from_secs(2 * 60 * 60);
    let past = Laboratory::changed(|settings| {
        settings.clock = Arc::new(move || SystemClock.now() - ago);
    });
    let token = past
        .sandbox
        .service_account_token(&ServiceAccount::default());
    token.unwrap().expose_secret().to_owned()
}

/// Makes OpenBao's root a trust anchor of the sandbox's account.
fn trust(laboratory: &Laboratory, root: &str) {
    let root = CertificateDer::from_pem_slice(root.as_bytes()).unwrap();
    laboratory.sandbox.configure_roles_anywhere(|account| {
        account.trust_anchors.push(TrustAnchor {
            arn: TRUST_ANCHOR_ARN.to_owned(),
            enabled: true,
            certificates: vec![root],
        });
    });
}
