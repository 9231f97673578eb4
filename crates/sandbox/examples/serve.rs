//! Serves a sandbox until it is stopped, and prints how to use it.
//!
//! `cargo run -p iamra-sandbox --example serve -- --tls`

use std::error::Error;
use std::sync::Arc;

use iamra_sandbox::{Sandbox, Settings};
use refresh::{Clock as _, SystemClock};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the environment is its output")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut settings = Settings::new(Arc::new(|| SystemClock.now()));
    settings.tls = std::env::args().any(|argument| argument == "--tls");
    let sandbox = Sandbox::bind(settings).await?;
    for (name, value) in sandbox.environment() {
        println!("export {name}={value}");
    }
    for pem in [sandbox.vault_ca_pem(), sandbox.aws_ca_pem()] {
        println!("{}", pem.unwrap_or_default());
    }
    sandbox.serve().await;
    Ok(())
}
