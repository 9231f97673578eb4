use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::backend::{self, ApiRequest};
use crate::path::segment;
use crate::{InvalidName, Mount, Token};

/// What Vault takes us by.
#[derive(Debug)]
#[non_exhaustive]
pub enum Credential {
    /// A login, whose token will be ours; or which is sent along with each call
    /// (inline authentication).
    Login(LoginRequest),
    /// A token that somebody else has obtained.
    Foreign(Token),
    /// Nothing: an Agent or Proxy adds a token of its own.
    Absent,
}

/// What a login method sends.
pub struct LoginRequest(ApiRequest);

impl LoginRequest {
    /// A `POST` to `auth/<mount>/<segments>` with a JSON object as body.
    pub fn new(
        mount: &Mount,
        segments: &[&str],
        body: Zeroizing<Vec<u8>>,
    ) -> Result<Self, InvalidName> {
        let segments: Vec<String> = segments
            .iter()
            .map(|text| segment(text))
            .collect::<Result<_, _>>()?;
        Ok(backend::login(mount, &segments.join("/"), body).into())
    }

    pub(crate) fn api(&self) -> &ApiRequest {
        &self.0
    }
}

impl From<ApiRequest> for LoginRequest {
    fn from(request: ApiRequest) -> Self {
        let secrets = secrets(&request);
        Self(ApiRequest { secrets, ..request })
    }
}

impl From<ApiRequest> for Credential {
    fn from(request: ApiRequest) -> Self {
        Self::Login(request.into())
    }
}

/// Shows where to, never what.
impl fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRequest")
            .field("path", &self.0.path)
            .finish_non_exhaustive()
    }
}

/// The fields that no error may repeat: all but those that name a role.
fn secrets(request: &ApiRequest) -> Vec<SecretString> {
    let fields = serde_json::from_slice::<BTreeMap<String, SecretString>>(&request.body);
    let fields = fields.unwrap_or_default().into_iter();
    fields
        .filter(|(name, _)| !matches!(name.as_str(), "role" | "name"))
        .map(|(_, value)| value)
        .collect()
}
