use std::cell::OnceCell;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, LocalBoxFuture, abortable};
use futures_util::stream::FuturesUnordered;

/// A part, and what it was made of: the same again is the same part.
pub(super) struct Part<T> {
    pub(super) made_of: String,
    #[expect(
        clippy::struct_field_names,
        reason = "it is the part itself, beside what is known of it"
    )]
    pub(super) part: Arc<T>,
    /// What it does by itself, from when that has begun until nobody has the part
    /// any more.
    going: Rc<OnceCell<Going>>,
}

impl<T> Part<T> {
    /// The one from before, if it is made of the same.
    pub(super) fn of(made_of: String, known: Option<&Self>, make: impl FnOnce() -> T) -> Self {
        match known {
            Some(known) if known.made_of == made_of => known.clone(),
            _ => Self::new(made_of, make()),
        }
    }

    pub(super) fn new(made_of: String, part: T) -> Self {
        Self {
            made_of,
            part: Arc::new(part),
            going: Rc::default(),
        }
    }
}

// Whatever it is of.
impl<T> Clone for Part<T> {
    fn clone(&self) -> Self {
        Self {
            made_of: self.made_of.clone(),
            part: Arc::clone(&self.part),
            going: Rc::clone(&self.going),
        }
    }
}

/// Something that ends with this.
struct Going(AbortHandle);

impl Drop for Going {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// All that goes on by itself: what a reload does not change, it does not
/// interrupt.
#[derive(Default)]
pub(super) struct Running {
    parts: FuturesUnordered<LocalBoxFuture<'static, ()>>,
    leaving: FuturesUnordered<LocalBoxFuture<'static, ()>>,
}

impl Running {
    /// Begins what a part does by itself, unless it has begun.
    pub(super) fn begin<T: 'static>(
        &self,
        part: &Part<T>,
        work: impl AsyncFnOnce(Arc<T>) -> Infallible + 'static,
    ) {
        part.going.get_or_init(|| {
            let (work, handle) = abortable(work(Arc::clone(&part.part)));
            self.parts.push(Box::pin(async {
                if let Ok(never) = work.await {
                    match never {}
                }
            }));
            Going(handle)
        });
    }

    /// Does the last of what is left: nobody waits for it.
    pub(super) fn leave(&self, work: impl Future<Output = ()> + 'static) {
        self.leaving.push(Box::pin(work));
    }

    /// Goes on, for as long as this is awaited; dropping that interrupts
    /// nothing.
    pub(super) async fn go_on(&mut self) -> Infallible {
        loop {
            tokio::select! {
                Some(()) = self.parts.next() => {}
                Some(()) = self.leaving.next() => {}
                else => std::future::pending::<()>().await,
            }
        }
    }

    /// Ends all, and waits for what takes its leave.
    pub(super) async fn end(self) {
        drop(self.parts);
        self.leaving.collect::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn what_stays_is_not_interrupted_and_what_goes_is_ended() {
        let begun = Rc::new(Cell::new(0));
        let mut running = Running::default();
        let start = |running: &Running, part: &Part<()>| {
            let begun = Rc::clone(&begun);
            running.begin(part, async move |_| {
                begun.set(begun.get() + 1);
                let never = std::future::pending().await;
                // Shows until when it is held.
                drop(begun);
                never
            });
        };
        let first = Part::of("a".to_owned(), None, || ());
        start(&running, &first);
        assert!(running.go_on().now_or_never().is_none());
        let same = Part::of("a".to_owned(), Some(&first), || ());
        start(&running, &same);
        drop(first);
        assert!(running.go_on().now_or_never().is_none());
        assert_eq!((begun.get(), Rc::strong_count(&begun)), (1, 2));
        let other = Part::of("b".to_owned(), Some(&same), || ());
        start(&running, &other);
        drop(same);
        assert!(running.go_on().now_or_never().is_none());
        assert_eq!((begun.get(), Rc::strong_count(&begun)), (2, 2));
    }
}
