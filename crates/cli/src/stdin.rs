use std::io::{self, Read as _};

use zeroize::Zeroizing;

/// All of standard input; of more than `limit` bytes, one more than that. It may
/// hold secrets: a buffer that grows would leave copies of them behind.
pub(crate) fn read(limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(Vec::with_capacity(limit + 1));
    let stdin = io::stdin().lock();
    stdin.take(limit as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}
