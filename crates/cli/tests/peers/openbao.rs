//! OpenBao in development mode, on loopback.

mod api;
mod authority;
mod certificates;
mod deployment;
mod login_setup;
mod logins;
mod namespaces;
mod refusals;
mod server;
mod setup;
mod shapes;
mod tls;
mod token_life;
mod token_review;
mod watch;
