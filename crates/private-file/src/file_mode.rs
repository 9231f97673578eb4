use std::str::FromStr;

use crate::Error;

/// The permission bits of a private file: 0600 unless the user asks for another.
///
/// The owner can always read; the group can read on request; others never can.
///
/// ```
/// use private_file::FileMode;
///
/// assert_eq!("0640".parse::<FileMode>()?, FileMode::GROUP_READ);
/// assert!("0644".parse::<FileMode>().is_err());
/// # Ok::<(), private_file::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FileMode(u32);

impl FileMode {
    /// 0600: the owner reads and writes.
    pub const OWNER: Self = Self(0o600);
    /// 0640: the owner reads and writes, the group reads.
    pub const GROUP_READ: Self = Self(0o640);

    /// A mode from its bits: 0400, 0440, 0600 or 0640.
    pub fn new(bits: u32) -> Result<Self, Error> {
        match bits {
            0o400 | 0o440 | 0o600 | 0o640 => Ok(Self(bits)),
            mode => Err(Error::UnsafeMode { mode }),
        }
    }

    /// The permission bits.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The mode of a folder whose files have this mode: whoever may read the
    /// files may enter it.
    pub(crate) fn folder_bits(self) -> u32 {
        0o700 | ((self.0 & 0o040) | (self.0 & 0o040) >> 2)
    }
}

impl Default for FileMode {
    fn default() -> Self {
        Self::OWNER
    }
}

/// Octal, with or without a leading `0` or `0o`.
impl FromStr for FileMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.strip_prefix("0o").unwrap_or(text);
        let is_octal = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        let bits = u32::from_str_radix(digits, 8).ok().filter(|_| is_octal);
        let bits = bits.ok_or_else(|| Error::NotAMode {
            text: text.to_owned(),
        })?;
        Self::new(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_owner_and_group_read_are_granted() {
        let granted: Vec<u32> = (0..=0o7777)
            .filter(|bits| FileMode::new(*bits).is_ok())
            .collect();
        assert_eq!(granted, [0o400, 0o440, 0o600, 0o640]);
    }

    #[test]
    fn text_is_octal() {
        for text in ["600", "0600", "0o600"] {
            assert_eq!(text.parse::<FileMode>().unwrap(), FileMode::OWNER, "{text}");
        }
        for text in [
            "",
            "+600",
            "rw-------",
            "0x180",
            "690",
            "0644",
            "99999999999",
        ] {
            assert!(text.parse::<FileMode>().is_err(), "{text}");
        }
    }

    #[test]
    fn folders_let_in_whoever_may_read() {
        assert_eq!(FileMode::OWNER.folder_bits(), 0o700);
        assert_eq!(FileMode::GROUP_READ.folder_bits(), 0o750);
    }
}
