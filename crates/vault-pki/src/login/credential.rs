use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
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
        Ok(Self(backend::login(mount, &segments.join("/"), body)))
    }

    pub(crate) fn api(&self) -> &ApiRequest {
        &self.0
    }

    /// The fields that no error may repeat: all but those that name a role, and
    /// those so short that they stand in any sentence.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let fields = serde_json::from_slice::<BTreeMap<String, SecretString>>(&self.0.body);
        let fields = fields.unwrap_or_default().into_iter();
        fields
            .filter(|(name, value)| {
                !matches!(name.as_str(), "role" | "name") && value.expose_secret().len() >= SHORTEST
            })
            .map(|(_, value)| value)
            .collect()
    }
}

/// Of what is looked for in a server's text.
const SHORTEST: usize = 6;

impl From<ApiRequest> for LoginRequest {
    fn from(request: ApiRequest) -> Self {
        Self(request)
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
