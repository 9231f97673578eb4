use std::time::SystemTime;

use destination::ClientIdentity;
use secrecy::SecretString;
use serde::Deserialize;
use zeroize::Zeroizing;

/// What a program says who we are by.
pub(super) struct Credential {
    pub(super) token: Option<SecretString>,
    pub(super) expires: Option<SystemTime>,
    identity: Option<(Vec<u8>, Zeroizing<Vec<u8>>)>,
}

/// [`ExecCredential`](https://kubernetes.io/docs/reference/config-api/client-authentication.v1/)
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    kind: String,
    api_version: String,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<SecretString>,
    client_certificate_data: Option<String>,
    client_key_data: Option<SecretString>,
}

impl Credential {
    /// Reads what was printed; an error has nothing of it.
    pub(super) fn parse(printed: &[u8], api_version: &str) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(printed)
            .map_err(|_| "it does not print the JSON of an ExecCredential".to_owned())?;
        if document.kind != "ExecCredential" {
            return Err("what it prints is no ExecCredential".to_owned());
        }
        if document.api_version != api_version {
            return Err(format!("what it prints is not of {api_version}"));
        }
        let status = document.status.ok_or("what it prints has no status")?;
        status.credential().map_err(str::to_owned)
    }

    /// The certificate as PEM text.
    pub(super) fn certificate(&self) -> Option<&[u8]> {
        self.identity
            .as_ref()
            .map(|(certificate, _)| &**certificate)
    }

    /// Certificate and key for a connection.
    pub(super) fn client_identity(&self) -> Option<ClientIdentity> {
        let (certificate, private_key) = self.identity.as_ref()?;
        Some(ClientIdentity::Pem {
            certificate: certificate.clone(),
            private_key: private_key.clone(),
        })
    }
}

impl Status {
    fn credential(self) -> Result<Credential, &'static str> {
        use secrecy::ExposeSecret as _;
        let given = |text: &SecretString| !text.expose_secret().is_empty();
        let token = self.token.filter(given);
        let certificate = self.client_certificate_data.filter(|text| !text.is_empty());
        let identity = match (certificate, self.client_key_data.filter(given)) {
            (Some(certificate), Some(key)) => {
                let key = Zeroizing::new(key.expose_secret().as_bytes().to_vec());
                Some((certificate.into_bytes(), key))
            }
            (None, None) => None,
            _ => return Err("what it prints has a client certificate or its key, not both"),
        };
        if token.is_none() && identity.is_none() {
            return Err("what it prints has neither a token nor a client certificate");
        }
        Ok(Credential {
            token,
            expires: self.expiration_timestamp.as_deref().map(time).transpose()?,
            identity,
        })
    }
}

fn time(text: &str) -> Result<SystemTime, &'static str> {
    let time: jiff::Timestamp = text
        .parse()
        .map_err(|_| "its expirationTimestamp is no time")?;
    Ok(time.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(status: &str) -> Result<Credential, String> {
        let text = format!(r#"{{"kind":"ExecCredential","apiVersion":"v1","status":{status}}}"#);
        Credential::parse(text.as_bytes(), "v1")
    }

    #[test]
    fn what_cannot_be_used_is_refused_without_its_values() {
        for (status, expected) in [
            ("null", "what it prints has no status"),
            (
                "{}",
                "what it prints has neither a token nor a client certificate",
            ),
            (
                r#"{"token":""}"#,
                "what it prints has neither a token nor a client certificate",
            ),
            (
                r#"{"clientCertificateData":"hunter2"}"#,
                "what it prints has a client certificate or its key, not both",
            ),
            (
                r#"{"token":"hunter2","expirationTimestamp":"soon"}"#,
                "its expirationTimestamp is no time",
            ),
            (
                r#"{"token":["hunter2"]}"#,
                "it does not print the JSON of an ExecCredential",
            ),
        ] {
            assert_eq!(parse(status).err().unwrap(), expected, "{status}");
        }
        let other = Credential::parse(br#"{"kind":"ExecCredential","apiVersion":"v0"}"#, "v1");
        assert_eq!(other.err().unwrap(), "what it prints is not of v1");
        let other = Credential::parse(br#"{"kind":"Status","apiVersion":"v1"}"#, "v1");
        assert_eq!(other.err().unwrap(), "what it prints is no ExecCredential");
    }

    #[test]
    fn token_certificate_and_end_are_read() {
        let credential = parse(
            r#"{"token":"t","clientCertificateData":"c","clientKeyData":"k",
                "expirationTimestamp":"1970-01-01T00:01:00Z"}"#,
        );
        let credential = credential.unwrap();
        assert_eq!(credential.certificate(), Some(&b"c"[..]));
        assert!(credential.token.is_some() && credential.client_identity().is_some());
        let minute = SystemTime::UNIX_EPOCH + std::time::Duration::from_mins(1);
        assert_eq!(credential.expires, Some(minute));
        assert_eq!(parse(r#"{"token":"t"}"#).unwrap().expires, None);
    }
}
