use http::{HeaderMap, StatusCode, Uri, header};
use url::Url;

use crate::{Call, Error, VaultSettings};

/// Why a redirect was not followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectProblem {
    /// It was the second one.
    #[error("only one redirect is followed")]
    Second,
    /// The settings say so.
    #[error("redirects are switched off")]
    SwitchedOff,
    /// Vault is behind a Unix socket, and nothing else is.
    #[error("the address is a Unix socket")]
    OverUnixSocket,
    /// There is no target that can be read.
    #[error("its target is not a valid address")]
    Malformed,
    /// It leads from HTTPS to HTTP or from HTTP to HTTPS.
    #[error("it changes the scheme")]
    OtherScheme,
    /// It leads to another call: to a login page, say.
    #[error("it leads to another path")]
    OtherPath,
    /// It leads to another host, and nothing proves who answers there.
    #[error("it leads to another host over plain HTTP")]
    OtherHostInPlainText,
}

/// A redirect that is not followed.
#[derive(Debug)]
pub(super) struct Refused {
    to: String,
    problem: RedirectProblem,
}

impl Refused {
    pub(super) fn second(current: &Uri, headers: &HeaderMap) -> Self {
        let to = resolve(current, headers).map_or_else(|| "nowhere".to_owned(), |url| origin(&url));
        Self {
            to,
            problem: RedirectProblem::Second,
        }
    }

    pub(super) fn into_error(self, call: &Call) -> Error {
        Error::Redirected {
            call: Box::new(call.clone()),
            to: self.to,
            problem: self.problem,
        }
    }
}

/// Statuses that keep method and body, or that Vault uses as if they did.
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 307 | 308)
}

/// Where a redirect leads, if it may be followed.
///
/// A standby sends its clients to the active node, whose name is another; the
/// token and the body go there, too. So it must be the same call, by the same
/// scheme, and another host must prove its name by a certificate: anybody on
/// the way of plain HTTP could send the token to himself.
pub(super) fn target(
    settings: &VaultSettings,
    current: &Uri,
    headers: &HeaderMap,
) -> Result<Uri, Refused> {
    let url = resolve(current, headers).ok_or_else(|| Refused {
        to: "nowhere".to_owned(),
        problem: RedirectProblem::Malformed,
    })?;
    let refuse = |problem| Refused {
        to: origin(&url),
        problem,
    };
    if !settings.follow_redirect {
        return Err(refuse(RedirectProblem::SwitchedOff));
    }
    if settings.address.unix_socket().is_some() {
        return Err(refuse(RedirectProblem::OverUnixSocket));
    }
    if Some(url.scheme()) != current.scheme_str() {
        return Err(refuse(RedirectProblem::OtherScheme));
    }
    if !is_same_call(settings, current, &url) {
        return Err(refuse(RedirectProblem::OtherPath));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse(RedirectProblem::Malformed));
    }
    let target: Uri = url
        .as_str()
        .parse()
        .map_err(|_| refuse(RedirectProblem::Malformed))?;
    if settings.address.is_plain_text() && is_other_host(current, &target) {
        return Err(refuse(RedirectProblem::OtherHostInPlainText));
    }
    Ok(target)
}

/// Whether somebody else than before is asked.
pub(super) fn is_other_host(current: &Uri, target: &Uri) -> bool {
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    host(current) != host(target)
}

/// Whether the path is ours, to the letter, but for two things: Vault itself
/// redirects to the path with `//` made one slash, and a standby behind a
/// proxy does not know of the prefix that our address has.
fn is_same_call(settings: &VaultSettings, current: &Uri, url: &Url) -> bool {
    let ours = current.path();
    let api = ours.strip_prefix(settings.address.prefix());
    let is_ours = |path: &str| path == url.path() || single_slashes(path) == url.path();
    url.query().is_none() && (is_ours(ours) || api.is_some_and(is_ours))
}

fn single_slashes(path: &str) -> String {
    let mut single = String::with_capacity(path.len());
    for character in path.chars() {
        if character != '/' || !single.ends_with('/') {
            single.push(character);
        }
    }
    single
}

