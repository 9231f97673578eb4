//! A server on a thread of its own, for as long as a test needs it.

use std::future::Future;
use std::thread::JoinHandle;

use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// Ends the server when it is dropped.
pub(crate) struct Background(Option<(oneshot::Sender<()>, JoinHandle<()>)>);

impl Background {
    pub(crate) fn serve(
        runtime: Runtime,
        served: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = served => {}
                    _ = stopped => {}
                }
            });
        });
        Self(Some((stop, thread)))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}
