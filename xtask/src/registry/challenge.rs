use std::path::Path;
use std::time::Duration;

use oci_client::errors::OciDistributionError;
use reqwest::header::WWW_AUTHENTICATE;

use super::{Fault, Repository};

/// Where a registry sends those who log in: the realms of its challenge.
pub(super) struct Challenge {
    client: reqwest::Client,
    realms: Vec<reqwest::Url>,
}

impl Challenge {
    pub(super) async fn ask(
        repository: &Repository,
        scheme: &str,
        authority: Option<&Path>,
    ) -> Result<Self, Fault> {
        let client = client(repository, authority)?;
        let url = format!("{scheme}://{}/v2/", repository.registry);
        let failed = |error| {
            Fault::of(
                &OciDistributionError::RequestError(error),
                &repository.to_string(),
            )
        };
        let answer = client.get(url).send().await.map_err(failed)?;
        let headers = answer.headers().get_all(WWW_AUTHENTICATE).iter();
        let realms = headers.filter_map(|it| it.to_str().ok()).flat_map(realms);
        let realms = realms.collect();
        Ok(Self { client, realms })
    }

    /// A password is for TLS, and for this machine.
    pub(super) fn refuse_plain(&self, repository: &Repository) -> Result<(), Fault> {
        let mut realms = self.realms.iter();
        let Some(realm) = realms.find(|it| it.scheme() == "http" && !is_loopback(it)) else {
            return Ok(());
        };
        Err(Fault::new(format!(
            "{repository}: the registry wants the password sent to {realm}, over plain HTTP; \
             nothing was sent: have its token service named by https://"
        )))
    }

    /// Whether the token service is out of order: the client does not say with which status
    /// it refused. It is asked without the password.
    pub(super) async fn is_out_of_order(&self) -> bool {
        for realm in &self.realms {
            let answer = self.client.get(realm.clone()).send().await;
            let status = answer.map(|it| it.status());
            if status.is_ok_and(|it| it.is_server_error() || it.as_u16() == 429) {
                return true;
            }
        }
        false
    }
}

fn client(repository: &Repository, authority: Option<&Path>) -> Result<reqwest::Client, Fault> {
    let mut builder = reqwest::Client::builder().timeout(PATIENCE);
    if repository.is_loopback() {
        builder = builder.no_proxy();
    }
    if let Some(file) = authority {
        let failed =
            |error: &dyn std::fmt::Display| Fault::new(format!("{}: {error}", file.display()));
        let text = std::fs::read(file).map_err(|error| failed(&error))?;
        let bundle =
            reqwest::Certificate::from_pem_bundle(&text).map_err(|error| failed(&error))?;
        builder = builder.tls_certs_merge(bundle);
    }
    let client = builder.build();
    client.map_err(|error| Fault::new(format!("no client: {error}")))
}

/// Of a header with one challenge or several. What is no address is a mere name.
fn realms(header: &str) -> Vec<reqwest::Url> {
    let lower = header.to_ascii_lowercase();
    let starts = lower
        .match_indices("realm")
        .map(|(at, word)| at + word.len());
    let values = starts.filter_map(|at| {
        let value = header[at..].trim_start().strip_prefix('=')?.trim_start();
        let value = match value.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => value.split([',', ' ']).next()?,
        };
        value.replace('\\', "").parse().ok()
    });
    values.collect()
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn realms_are_found_in_any_form() {
        let of = |header| {
            realms(header)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of(r#"Bearer realm="https://a.example/token",service="x""#),
            ["https://a.example/token"]
        );
        assert_eq!(
            of(r#"Basic realm="x", bearer Realm = HTTP://b.example/t"#),
            ["http://b.example/t"]
        );
        assert!(of(r#"Basic realm="registry""#).is_empty());
        let is_this_machine = |url: &str| is_loopback(&url.parse().unwrap());
        assert!(is_this_machine("http://127.0.0.1:1/") && is_this_machine("http://[::1]/"));
        assert!(!is_this_machine("http://127.0.0.1.example/"));
    }
}
