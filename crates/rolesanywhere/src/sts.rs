use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_partition::{Endpoint, Region};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use destination::{HttpClient, Response};
use http::{Request, header};
use refresh::{Clock, Retry};

use crate::refusal::{Refusal, one_line};
use crate::sender::{Operation, Sender};
use crate::{ClockSkewPolicy, EndpointUrl, Error, SigningError};

const BODY: &[u8] = b"Action=GetCallerIdentity&Version=2011-06-15";

/// Asks the Security Token Service in one region.
#[derive(Debug)]
pub struct Sts {
    sender: Sender,
    region: Region,
}

/// Who some credentials are.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CallerIdentity {
    /// The account.
    pub account: String,
    /// The ARN of the user or assumed role.
    pub arn: String,
    /// The unique id of the user or assumed role.
    pub user_id: String,
}

impl Sts {
    /// A client for the region's own endpoint: at most three attempts within
    /// thirty seconds.
    pub fn new(http: Arc<HttpClient>, region: Region) -> Self {
        Self {
            sender: Sender::new(http),
            region,
        }
    }

    /// Sends requests to `endpoint` instead.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: EndpointUrl) -> Self {
        self.sender.endpoint = Some(endpoint);
        self
    }

    /// Reads the time from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.sender.clock = clock;
        self
    }

    /// How often and how long to try.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.sender.retry = retry;
        self
    }

    /// What to do about a clock that is off.
    #[must_use]
    pub fn with_clock_skew_policy(mut self, policy: ClockSkewPolicy) -> Self {
        self.sender.skew_policy = policy;
        self
    }

    /// Who `credentials` are. Everyone may ask that about themselves: no policy
    /// is needed, and no policy can forbid it.
    ///
    /// [`GetCallerIdentity`](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html)
    pub async fn caller_identity(
        &self,
        credentials: &Credentials,
    ) -> Result<CallerIdentity, Error> {
        let endpoint = match &self.sender.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => EndpointUrl::of_service(Endpoint::default(), "sts", &self.region)?,
        };
        let operation = GetCallerIdentity {
            credentials,
            region: &self.region,
        };
        let answer = self.sender.send(&endpoint, &operation).await?;
        let text = String::from_utf8_lossy(&answer.response.body);
        CallerIdentity::from_xml(&text).ok_or_else(|| Error::UnusableAnswer {
            operation: GetCallerIdentity::NAME,
            endpoint: endpoint.to_string(),
            reason: "it is not the XML of a caller identity".to_owned(),
        })
    }
}

struct GetCallerIdentity<'a> {
    credentials: &'a Credentials,
    region: &'a Region,
}

impl Operation for GetCallerIdentity<'_> {
    const NAME: &'static str = "GetCallerIdentity";

    fn signed(&self, endpoint: &EndpointUrl, time: SystemTime) -> Result<Request<Bytes>, Error> {
        self.sign(endpoint, time)
            .ok_or_else(|| Error::Signing(SigningError::new("the request cannot be signed")))
    }

    fn refusal(response: &Response) -> Option<Refusal> {
        refusal(response.status, &String::from_utf8_lossy(&response.body))
    }
}

impl GetCallerIdentity<'_> {
    /// Signed with plain SigV4, by its own crate.
    fn sign(&self, endpoint: &EndpointUrl, time: SystemTime) -> Option<Request<Bytes>> {
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
        let content_type = "application/x-www-form-urlencoded";
        let headers = [(header::CONTENT_TYPE.as_str(), content_type)];
        let signable = SignableRequest::new(
            "POST",
            uri.as_str(),
            headers.into_iter(),
            SignableBody::Bytes(BODY),
        );
        let (instructions, _) = sign(signable.ok()?, &params.into()).ok()?.into_parts();
        let mut request = Request::post(uri)
            .header(header::CONTENT_TYPE, content_type)
            .body(Bytes::from_static(BODY))
            .ok()?;
        instructions.apply_to_request_http1x(&mut request);
        Some(request)
    }
}

impl CallerIdentity {
    fn from_xml(text: &str) -> Option<Self> {
        let document = roxmltree::Document::parse(text).ok()?;
        let result = child(document.root_element(), "GetCallerIdentityResult")?;
        let text = |name| Some(one_line(child(result, name)?.text()?));
        Some(Self {
            account: text("Account")?,
            arn: text("Arn")?,
            user_id: text("UserId")?,
        })
    }
}

/// The error document of the query protocol.
fn refusal(status: http::StatusCode, text: &str) -> Option<Refusal> {
    let document = roxmltree::Document::parse(text).ok()?;
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

fn child<'a, 'input>(
    node: roxmltree::Node<'a, 'input>,
    name: &str,
) -> Option<roxmltree::Node<'a, 'input>> {
    node.children()
        .find(|child| child.tag_name().name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_names_account_and_role() {
        let xml = r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn>
          <UserId>AROA:s</UserId><Account>123456789012</Account></GetCallerIdentityResult>
          <ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></GetCallerIdentityResponse>"#;
        let identity = CallerIdentity::from_xml(xml).unwrap();
        assert_eq!(identity.account, "123456789012");
        assert_eq!(identity.arn, "arn:aws:sts::123456789012:assumed-role/r/s");
        assert_eq!(identity.user_id, "AROA:s");
        for text in ["", "<html/>", "{}", &xml.replace("Account", "Other")] {
            assert_eq!(CallerIdentity::from_xml(text), None, "{text}");
        }
    }

    #[test]
    fn an_error_document_is_a_refusal() {
        let xml = r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
          <Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token is expired</Message>
          </Error><RequestId>req-9</RequestId></ErrorResponse>"#;
        let refusal = refusal(http::StatusCode::FORBIDDEN, xml).unwrap();
        assert_eq!(
            refusal.to_string(),
            "ExpiredToken: The security token is expired (HTTP 403, request id req-9)"
        );
    }
}
