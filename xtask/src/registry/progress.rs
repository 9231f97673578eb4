use std::sync::LazyLock;

use indicatif::{DecimalBytes, ProgressBar, ProgressStyle};
use oci_spec::image::Descriptor;

/// How far one blob is: a line that moves on a terminal, and one line at the end.
#[derive(Clone)]
pub(super) struct Progress {
    bar: ProgressBar,
    name: String,
}

impl Progress {
    pub(super) fn of(blob: &Descriptor) -> Self {
        let bar = ProgressBar::new(blob.size());
        let name = short(blob.digest().as_ref());
        bar.set_style(STYLE.clone());
        bar.set_message(name.clone());
        Self { bar, name }
    }

    /// As before the first byte: another attempt begins.
    pub(super) fn again(&self) {
        self.bar.set_position(0);
    }

    pub(super) fn passed(&self, bytes: usize) {
        self.bar.inc(bytes as u64);
    }

    pub(super) fn so_far(&self) -> u64 {
        self.bar.position()
    }

    pub(super) fn sent(&self) {
        self.bar.finish_and_clear();
        let size = DecimalBytes(self.bar.length().unwrap_or_default());
        println!("  {}  {size}", self.name);
    }
}

/// Enough of a digest to tell it from others.
pub(super) fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}

static STYLE: LazyLock<ProgressStyle> = LazyLock::new(|| {
    let style = ProgressStyle::with_template(
        "  {msg}  {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}",
    );
    style.unwrap_or_else(|_| ProgressStyle::default_bar())
});
