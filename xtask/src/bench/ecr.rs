use std::path::Path;

use crate::Failure;
use crate::failure::Result;

use super::key_files::KeyFiles;

mod at_hand;
mod at_once;
mod client;

use client::Client;

/// Measures the programs that clients start again and again, inside the sandbox:
/// with a token at hand, and many at once without one.
pub(super) fn run(runs: u32) -> Result {
    let scratch =
        tempfile::tempdir().map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
    let files = KeyFiles::issue(scratch.path())?;
    let clients = clients(&files, scratch.path())?;
    at_hand::run(&clients, runs)?;
    at_once::run(&clients, scratch.path())
}

/// The credential helper and the kubelet plugin, with one principal and one cache.
fn clients(files: &KeyFiles, scratch: &Path) -> Result<[Client; 2]> {
    let question = format!(
        r#"{{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"{HOST}/team/app"}}"#
    );
    let cache = scratch.join("at-hand").display().to_string();
    let client = |words: &str, input: &str| {
        let client = Client::new(words, input, scratch)?.with(files.variables());
        Ok::<_, Failure>(client.with([("IAMRA_CACHE_DIR".to_owned(), cache.clone())]))
    };
    Ok([
        client("docker-credential-iamra get", HOST)?,
        client("iamra-credential-provider", &question)?,
    ])
}

const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
