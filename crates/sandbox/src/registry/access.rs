use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;

use super::host::Host;
use super::refusal::RegistryRefusal;
use crate::RequestParts;
use crate::ecr::{RegistryToken, RegistryTokens, TokenScope};

/// Who came in, and to which registry.
#[derive(Debug)]
pub(super) struct Reader {
    /// Nobody's for the public registry, which is empty here.
    pub(super) account: String,
    pub(super) region: String,
    pub(super) caller_arn: String,
}

impl Reader {
    /// Who shows a live token that this registry takes.
    pub(super) fn admit(
        request: &RequestParts,
        tokens: &RegistryTokens,
        now: SystemTime,
    ) -> Result<Self, RegistryRefusal> {
        let host = Host::of(request.header("host").unwrap_or_default());
        if host == Host::Other {
            let message = "There is no registry of that name";
            let status = StatusCode::MISDIRECTED_REQUEST;
            return Err(RegistryRefusal::new(status, "UNSUPPORTED", message));
        }
        let token = password(request).and_then(|password| tokens.find(&password));
        let token = token.ok_or_else(RegistryRefusal::unauthorized)?;
        let reader = Self::at(host, &token).ok_or_else(RegistryRefusal::unauthorized)?;
        if token.expires_at <= now {
            return Err(RegistryRefusal::expired());
        }
        Ok(reader)
    }

    fn at(host: Host<'_>, token: &RegistryToken) -> Option<Self> {
        let (account, region) = match (host, &token.scope) {
            (Host::Private { account, region }, TokenScope::Private { region: scope })
                if region == scope =>
            {
                (account, region)
            }
            (Host::Loopback, TokenScope::Private { region }) => {
                (token.account.as_str(), region.as_str())
            }
            (Host::Public, TokenScope::Public) => ("", ""),
            _ => return None,
        };
        Some(Self {
            account: account.to_owned(),
            region: region.to_owned(),
            caller_arn: token.caller_arn.clone(),
        })
    }
}

/// The password of the user `AWS`.
fn password(request: &RequestParts) -> Option<String> {
    let header = request.header("authorization")?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    (user == "AWS").then(|| password.to_owned())
}
