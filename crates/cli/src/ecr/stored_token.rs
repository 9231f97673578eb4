use std::time::Duration;

use ecr_auth::AuthorizationToken;
use refresh::Lifetime;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::audit::rfc3339;
use crate::shared::OnDisk;

/// An authorization token that can be kept on disk.
#[derive(Clone, Debug)]
pub(super) struct StoredToken(pub(super) AuthorizationToken);

/// The same as it stands there.
#[derive(Deserialize)]
pub(super) struct Form {
    username: String,
    password: SecretString,
    proxy_endpoint: Option<String>,
}

impl OnDisk for StoredToken {
    const NAME: &'static str = "token";
    /// Twelve hours, and the clock may be off a little.
    const LONGEST: Duration = Duration::from_secs(13 * 3600);
    /// What a client needs to pull a large image with it.
    const LEAST_LEFT: Duration = Duration::from_secs(10 * 60);
    /// Longer than a login, a certificate, a session and a token take as a rule,
    /// shorter than kubelet waits for its plugin, which is a minute.
    const PATIENCE: Duration = Duration::from_secs(45);
    const IS_SCARCE: bool = true;
    type Form = Form;

    fn form(&self) -> impl Serialize + '_ {
        #[derive(Serialize)]
        struct Form<'a> {
            username: &'a str,
            password: &'a str,
            proxy_endpoint: Option<&'a str>,
        }
        Form {
            username: &self.0.username,
            password: self.0.password.expose_secret(),
            proxy_endpoint: self.0.proxy_endpoint.as_deref(),
        }
    }

    fn of_form(form: Form, life: Lifetime) -> Self {
        Self(AuthorizationToken {
            username: form.username,
            password: form.password,
            lifetime: life,
            proxy_endpoint: form.proxy_endpoint,
        })
    }

    fn lifetime(&self) -> Lifetime {
        self.0.lifetime
    }

    fn expiration(&self) -> String {
        rfc3339(self.0.lifetime.end())
    }
}
