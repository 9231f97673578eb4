//! Requests of kubelet and of docker are read or refused; credentials that were
//! read are written as the same ones.
#![no_main]

use ecr_auth::{CredentialProviderRequest, HelperAction, HelperRequest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stdin: &[u8]| {
    if let Ok(request) = CredentialProviderRequest::parse(stdin) {
        assert!(request.image().starts_with(request.registry()));
        assert!(!request.registry().contains('/'));
    }
    if let Ok(HelperRequest::Store(credentials)) = HelperRequest::parse(HelperAction::Store, stdin)
    {
        let again = HelperRequest::parse(HelperAction::Store, &credentials.to_json());
        let Ok(HelperRequest::Store(again)) = again else {
            panic!("what was read is written as something else");
        };
        assert_eq!(again.to_json(), credentials.to_json());
    }
    if let Ok(HelperRequest::Get { server_url }) = HelperRequest::parse(HelperAction::Get, stdin) {
        assert_eq!(server_url.trim(), server_url);
    }
});
