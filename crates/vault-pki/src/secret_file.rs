use std::path::Path;

use secrecy::SecretString;

use crate::Error;

/// The text in a file, without the white space around it.
///
/// A link is followed, as the tokens that the kubelet mounts are links; what
/// is no regular file is refused before it could hold us up.
pub(crate) fn read(what: &'static str, path: &Path) -> Result<SecretString, Error> {
    let unusable = |problem| Error::UnusableFile {
        what,
        path: path.to_owned(),
        problem,
    };
    let bytes = private_file::read_private(path).map_err(|source| match source {
        private_file::Error::TooLarge { .. } => unusable(TOO_LARGE),
        source => Error::UnreadableFile {
            what,
            path: path.to_owned(),
            source,
        },
    })?;
    if bytes.len() > LIMIT {
        return Err(unusable(TOO_LARGE));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| unusable("is not a text"))?;
    match text.trim() {
        "" => Err(unusable("is empty")),
        text => Ok(text.into()),
    }
}

/// More than any token: those of Kubernetes are a kilobyte or two.
const LIMIT: usize = 64 * 1024;
const TOO_LARGE: &str = "is too large to be one";

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
    }

    /// What is said of the file at `path`, and why.
    fn refusal(path: &Path) -> String {
        let error = read("token file", path).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        let source = source.replace(&path.display().to_string(), "PATH");
        format!("{error}: {source}")
    }

    #[test]
    fn says_why_a_file_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            refusal(folder.path()),
            "cannot read the token file: PATH is a directory, not a regular file"
        );
        assert_eq!(
            refusal(&folder.path().join("absent")),
            "cannot read the token file: PATH does not exist"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_fifo_or_a_device_is_no_wait() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("token");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        for path in [&fifo, Path::new("/dev/zero")] {
            assert_eq!(
                refusal(path),
                "cannot read the token file: PATH is a FIFO, socket or device, not a regular file"
            );
        }
    }

    /// As the kubelet mounts it: readable by all, behind two links.
    #[cfg(unix)]
    #[test]
    fn a_projected_token_is_read() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("..2026")).unwrap();
        std::fs::copy(
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
            at("..2026/token"),
        )
        .unwrap();
        let mode = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(at("..2026/token"), mode).unwrap();
        symlink("..2026", at("..data")).unwrap();
        symlink("..data/token", at("token")).unwrap();
        let text = read("service-account token", &at("token")).unwrap();
        assert!(text.expose_secret().starts_with("[package]"));
    }
}
