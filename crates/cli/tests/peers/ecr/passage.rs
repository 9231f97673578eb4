//! A tunnel that is served for as long as a test needs it.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use iamra_sandbox::{Sandbox, Tunnel};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// Leads clients from the real names of registries to one address.
pub(crate) struct Passage {
    tunnel: Tunnel,
    server: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Passage {
    pub(crate) fn to_sandbox(sandbox: &Sandbox) -> Self {
        let runtime = runtime();
        let tunnel = runtime.block_on(sandbox.tunnel()).unwrap();
        Self::serve(tunnel, runtime)
    }

    pub(crate) fn to(address: SocketAddr) -> Self {
        let runtime = runtime();
        let tunnel = runtime.block_on(Tunnel::bind(address)).unwrap();
        Self::serve(tunnel, runtime)
    }

    fn serve(tunnel: Tunnel, runtime: Runtime) -> Self {
        let served = tunnel.serve();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = served => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            tunnel,
            server: Some((stop, thread)),
        }
    }

    /// For `HTTPS_PROXY`.
    pub(crate) fn url(&self) -> String {
        self.tunnel.url()
    }

    /// The hosts that were asked for while `done` ran, each once, without port.
    pub(crate) fn asked_while(&self, done: impl FnOnce()) -> Vec<String> {
        let before = self.tunnel.connected().len();
        done();
        let connected = self.tunnel.connected();
        let mut hosts: Vec<String> = connected[before..]
            .iter()
            .map(|target| target.trim_end_matches(":443").to_owned())
            .collect();
        hosts.dedup();
        hosts
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.server.take() {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
