//! The query protocol: a form in, XML out.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_partition::Region;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{Request, StatusCode, header};

use crate::refusal::{Refusal, one_line};
use crate::{EndpointUrl, Error, SigningError};

/// Whose request it is, and where it is signed for.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) credentials: &'a Credentials,
    pub(super) region: &'a Region,
}

impl Caller<'_> {
    /// A request with the form `body`, signed with plain SigV4 by its own crate.
    pub(super) fn signed(
        self,
        endpoint: &EndpointUrl,
        body: Bytes,
        time: SystemTime,
    ) -> Result<Request<Bytes>, Error> {
        self.sign(endpoint, body, time)
            .ok_or_else(|| Error::Signing(SigningError::new("the request cannot be signed")))
    }

    fn sign(self, endpoint: &EndpointUrl, body: Bytes, time: SystemTime) -> Option<Request<Bytes>> {
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_str())
            .name("sts")
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .ok()?;
        let uri = endpoint.uri("/");
        let headers = [(header::CONTENT_TYPE.as_str(), FORM)];
        let signable = SignableRequest::new(
            "POST",
            uri.as_str(),
            headers.into_iter(),
            SignableBody::Bytes(&body),
        );
        let (instructions, _) = sign(signable.ok()?, &params.into()).ok()?.into_parts();
        let mut request = unsigned(endpoint, body)?;
        instructions.apply_to_request_http1x(&mut request);
        Some(request)
    }
}

/// A request with the form `body`.
pub(super) fn unsigned(endpoint: &EndpointUrl, body: Bytes) -> Option<Request<Bytes>> {
    let request = Request::post(endpoint.uri("/")).header(header::CONTENT_TYPE, FORM);
    request.body(body).ok()
}

/// The error document.
pub(super) fn refusal(status: StatusCode, body: &[u8]) -> Option<Refusal> {
    let text = String::from_utf8_lossy(body);
    let document = roxmltree::Document::parse(&text).ok()?;
    let root = document.root_element();
    let error = child(root, "Error")?;
    let text = |name| child(error, name)?.text().map(one_line);
    Some(Refusal {
        status,
        code: text("Code")?,
        message: text("Message").unwrap_or_default(),
        request_id: child(root, "RequestId")
            .and_then(|id| id.text())
            .map(one_line),
    })
}

pub(super) fn child<'a, 'input>(
    node: roxmltree::Node<'a, 'input>,
    name: &str,
) -> Option<roxmltree::Node<'a, 'input>> {
    node.children()
        .find(|child| child.tag_name().name() == name)
}

const FORM: &str = "application/x-www-form-urlencoded";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_document_is_a_refusal() {
        let xml = br#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
          <Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token is expired</Message>
          </Error><RequestId>req-9</RequestId></ErrorResponse>"#;
        let refusal = refusal(StatusCode::FORBIDDEN, xml).unwrap();
        assert_eq!(
            refusal.to_string(),
            "ExpiredToken: The security token is expired (HTTP 403, request id req-9)"
        );
    }
}