fn resolve(current: &Uri, headers: &HeaderMap) -> Option<Url> {
    let location = headers.get(header::LOCATION)?.to_str().ok()?;
    Url::parse(&current.to_string()).ok()?.join(location).ok()
}

/// Neither path nor query: a login page's hold secrets.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "https://vault:8200/v1/pki/sign/app";

    /// The settings that lead to `current`.
    fn settings(current: &str) -> VaultSettings {
        VaultSettings {
            address: current.split("/v1/").next().unwrap().parse().unwrap(),
            ..VaultSettings::default()
        }
    }

    fn follow(settings: &VaultSettings, current: &str, location: &str) -> Result<String, String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, location.parse().unwrap());
        target(settings, &current.parse().unwrap(), &headers)
            .map(|uri| uri.to_string())
            .map_err(|refused| format!("{}: {}", refused.to, refused.problem))
    }

    #[test]
    fn only_the_same_call_by_the_same_scheme_is_followed() {
        let active = "https://active:8200/v1/pki/sign/app";
        for (current, location, expected) in [
            (HERE, active, Ok(active)),
            (HERE, "/v1/pki/sign/app", Ok(HERE)),
            ("https://gate/vault/v1/pki/sign/app", active, Ok(active)),
            (
                "https://gate/vault/v1/pki/sign/app",
                "https://other/vault/v1/pki/sign/app",
                Ok("https://other/vault/v1/pki/sign/app"),
            ),
            (
                "https://gate/a//b/v1/pki/sign/app",
                "/a/b/v1/pki/sign/app",
                Ok("https://gate/a/b/v1/pki/sign/app"),
            ),
            (
                "http://vault/v1/sys/health",
                "http://VAULT:8201/v1/sys/health",
                Ok("http://vault:8201/v1/sys/health"),
            ),
            (
                "http://vault/v1/sys/health",
                "http://active/v1/sys/health",
                Err("http://active: it leads to another host over plain HTTP"),
            ),
            (
                HERE,
                "https://active:8200/collect/v1/pki/sign/app",
                Err("https://active:8200: it leads to another path"),
            ),
            (
                HERE,
                "https://active:8200/v1/pki/sign/app/",
                Err("https://active:8200: it leads to another path"),
            ),
            (
                "https://gate/vault/v1/pki/sign/app",
                "https://gate/v1/pki/sign/another",
                Err("https://gate: it leads to another path"),
            ),
            (
                HERE,
                "http://vault:8200/v1/pki/sign/app",
                Err("http://vault:8200: it changes the scheme"),
            ),
            (
                "http://vault/v1/sys/health",
                "https://vault/v1/sys/health",
                Err("https://vault: it changes the scheme"),
            ),
            (
                HERE,
                "https://sso.example/login?next=hunter2",
                Err("https://sso.example: it leads to another path"),
            ),
            (
                HERE,
                "/v1/pki/sign/app?token=hunter2",
                Err("https://vault:8200: it leads to another path"),
            ),
            (
                HERE,
                "https://user:hunter2@active/v1/pki/sign/app",
                Err("https://active: its target is not a valid address"),
            ),
            (
                HERE,
                "https://[",
                Err("nowhere: its target is not a valid address"),
            ),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            let settings = settings(current);
            assert_eq!(follow(&settings, current, location), expected, "{location}");
        }
    }

    #[test]
    fn another_host_is_one_of_another_name() {
        for (target, expected) in [
            ("https://VAULT:8300/v1/x", false),
            ("https://active:8200/v1/x", true),
            ("https://vault.example:8200/v1/x", true),
        ] {
            let (current, target) = (HERE.parse().unwrap(), target.parse().unwrap());
            assert_eq!(is_other_host(&current, &target), expected, "{target}");
        }
    }

    #[test]
    fn settings_and_sockets_forbid_it() {
        let refused = |settings| follow(&settings, HERE, HERE).unwrap_err();
        let off = VaultSettings {
            follow_redirect: false,
            ..VaultSettings::default()
        };
        assert!(refused(off).ends_with("redirects are switched off"));
        let socket = VaultSettings {
            address: "unix:///run/agent.sock".parse().unwrap(),
            ..VaultSettings::default()
        };
        assert!(refused(socket).ends_with("the address is a Unix socket"));
    }
}
