use std::time::SystemTime;

use bytes::Bytes;
use destination::Response;
use http::Request;

use super::query::{child, refusal};
use crate::caller::Caller;
use crate::refusal::{Refusal, one_line};
use crate::sender::Operation;
use crate::{EndpointUrl, Error};

const BODY: &[u8] = b"Action=GetCallerIdentity&Version=2011-06-15";

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

impl CallerIdentity {
    pub(super) fn from_xml(text: &str) -> Option<Self> {
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

/// [`GetCallerIdentity`](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
pub(super) struct GetCallerIdentity<'a>(pub(super) Caller<'a>);

impl Operation for GetCallerIdentity<'_> {
    const NAME: &'static str = "GetCallerIdentity";

    fn signed(&self, endpoint: &EndpointUrl, time: SystemTime) -> Result<Request<Bytes>, Error> {
        self.0.signed_form(endpoint, Bytes::from_static(BODY), time)
    }

    fn refusal(&self, response: &Response) -> Option<Refusal> {
        refusal(response.status, &response.body)
    }
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
}
