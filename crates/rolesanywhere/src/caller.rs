use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_partition::Region;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::Request;

use crate::{Error, SigningError};

/// Whose request it is, and where it is signed for.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) credentials: &'a Credentials,
    pub(crate) region: &'a Region,
}

impl Caller<'_> {
    /// The request, signed for `service` with plain SigV4 by its own crate.
    pub(crate) fn signed(
        self,
        service: &str,
        request: Request<Bytes>,
        time: SystemTime,
    ) -> Result<Request<Bytes>, Error> {
        self.sign(service, request, time)
            .ok_or_else(|| Error::Signing(SigningError::new("the request cannot be signed")))
    }

    fn sign(
        self,
        service: &str,
        mut request: Request<Bytes>,
        time: SystemTime,
    ) -> Option<Request<Bytes>> {
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_str())
            .name(service)
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .ok()?;
        let uri = request.uri().to_string();
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let headers: Option<Vec<_>> = headers.collect();
        let signable = SignableRequest::new(
            request.method().as_str(),
            uri,
            headers?.into_iter(),
            SignableBody::Bytes(request.body()),
        );
        let (instructions, _) = sign(signable.ok()?, &params.into()).ok()?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Some(request)
    }
}
