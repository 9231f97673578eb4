//! Brings a docker config file from standard input into a pull secret:
//!
//! `cargo run -p k8s-sinks --features kubernetes --example pull_secret -- \
//! https://ADDRESS:6443 ca.crt token NAMESPACE < config.json`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use destination::{Destination, HttpClient, Roots};
use k8s_sinks::kubernetes::{
    Cluster, Content, SecretData, SecretForm, SecretSink, SecretSpec, TokenFile,
};
use refresh::{Clock as _, Lifetime, SystemClock};
use zeroize::Zeroizing;

#[derive(Debug)]
struct PullSecret;

impl SecretForm for PullSecret {
    fn secret_type(&self) -> &'static str {
        "kubernetes.io/dockerconfigjson"
    }
    fn keys(&self) -> Vec<String> {
        vec![".dockerconfigjson".to_owned()]
    }
    fn is_replaceable(&self, _: &SecretData) -> bool {
        false
    }
    fn merged(&self, _: &SecretData, _: &SecretData) -> Result<SecretData, String> {
        Err("nothing is merged here".to_owned())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, api, ca, token, namespace] = &arguments[..] else {
        return Err("API CA-FILE TOKEN-FILE NAMESPACE".into());
    };
    let http = HttpClient::new(Destination {
        roots: Roots::File(ca.into()),
        ..Destination::default()
    })?;
    let cluster = Cluster::new(http, api.parse()?, Arc::new(TokenFile::new(token.into())));
    let spec = SecretSpec::new("ecr-pull", "example", Arc::new(PullSecret))?;
    let document = Zeroizing::new(std::io::read_to_string(std::io::stdin())?.into_bytes());
    let now = SystemClock.now();
    let lifetime = Lifetime::new(now, now + Duration::from_hours(12));
    let id = now.duration_since(UNIX_EPOCH)?.as_secs().to_string();
    let content = Content::new(
        id,
        lifetime,
        [(".dockerconfigjson".to_owned(), document)].into(),
    );
    let sink = SecretSink::new(cluster, Arc::new(spec));
    let delivered = sink.deliver(namespace, None, &content).await?;
    println!("{:?}", delivered.outcome);
    Ok(())
}
