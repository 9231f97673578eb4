use std::{os::unix::fs::symlink, path::Path};

use private_file::{Error, Found, LIMIT, read_private};

use crate::site::Site;

#[test]
fn regular_files_are_read_through_links() {
    let site = Site::new();
    site.plant("token", "secret", 0o600);
    site.plant("empty", "", 0o600);
    symlink("token", site.join("link")).unwrap();
    for (name, contents) in [("token", "secret"), ("link", "secret"), ("empty", "")] {
        assert_eq!(
            read_private(&site.join(name)).unwrap().as_slice(),
            contents.as_bytes(),
            "{name}"
        );
    }
}

#[test]
fn files_of_the_kernel_have_no_size_and_are_read() {
    assert!(
        !read_private(Path::new("/proc/self/status"))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn what_is_no_file_is_named_at_once() {
    let site = Site::new();
    rustix::fs::mkfifoat(rustix::fs::CWD, site.join("fifo"), 0o600.into()).unwrap();
    for (path, what) in [
        (site.path().to_owned(), Found::Directory),
        (site.join("fifo"), Found::Special),
        ("/dev/zero".into(), Found::Special),
    ] {
        let error = read_private(&path).unwrap_err();
        let is_it = matches!(&error, Error::NotRegular { found, .. } if *found == what);
        assert!(is_it, "{}: {error:?}", path.display());
    }
    assert!(matches!(
        read_private(&site.join("absent")),
        Err(Error::Missing { .. })
    ));
}

#[test]
fn a_large_file_is_refused() {
    let site = Site::new();
    let path = site.plant("large", &"x".repeat(LIMIT + 1), 0o600);
    let error = read_private(&path).unwrap_err();
    assert!(
        error.to_string().ends_with("is larger than 1048576 bytes"),
        "{error}"
    );
}
