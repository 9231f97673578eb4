//! The service manager that has started us, if one did: systemd's protocol
//! (`sd_notify(3)`), with its watchdog. Without one, nothing is said to anybody.

use std::convert::Infallible;

/// A value is at hand: units that wait for us may start.
pub(crate) fn ready(status: &str) {
    send(&[Message::Ready, Message::Status(status)]);
}

/// A line for people, as `systemctl status` shows it.
pub(crate) fn status(status: &str) {
    send(&[Message::Status(status)]);
}

/// The end has begun.
pub(crate) fn stopping() {
    send(&[Message::Stopping]);
}

/// Says that we are alive, twice in each interval of the watchdog.
#[cfg(target_os = "linux")]
pub(crate) async fn keep_alive() -> Infallible {
    let Some(interval) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    loop {
        send(&[Message::Watchdog]);
        tokio::time::sleep(interval / 2).await;
    }
}

/// A manager that does not listen is no reason to fail.
#[cfg(target_os = "linux")]
fn send(state: &[Message<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "the service manager could not be told");
    }
}

#[cfg(target_os = "linux")]
use sd_notify::NotifyState as Message;

/// Only Linux has one that listens.
#[cfg(not(target_os = "linux"))]
enum Message<'a> {
    Ready,
    Status(#[expect(dead_code, reason = "nobody listens")] &'a str),
    Stopping,
}

#[cfg(not(target_os = "linux"))]
fn send(_: &[Message<'_>]) {}

#[cfg(not(target_os = "linux"))]
pub(crate) async fn keep_alive() -> Infallible {
    std::future::pending().await
}
