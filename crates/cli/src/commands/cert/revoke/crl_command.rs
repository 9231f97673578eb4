use std::borrow::Cow;
use std::path::Path;

use destination::{Roots, Verification};
use vault_pki::{Mount, VaultSettings};

/// Fetches Vault's list, which it tells everybody, from where and by what we
/// trust in it.
pub(super) fn crl_command(settings: &VaultSettings, mount: &Mount) -> String {
    let address = &settings.address;
    let path = format!("v1/{mount}/crl/pem");
    let mut words = vec!["curl -fsS -o crl.pem".to_owned()];
    if let Some(namespace) = settings.certificate_namespace() {
        let header = format!("X-Vault-Namespace: {namespace}");
        words.push(format!("-H {}", quoted(&header)));
    }
    if let Some(socket) = address.unix_socket() {
        // The host is a word without a meaning there.
        words.push(format!("--unix-socket {}", file(socket)));
        words.push(quoted(&format!("http://localhost/{path}")).into_owned());
        return words.join(" ");
    }
    if !address.is_plain_text() {
        words.extend(trust(settings));
    }
    words.push(quoted(&format!("{address}/{path}")).into_owned());
    words.join(" ")
}

/// What replaces curl's own CAs.
fn trust(settings: &VaultSettings) -> Option<String> {
    if settings.verification == Verification::DangerousNone {
        return Some("--insecure".to_owned());
    }
    match &settings.roots {
        Roots::File(path) => Some(format!("--cacert {}", file(path))),
        Roots::Directory(path) => Some(format!("--capath {}", file(path))),
        // It is a text in a variable: the file is still to be written.
        Roots::Pem(_) => Some("--cacert FILE".to_owned()),
        _ => None,
    }
}

fn file(path: &Path) -> String {
    quoted(&path.display().to_string()).into_owned()
}

/// Only a NUL cannot be quoted, which no URL, name or path has.
fn quoted(word: &str) -> Cow<'_, str> {
    shlex::try_quote(word).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(change: impl Fn(&mut VaultSettings)) -> String {
        let mut settings = VaultSettings {
            address: "https://vault.example.test:8200".parse().unwrap(),
            ..VaultSettings::default()
        };
        change(&mut settings);
        crl_command(&settings, &"pki-aws".parse().unwrap())
    }

    #[test]
    fn the_list_is_fetched_as_we_reach_vault() {
        let url = "https://vault.example.test:8200/v1/pki-aws/crl/pem";
        assert_eq!(command(|_| ()), format!("curl -fsS -o crl.pem {url}"));
        let private = command(|settings| {
            settings.roots = Roots::File("/etc/vault/our ca.pem".into());
            settings.namespace = Some("team".parse().unwrap());
        });
        assert_eq!(
            private,
            format!(
                "curl -fsS -o crl.pem -H 'X-Vault-Namespace: team' --cacert '/etc/vault/our ca.pem' {url}"
            )
        );
        let folder = command(|settings| settings.roots = Roots::Directory("/etc/ca".into()));
        assert!(folder.contains(" --capath /etc/ca "), "{folder}");
        let text = command(|settings| settings.roots = Roots::Pem(Vec::new()));
        assert!(text.contains(" --cacert FILE "), "{text}");
        let unchecked = command(|settings| settings.verification = Verification::DangerousNone);
        assert!(unchecked.contains(" --insecure "), "{unchecked}");
    }

    #[test]
    fn a_socket_is_named_and_the_address_is_none_of_it() {
        let socket = command(|settings| {
            settings.address = "unix:///run/vault.sock".parse().unwrap();
            settings.roots = Roots::File("/ca.pem".into());
        });
        assert_eq!(
            socket,
            "curl -fsS -o crl.pem --unix-socket /run/vault.sock http://localhost/v1/pki-aws/crl/pem"
        );
    }
}
