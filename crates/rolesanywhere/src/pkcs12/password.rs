use zeroize::Zeroizing;

/// A passphrase in the two forms that PKCS#12 knows.
pub(super) struct Password {
    /// UTF-8, for PBES2 and PBMAC1.
    pub(super) utf8: Zeroizing<Vec<u8>>,
    /// UTF-16 with a final zero (RFC 7292, appendix B.1), for all that is older.
    pub(super) utf16: Zeroizing<Vec<u8>>,
}

impl Password {
    /// What `text` may stand for: some write an empty passphrase without its
    /// final zero.
    pub(super) fn candidates(text: &str) -> Vec<Self> {
        let mut utf16 = Zeroizing::new(Vec::with_capacity(2 * text.len() + 2));
        utf16.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        utf16.extend([0, 0]);
        let mut candidates = vec![Self {
            utf8: Zeroizing::new(text.as_bytes().to_vec()),
            utf16,
        }];
        if text.is_empty() {
            candidates.push(Self {
                utf8: Zeroizing::default(),
                utf16: Zeroizing::default(),
            });
        }
        candidates
    }
}
