//! Any request has one canonical form, of the shape that SigV4 prescribes.
#![no_main]

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Uri};
use libfuzzer_sys::fuzz_target;
use rolesanywhere::sigv4_x509::CanonicalRequest;

fuzz_target!(|input: (&str, Vec<(&str, &[u8])>, &[u8])| {
    let (uri, headers, body) = input;
    let Ok(uri) = uri.parse::<Uri>() else {
        return;
    };
    let mut request = Request::new(Bytes::copy_from_slice(body));
    *request.uri_mut() = uri;
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value);
        // More would be refused by the map itself.
        if let (Ok(name), Ok(value), true) = (name, value, request.headers().len() < 100) {
            request.headers_mut().append(name, value);
        }
    }

    let canonical = CanonicalRequest::new(&request);
    let names: Vec<&str> = canonical.signed_headers().split(';').collect();
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(names.len(), count_different(&names), "{names:?}");
    let payload = canonical.as_str().rsplit('\n').next();
    assert!(payload.is_some_and(|hash| hash.len() == 64));
    assert_eq!(canonical, CanonicalRequest::new(&request));
});

fn count_different(names: &[&str]) -> usize {
    names
        .iter()
        .collect::<std::collections::BTreeSet<_>>()
        .len()
}
