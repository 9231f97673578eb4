use std::time::Duration;

use bytes::Bytes;
use destination::{HttpClient, Response};
use http::{HeaderMap, Request, header};

use crate::refusal::{Refusal, one_line};
use crate::{EndpointUrl, Error};

/// One operation of one service.
#[derive(Clone, Copy)]
pub(crate) struct Operation<'a> {
    pub(crate) name: &'static str,
    pub(crate) endpoint: &'a EndpointUrl,
}

impl Operation<'_> {
    /// Sends a signed request. Any answer but a success is an error.
    pub(crate) async fn send(
        self,
        http: &HttpClient,
        request: Request<Bytes>,
    ) -> Result<Response, (Error, HeaderMap)> {
        let response = http.send(request).await.map_err(|source| {
            let error = Error::NoAnswer {
                operation: self.name,
                endpoint: self.endpoint.to_string(),
                source,
            };
            (error, HeaderMap::new())
        })?;
        if response.status.is_success() {
            return Ok(response);
        }
        let error = self.failure(&response);
        Err((error, response.headers))
    }

    fn failure(self, response: &Response) -> Error {
        let refusal = Refusal::from_answer(response.status, &response.headers, &response.body);
        match refusal {
            Some(refusal) => Error::Refused {
                operation: self.name,
                refusal,
                retry_after: retry_after(&response.headers),
            },
            None => Error::NotAws {
                operation: self.name,
                endpoint: self.endpoint.to_string(),
                status: response.status,
                content_type: content_type(&response.headers),
            },
        }
    }
}

/// Seconds; AWS sends no dates.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

fn content_type(headers: &HeaderMap) -> String {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map_or_else(|| "no content type".to_owned(), one_line)
}
