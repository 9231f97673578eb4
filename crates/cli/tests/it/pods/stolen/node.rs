//! A node with an agent and a pod, and somebody who has taken it over.

use std::time::Duration;

use bytes::Bytes;
use destination::{ClientIdentity, Destination, HttpClient, Roots, ServerName};
use iamra_sandbox::Pod;
use serde_json::Value;

use crate::laboratory::runtime;
use crate::pods::scene::{Agent, Scene};
use crate::pods::sharing::{agent, broker, publish};
use crate::run::Run;

pub(super) struct Node {
    pub(super) scene: Scene,
    /// Which works alone, so that what it answers is its own.
    pub(super) agent: Agent,
    broker: Agent,
    web: Pod,
    /// Of another node.
    ledger: Pod,
    own: Pod,
}

impl Node {
    pub(super) fn taken_over() -> Self {
        let scene = Scene::new();
        let believing = ["--verified-for", "1"];
        let broker = broker(&scene, "broker-0", &believing);
        publish(&scene, &[(&broker, "broker-0")]);
        Self {
            agent: scene.agent(&[]),
            broker,
            web: scene.pod("shop", "web-0", "web"),
            ledger: scene.pod("bank", "ledger-0", "ledger"),
            own: scene.pod("iamra-system", "agent-0", "iamra-agent"),
            scene,
        }
    }

    pub(super) fn token_here(&self) -> String {
        self.scene.token(&self.web)
    }

    /// What nobody has here, to forge from.
    pub(super) fn token_elsewhere(&self, audience: &str) -> String {
        let hour = Duration::from_secs(3600);
        self.scene.token_for(&self.ledger, audience, hour)
    }

    pub(super) fn own_token(&self) -> String {
        self.scene.token(&self.own)
    }

    /// What it says, and the signature.
    pub(super) fn own_token_in_parts(&self) -> (String, String) {
        let token = self.own_token();
        let (said, signature) = token.rsplit_once('.').unwrap();
        (said.to_owned(), signature.to_owned())
    }

    /// Has a name signed by the login and the PKI role of that name.
    pub(super) fn sign(&self, token: &str, role: &str, name: &str) -> Run {
        self.sign_by(token, (role, role), name)
    }

    pub(super) fn sign_by(&self, token: &str, roles: (&str, &str), name: &str) -> Run {
        let (login, pki_role) = roles;
        let file = self.scene.laboratory.write("stolen.token", token);
        let words = [
            &["cert", "issue", "--out-dir", "stolen"][..],
            &["--auth", "kubernetes", "--jwt-file", &file],
            &["--auth-role", login, "--pki-role", pki_role],
            &["--common-name", name],
        ];
        let mut command = self.scene.laboratory.command(&words.concat());
        for of_the_laboratory in ["VAULT_TOKEN", "VAULT_CERT_CN", "VAULT_CERT_NAME"] {
            command.env_remove(of_the_laboratory);
        }
        Run::of(&mut command)
    }

    /// The files of the agent's own certificate.
    pub(super) fn own_certificate(&self) -> [String; 3] {
        self.certificate(&self.own_token(), super::AGENT)
    }

    /// Those of the one that Vault signs for the holder of a token.
    pub(super) fn certificate(&self, token: &str, name: &str) -> [String; 3] {
        self.sign(token, "pods", name).ok();
        ["cert.pem", "private.pem", "chain.pem"].map(|file| {
            let path = self.scene.laboratory.path("stolen").join(file);
            path.display().to_string()
        })
    }

    pub(super) fn open_session(&self, files: &[String; 3], role: &str) -> Run {
        let [certificate, key, chain] = files;
        let sandbox = self.scene.sandbox();
        let words = [
            &["creds", "process", "--role-arn", role][..],
            &["--certificate", certificate, "--private-key", key],
            &["--intermediates", chain],
            &["--trust-anchor-arn", sandbox.trust_anchor_arn()],
            &["--profile-arn", sandbox.profile_arn()],
        ];
        self.scene.laboratory.run(&words.concat())
    }

    /// Asks as agents do, with that token and the agent's own certificate.
    pub(super) fn ask_broker(&self, token: Option<&str>) -> (u16, String) {
        let [certificate, key, chain] = self.own_certificate();
        let read = |path: &str| std::fs::read(path).unwrap();
        let address = &self.broker.address;
        let (host, _) = address.rsplit_once(':').unwrap();
        let client = HttpClient::new(Destination {
            roots: Roots::Pem(self.scene.sandbox().trust_anchor_pem().into()),
            client_identity: Some(ClientIdentity::Pem {
                certificate: [read(&certificate), read(&chain)].concat(),
                private_key: read(&key).into(),
            }),
            server_name: Some(ServerName {
                host: host.to_owned(),
                name: super::BROKER.to_owned(),
            }),
            ..Destination::default()
        });
        let mut request = http::Request::get(format!("https://{address}/v1/credentials"));
        if let Some(token) = token {
            request = request.header("Authorization", token);
        }
        let request = request.body(Bytes::new()).unwrap();
        let answer = runtime().block_on(client.unwrap().send(request)).unwrap();
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        (answer.status.as_u16(), body)
    }

    /// Uses credentials without the agent, for a token of ECR.
    pub(super) fn use_elsewhere(&self, session: &Value) -> Run {
        let text = |name: &str| session[name].as_str().unwrap();
        let words = ["ecr", "token", "--credentials", "ambient"];
        let mut command = self.scene.laboratory.command(&words);
        command
            .env("AWS_ACCESS_KEY_ID", text("AccessKeyId"))
            .env("AWS_SECRET_ACCESS_KEY", text("SecretAccessKey"))
            .env("AWS_SESSION_TOKEN", text("Token"));
        Run::of(&mut command)
    }

    /// What listens as a broker does, with the agent's own certificate.
    pub(super) fn impostor(&self) -> Agent {
        let token = self.scene.laboratory.write("own.token", &self.own_token());
        let as_agent = ["--own-auth-role", "pods", "--own-pki-role", "pods"];
        let words = [&["--jwt-file", &token], &as_agent[..]].concat();
        self.scene.daemon("broker", &words)
    }

    pub(super) fn agent_of_another_node(&self) -> Agent {
        agent(&self.scene, "agent-1", &[])
    }

    pub(super) fn until(&self, happened: impl Fn() -> bool) {
        for _ in 0..600 {
            if happened() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it never came: {}", self.agent.daemon.said());
    }
}
