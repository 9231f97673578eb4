//! Receives those who connect, has so many of them converse at once, and sees to
//! it that nobody who says nothing is in the way of those who do.

mod crowd;
mod gate;
mod one_request;

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use futures_util::future::Abortable;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::MissedTickBehavior;

use crowd::Crowd;
pub(crate) use crowd::Heard;
use gate::Gate;
pub(crate) use one_request::{Patience, one_request};

/// Has those who connect converse, at most `most` at once, for as long as this
/// is awaited. A conversation says by its [`Heard`] when it has heard what is
/// wanted of it: until then it may be ended for somebody else.
pub(crate) async fn receive<C: Future<Output = ()>>(
    listeners: &[TcpListener],
    most: usize,
    converse: impl Fn(TcpStream, Heard) -> C,
) -> Infallible {
    let mut crowd = Crowd::new(most);
    let mut gate = Gate::new(listeners);
    let mut conversations = FuturesUnordered::new();
    let mut beats = tokio::time::interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        while let Some(admitted) = crowd.admit() {
            let conversation = converse(admitted.stream, admitted.heard);
            let conversation = Abortable::new(conversation, admitted.dismissal);
            conversations.push(async move {
                let _ = conversation.await;
                admitted.number
            });
        }
        tokio::select! {
            (stream, address) = gate.next() => crowd.arrive(stream, address),
            Some(number) = conversations.next() => crowd.leave(number),
            _ = beats.tick(), if crowd.is_waited_for() => crowd.beat(),
        }
    }
}

/// A coarse clock, which runs while somebody waits.
const BEAT: Duration = Duration::from_millis(250);
