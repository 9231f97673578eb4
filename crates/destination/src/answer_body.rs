use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::Error;
use crate::failure::{Patience, failure};

/// The body of an answer that is still being received; what it holds is not
/// wiped.
///
/// It comes from [`HttpClient::open`](crate::HttpClient::open), and ends with an
/// error when the time that was given there is over.
pub struct AnswerBody {
    body: reqwest::Body,
    host: String,
    patience: Patience,
}

impl AnswerBody {
    pub(crate) fn new(body: reqwest::Body, host: String, patience: Patience) -> Self {
        Self {
            body,
            host,
            patience,
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        frame.map_err(|error| failure(&error, &self.host, self.patience))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Shows from whom, never what.
impl fmt::Debug for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerBody")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}
