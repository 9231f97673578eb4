use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use p256::ecdsa::VerifyingKey;
use p256::pkcs8::DecodePublicKey as _;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use crate::Failure;
use crate::failure::Result;

#[cfg(test)]
mod stand_in;

/// A key in AWS KMS, of the spec `ECC_NIST_P256`, which never leaves it.
pub(crate) struct KmsKey {
    id: String,
    public: VerifyingKey,
    client: aws_sdk_kms::Client,
    runtime: Runtime,
}

impl KmsKey {
    /// With the credentials that the SDK finds, those of a `credential_process` say.
    pub(super) fn open(reference: &str, endpoint: Option<&str>) -> Result<Self> {
        let (own, id) = named(reference).ok_or_else(|| {
            Failure::new(format!(
                "{reference}: a key in KMS is awskms:///alias/NAME or awskms:///ARN"
            ))
        })?;
        let endpoint = endpoint.map(str::to_owned).or(own);
        Self::with(
            aws_config::defaults(BehaviorVersion::latest()),
            endpoint,
            id,
        )
    }

    fn with(mut loader: ConfigLoader, endpoint: Option<String>, id: String) -> Result<Self> {
        loader = loader.timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(ATTEMPT)
                .operation_timeout(PATIENCE)
                .build(),
        );
        if let Some(endpoint) = endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let runtime = runtime()?;
        let client = aws_sdk_kms::Client::new(&runtime.block_on(loader.load()));
        let asked = client.get_public_key().key_id(&id).send();
        let answer = runtime
            .block_on(asked)
            .map_err(|error| refused(&id, &error))?;
        let der = answer.public_key().map(Blob::as_ref).unwrap_or_default();
        let public = VerifyingKey::from_public_key_der(der).map_err(|_| {
            Failure::new(format!(
                "KMS: {id} is no ECC_NIST_P256 key: make one of that spec, for SIGN_VERIFY"
            ))
        })?;
        Ok(Self {
            id,
            public,
            client,
            runtime,
        })
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        // KMS hashes what is short itself.
        let (kind, message) = if message.len() <= LONGEST {
            (MessageType::Raw, message.to_vec())
        } else {
            (MessageType::Digest, Sha256::digest(message).to_vec())
        };
        let signing = self
            .client
            .sign()
            .key_id(&self.id)
            .message_type(kind)
            .message(Blob::new(message))
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .send();
        let signed = self.runtime.block_on(signing);
        let signed = signed.map_err(|error| refused(&self.id, &error))?;
        Ok(signed.signature.map(Blob::into_inner).unwrap_or_default())
    }

    pub(super) fn public_key(&self) -> &VerifyingKey {
        &self.public
    }
}

impl fmt::Debug for KmsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The endpoint that the reference names, and the key.
///
/// [As cosign has it](https://docs.sigstore.dev/cosign/key_management/overview/)
fn named(reference: &str) -> Option<(Option<String>, String)> {
    let (endpoint, id) = reference.strip_prefix("awskms://")?.split_once('/')?;
    let endpoint = (!endpoint.is_empty()).then(|| format!("https://{endpoint}"));
    (!id.is_empty()).then(|| (endpoint, id.to_owned()))
}

fn runtime() -> Result<Runtime> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build();
    runtime.map_err(|error| Failure::new(format!("no runtime: {error}")))
}

/// Each level of the error on one line: the SDK's own says most of them twice.
fn refused(id: &str, error: &(dyn Error + 'static)) -> Failure {
    let levels = std::iter::successors(Some(error), |&error| error.source());
    let levels: Vec<_> = levels.map(ToString::to_string).collect();
    Failure::new(format!("KMS: {id}: {}", levels.join(": ")))
}

/// One answer, and all attempts together: an endpoint that is silent does not hold a
/// release up.
const ATTEMPT: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(40);

/// In bytes.
///
/// [Sign](https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html)
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use aws_config::Region;
    use aws_sdk_kms::config::Credentials;
    use aws_sdk_kms::types::{KeySpec, KeyUsageType};

    use super::super::SigningKey;
    use super::super::strangers::Server;
    use super::*;

    #[test]
    fn a_key_is_named_as_cosign_names_it() {
        let arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        for (reference, endpoint, id) in [
            ("awskms:///alias/release", None, "alias/release"),
            (&format!("awskms:///{arn}"), None, arn),
            (
                "awskms://kms.example:8443/alias/x",
                Some("https://kms.example:8443"),
                "alias/x",
            ),
        ] {
            let found = named(reference).unwrap();
            assert_eq!((found.0.as_deref(), &*found.1), (endpoint, id));
        }
        assert_eq!(named("awskms://"), None);
        assert_eq!(named("awskms:///"), None);
    }

    fn make(loader: ConfigLoader, spec: KeySpec, alias: &str) {
        let runtime = runtime().unwrap();
        runtime.block_on(async {
            let client = aws_sdk_kms::Client::new(&loader.load().await);
            let key = client
                .create_key()
                .key_spec(spec)
                .key_usage(KeyUsageType::SignVerify);
            let key = key.send().await.unwrap().key_metadata.unwrap();
            let named = client
                .create_alias()
                .alias_name(alias)
                .target_key_id(key.key_id());
            named.send().await.unwrap();
        });
    }

    fn loader() -> ConfigLoader {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(credentials)
    }

    #[test]
    fn short_and_long_messages_are_signed() {
        let endpoint = stand_in::start();
        let key = KmsKey::with(loader(), Some(endpoint), "alias/release".to_owned());
        let key = SigningKey::Kms(key.unwrap());
        for length in [0, 1, LONGEST, LONGEST + 1, 200_000] {
            key.sign(&vec![b'x'; length]).unwrap();
        }
    }

    /// moto knows no digests, so that a long message cannot be tried with it.
    #[test]
    #[ignore = "needs moto: cargo xtask test --peers"]
    fn a_key_in_kms_signs() {
        let Some(moto) = Server::start("moto_server", |address| {
            vec![
                "-H".into(),
                address.ip().to_string().into(),
                "-p".into(),
                address.port().to_string().into(),
            ]
        }) else {
            return;
        };
        let endpoint = format!("http://{}", moto.address);
        for (spec, alias) in [
            (KeySpec::EccNistP256, "alias/release"),
            (KeySpec::EccNistP384, "alias/other"),
        ] {
            make(loader().endpoint_url(&endpoint), spec, alias);
        }
        let open = |alias: &str| KmsKey::with(loader(), Some(endpoint.clone()), alias.to_owned());

        let key = SigningKey::Kms(open("alias/release").unwrap());
        key.sign(b"message").unwrap();
        assert!(!format!("{key:?}").contains("secret"));
        let failure = open("alias/other").unwrap_err().to_string();
        assert!(
            failure.contains("alias/other is no ECC_NIST_P256 key"),
            "{failure}"
        );
        let failure = open("alias/absent").unwrap_err().to_string();
        let said = "KMS: alias/absent: service error: NotFoundException: ";
        assert!(
            failure.starts_with(said) && failure.lines().count() == 1,
            "{failure}"
        );
    }
}
