use secrecy::ExposeSecret as _;

use super::IamraCall;
use crate::environment::Environment;
use crate::settings;

/// The ecosystem's variables that the helper reads, too.
const READ: [&str; 8] = [
    "AWS_ENDPOINT_URL_ROLESANYWHERE",
    "AWS_ENDPOINT_URL",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "HOME",
];

/// Those that it reads with `--with-proxy`.
const PROXIES: [&str; 6] = [
    "https_proxy",
    "HTTPS_PROXY",
    "http_proxy",
    "HTTP_PROXY",
    "no_proxy",
    "NO_PROXY",
];

/// Without the variables that mean something to iamra and nothing to the helper:
/// a `ROLE_ARN` that happens to be set must not change what a command line of
/// the helper does. Our own, `IAMRA_…`, are meant for us.
pub(super) fn for_iamra(environment: &Environment, call: &IamraCall) -> Environment {
    let is_read = |name: &&str| {
        READ.contains(name)
            || name.starts_with("IAMRA_")
            || call.with_proxy && PROXIES.contains(name)
    };
    let ours = settings::all().flat_map(|setting| setting.variables.iter().copied());
    let mut hidden: Vec<String> = ours
        .filter(|name| !is_read(name))
        .map(str::to_owned)
        .collect();
    if call.passphrase.is_some() {
        // What is said on the command line is stronger.
        hidden.push("IAMRA_PRIVATE_KEY_PASSPHRASE_FILE".to_owned());
    }
    let mut kept = environment.without(&hidden);
    if let Some(passphrase) = &call.passphrase {
        kept.push((
            "IAMRA_PRIVATE_KEY_PASSPHRASE".into(),
            passphrase.expose_secret().into(),
        ));
    }
    kept.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_helper_reads_and_what_is_ours_goes_on() {
        let variables = [
            "ROLE_ARN",
            "AWS_ROLE_SESSION_NAME",
            "HTTPS_PROXY",
            "AWS_CA_BUNDLE",
            "IAMRA_LOG_LEVEL",
            "HOME",
            "VAULT_ADDR",
            "PATH",
        ];
        let environment: Environment = variables.iter().map(|name| (*name, "x")).collect();
        let names = |with_proxy| {
            let call = IamraCall {
                arguments: Vec::new(),
                with_proxy,
                passphrase: None,
            };
            let kept = for_iamra(&environment, &call);
            variables
                .into_iter()
                .filter(|name| kept.value(name).is_some())
                .collect::<Vec<_>>()
        };
        let plain = ["AWS_CA_BUNDLE", "IAMRA_LOG_LEVEL", "HOME", "PATH"];
        assert_eq!(names(false), plain);
        let proxied = [
            "HTTPS_PROXY",
            "AWS_CA_BUNDLE",
            "IAMRA_LOG_LEVEL",
            "HOME",
            "PATH",
        ];
        assert_eq!(names(true), proxied);
    }
}
