//! One moto, for as long as a test needs it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use super::super::stage::Stage;
use crate::peer::Peer;

pub(super) struct Moto {
    child: Child,
    pub(super) url: String,
}

impl Moto {
    /// Its tokens live for so many seconds; without, as moto has it.
    pub(super) fn start(stage: &Stage, life: Option<u32>) -> Option<Self> {
        let python = Peer::python("moto.server")?;
        let mut command = stage.peer(&python);
        let mut child = command
            .args(["-c", include_str!("server.py")])
            .args(life.map(|seconds| seconds.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut printed = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut printed).unwrap();
        let url = printed.trim_end().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url:?}");
        Some(Self { child, url })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
