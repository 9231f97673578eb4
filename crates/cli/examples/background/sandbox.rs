//! A sandbox that is served for as long as the process runs.

use std::sync::Arc;

use iamra_sandbox::{Sandbox, Settings};
use refresh::{Clock as _, SystemClock};
use tokio::runtime::{Builder, Handle};

use crate::Result;

/// Serves a sandbox on a thread of its own; more can be served on its runtime.
pub(crate) fn sandbox(change: impl FnOnce(&mut Settings)) -> Result<(Sandbox, Handle)> {
    let mut settings = Settings::new(Arc::new(|| SystemClock.now()));
    change(&mut settings);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let sandbox = runtime.block_on(Sandbox::bind(settings))?;
    let (served, handle) = (sandbox.serve(), runtime.handle().clone());
    std::thread::spawn(move || runtime.block_on(served));
    Ok((sandbox, handle))
}
