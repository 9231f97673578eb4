use std::time::SystemTime;

use der::Encode as _;

use super::Vault;
use crate::backend::{self, ApiRequest, PkiParameters};
use crate::envelope::Envelope;
use crate::issued::{self, Expected, IssuedData, KeySource, NotIssued};
use crate::signing_request::signing_request;
use crate::transport::Caller;
use crate::{CertificateRequest, Error, IssuedCertificate, KeyPair, KeyType, RefusalCause};

impl Vault {
    /// Makes a key, and has a certificate signed for it.
    ///
    /// The key stays here. Where the role wants another kind of key than
    /// [`KeyType::Auto`] tried, another is made. What comes back is checked
    /// against `request`, and its validity against `now`.
    pub async fn sign(
        &self,
        request: &CertificateRequest,
        now: SystemTime,
    ) -> Result<IssuedCertificate, Error> {
        let mut key_type = request.key_type;
        loop {
            let key = KeyPair::generate(key_type)?;
            let error = match self.sign_key(request, key, now).await {
                Err(error) if request.key_type == KeyType::Auto => error,
                other => return other,
            };
            let demand = error.refusal().and_then(crate::Refusal::key_demand);
            let Some(next) = demand.and_then(|demand| key_type.next(demand)) else {
                return Err(error);
            };
            tracing::info!(role = %request.role, key_type = %next, "made the key that the role wants");
            key_type = next;
        }
    }

    /// Has a certificate signed for a key that is there already.
    pub async fn sign_key(
        &self,
        request: &CertificateRequest,
        key: KeyPair,
        now: SystemTime,
    ) -> Result<IssuedCertificate, Error> {
        let parameters = PkiParameters::sign;
        self.sign_by(parameters, (request, now), key).await
    }

    /// Makes a key, and has a certificate signed for it whatever the role says
    /// of names and keys: `sign-verbatim`, for those who run the CA. Whoever
    /// may do that may be anybody.
    pub async fn sign_verbatim(
        &self,
        request: &CertificateRequest,
        now: SystemTime,
    ) -> Result<IssuedCertificate, Error> {
        let key = KeyPair::generate(request.key_type)?;
        let parameters = PkiParameters::sign_verbatim;
        self.sign_by(parameters, (request, now), key).await
    }

    async fn sign_by<'a>(
        &self,
        parameters: fn(&'a CertificateRequest, String) -> PkiParameters<'a>,
        (request, now): (&'a CertificateRequest, SystemTime),
        key: KeyPair,
    ) -> Result<IssuedCertificate, Error> {
        request.names.check()?;
        let unencodable = |_| Error::Unencodable {
            what: "signing request",
        };
        let csr = signing_request(&key, &request.names).map_err(unencodable)?;
        let public_key = key.public_key()?.to_der().map_err(unencodable)?;
        let call = backend::pki(&parameters(request, csr))?;
        let key = KeySource::Local {
            private_key: key.into_pkcs8(),
            public_key,
        };
        self.obtain(&call, (request, now), key).await
    }

    /// Has Vault make a key and a certificate for it.
    ///
    /// The key travels here over the network: this is for those whose policy
    /// does not allow [`Vault::sign`].
    pub async fn issue(
        &self,
        request: &CertificateRequest,
        now: SystemTime,
    ) -> Result<IssuedCertificate, Error> {
        request.names.check()?;
        let call = backend::pki(&PkiParameters::issue(request, request.key_type))?;
        let result = self.obtain(&call, (request, now), KeySource::Server).await;
        match result {
            Err(error) if request.key_type == KeyType::Auto && wants_key_type(&error) => {
                let call = backend::pki(&PkiParameters::issue(request, KeyType::EcP256))?;
                self.obtain(&call, (request, now), KeySource::Server).await
            }
            other => other,
        }
    }

    async fn obtain(
        &self,
        call: &ApiRequest,
        (request, now): (&CertificateRequest, SystemTime),
        key: KeySource,
    ) -> Result<IssuedCertificate, Error> {
        let namespace = self.settings().certificate_namespace();
        let (envelope, session): (Envelope<IssuedData>, _) =
            self.authorised(call, namespace).await?;
        let names = &request.names;
        let issued = issued::assemble(envelope, key, &Expected { names, now });
        let issued = issued.map_err(|not_issued| {
            let caller = Caller::anonymous(namespace);
            not_issued.into_error(Box::new(self.transport.describe(call, caller)))
        })?;
        let used_at = self.transport.clock().now();
        let has_lease = issued.lease.is_some();
        self.state().certified(&session, has_lease, used_at);
        self.changed.notify_one();
        tracing::debug!(
            serial = issued.serial,
            role = %request.role,
            "obtained a certificate from Vault"
        );
        Ok(issued)
    }
}

impl NotIssued {
    fn into_error(self, call: Box<crate::Call>) -> Error {
        match self {
            Self::Unusable(reason) => Error::UnusableAnswer { call, reason },
            Self::Mismatched { serial, mismatches } => Error::Mismatched {
                call,
                serial,
                mismatches,
            },
        }
    }
}

fn wants_key_type(error: &Error) -> bool {
    error
        .refusal()
        .is_some_and(|refusal| refusal.cause == RefusalCause::KeyTypeRequired)
}
