use std::io::Read as _;
use std::path::Path;

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::Error;

/// The text in a file, without the white space around it.
pub(crate) fn read(what: &'static str, path: &Path) -> Result<SecretString, Error> {
    let unusable = |problem| Error::UnusableFile {
        what,
        path: path.to_owned(),
        problem,
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(LIMIT + 1));
    std::fs::File::open(path)
        .and_then(|file| file.take(LIMIT as u64 + 1).read_to_end(&mut bytes))
        .map_err(|source| Error::UnreadableFile {
            what,
            path: path.to_owned(),
            source,
        })?;
    if bytes.len() > LIMIT {
        return Err(unusable("is too large to be one"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| unusable("is not a text"))?;
    match text.trim() {
        "" => Err(unusable("is empty")),
        text => Ok(text.into()),
    }
}

/// More than any token: those of Kubernetes are a kilobyte or two.
const LIMIT: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn read_bytes(bytes: &[u8]) -> Result<SecretString, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        read("token file", file.path()).map_err(|error| {
            let path = file.path().display().to_string();
            error.to_string().replace(&path, "PATH")
        })
    }

    #[test]
    fn white_space_around_is_cut() {
        let text = read_bytes(b" s.abc\r\n").unwrap();
        assert_eq!(text.expose_secret(), "s.abc");
    }

    #[test]
    fn says_what_is_wrong_with_a_file() {
        let large = vec![b'a'; LIMIT + 1];
        for (bytes, expected) in [
            (&b" \n"[..], "the token file PATH is empty"),
            (&[0xff][..], "the token file PATH is not a text"),
            (&large[..], "the token file PATH is too large to be one"),
        ] {
            assert_eq!(read_bytes(bytes).unwrap_err(), expected);
        }
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_owned(), folder.path().join("absent")] {
            let error = read("token file", &path).unwrap_err();
            assert!(matches!(error, Error::UnreadableFile { .. }), "{error:?}");
        }
    }
}
