//! One moto, for as long as a test needs it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

pub(crate) struct Moto {
    child: Child,
    pub(crate) url: String,
}

impl Moto {
    /// By the Python that has it. The tokens of its ECR live for so many seconds; without,
    /// as moto has it.
    pub(crate) fn start(mut python: Command, life: Option<u32>) -> Self {
        let mut child = python
            .args(["-c", include_str!("moto/server.py")])
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
        Self { child, url }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
