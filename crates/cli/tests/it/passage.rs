//! A tunnel that is served for as long as a test needs it.

use std::net::SocketAddr;

use iamra_sandbox::{Sandbox, Tunnel};
use tokio::runtime::Runtime;

use crate::background::Background;
use crate::laboratory::runtime;

/// Leads clients from the real names of registries to one address.
pub(crate) struct Passage {
    _server: Background,
    tunnel: Tunnel,
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
        Self {
            _server: Background::serve(runtime, tunnel.serve()),
            tunnel,
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
