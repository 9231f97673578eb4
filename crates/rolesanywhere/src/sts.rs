use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_partition::{Endpoint, Region};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use destination::HttpClient;
use http::{Request, header};
use refresh::{Backoff, Clock, Retry, SystemClock};

use crate::refusal::{Refusal, one_line};
use crate::{EndpointUrl, Error, SigningError};

const OPERATION: &str = "GetCallerIdentity";
const BODY: &[u8] = b"Action=GetCallerIdentity&Version=2011-06-15";

/// Asks the Security Token Service in one region.
#[derive(Debug)]
pub struct Sts {
    http: Arc<HttpClient>,
    region: Region,
    endpoint: Option<EndpointUrl>,
    clock: Arc<dyn Clock>,
    retry: Retry,
}

/// Who some credentials are.
#[derive(Clone, Debug, Eq, PartialEq)]
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
            http,
            region,
            endpoint: None,
            clock: Arc::new(SystemClock),
            retry: Retry {
                attempts: 3,
                backoff: Backoff::REQUEST,
                within: Duration::from_secs(30),
            },
        }
    }

    /// Sends requests to `endpoint` instead.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: EndpointUrl) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Reads the time from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
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
        let endpoint = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => EndpointUrl::of_service(Endpoint::default(), "sts", &self.region)?,
        };
        let attempts = self
            .retry
            .run(&*self.clock, |_| self.attempt(&endpoint, credentials));
        tokio::time::timeout(self.retry.within, attempts)
            .await
            .unwrap_or_else(|_| {
                Err(Error::DeadlineExceeded {
                    operation: OPERATION,
                    endpoint: endpoint.to_string(),
                    within: self.retry.within,
                })
            })
    }

    async fn attempt(
        &self,
        endpoint: &EndpointUrl,
        credentials: &Credentials,
    ) -> Result<CallerIdentity, Error> {
        let request = self
            .signed(endpoint, credentials, self.clock.now())
            .ok_or_else(|| Error::Signing(SigningError::new("the request cannot be signed")))?;
        let response = self
            .http
            .send(request)
            .await
            .map_err(|source| Error::NoAnswer {
                operation: OPERATION,
                endpoint: endpoint.to_string(),
                source,
            })?;
        let text = String::from_utf8_lossy(&response.body);
        if response.status.is_success() {
            return CallerIdentity::from_xml(&text).ok_or_else(|| Error::UnusableAnswer {
                operation: OPERATION,
                endpoint: endpoint.to_string(),
                reason: "it is not the XML of a caller identity".to_owned(),
            });
        }
        Err(match refusal(response.status, &text) {
            Some(refusal) => Error::Refused {
                operation: OPERATION,
                refusal,
                retry_after: None,
            },
            None => Error::NotAws {
                operation: OPERATION,
                endpoint: endpoint.to_string(),
                status: response.status,
                content_type: "no error of STS".to_owned(),
            },
        })
    }

    /// Signed with plain SigV4, by its own crate.
    fn signed(
        &self,
        endpoint: &EndpointUrl,
        credentials: &Credentials,
        time: SystemTime,
    ) -> Option<Request<Bytes>> {
        let identity = credentials.clone().into();
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
