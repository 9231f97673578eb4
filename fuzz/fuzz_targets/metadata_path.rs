//! A path of the metadata service means the same with more slashes, and a host
//! the same in either case.
#![no_main]

use credential_server::{HostName, ImdsPath};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let path = ImdsPath::parse(text);
    let slashes = format!("/{}/", text.replace('/', "//"));
    assert_eq!(path, ImdsPath::parse(&slashes));
    if let Some(ImdsPath::Role { name, .. }) = path {
        assert!(!name.is_empty());
    }

    let host = text.parse::<HostName>();
    assert_eq!(host, text.to_ascii_uppercase().parse::<HostName>());
});
