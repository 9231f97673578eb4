use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

use crate::kubernetes::Watch;

/// The body of a response.
pub(super) enum ResponseBody {
    Whole(Full<Bytes>),
    /// Spaces for ever: the start of any JSON document.
    Endless,
    /// Lines for as long as they come.
    Watch(Watch),
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context),
            Self::Endless => {
                let spaces = Bytes::from_static(&[b' '; 16 * 1024]);
                Poll::Ready(Some(Ok(Frame::data(spaces))))
            }
            Self::Watch(watch) => watch
                .poll_lines(context)
                .map(|lines| lines.map(|lines| Ok(Frame::data(lines)))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Endless | Self::Watch(_) => SizeHint::default(),
        }
    }
}
