//! The query protocol: a form in, XML out.

use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, StatusCode, header};

use crate::caller::Caller;
use crate::refusal::{Refusal, one_line};
use crate::{EndpointUrl, Error, SigningError};

impl Caller<'_> {
    /// A request with the form `body`.
    pub(super) fn signed_form(
        self,
        endpoint: &EndpointUrl,
        body: Bytes,
        time: SystemTime,
    ) -> Result<Request<Bytes>, Error> {
        let request = unsigned(endpoint, body)
            .ok_or_else(|| Error::Signing(SigningError::new("the endpoint is not a URI")))?;
        self.signed("sts", request, time)
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
