//! A host is parsed or refused: in either case, and in a reference to an image.
#![no_main]

use ecr_auth::{RegistryHost, TokenScope};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let host = text.parse::<RegistryHost>();
    let Ok(host) = host else {
        let _ = RegistryHost::in_reference(text);
        return;
    };
    assert_eq!(text.to_ascii_uppercase().parse().as_ref(), Ok(&host));
    assert_eq!(host.as_str().parse().as_ref(), Ok(&host));
    let image = format!("https://{text}/team/app:1");
    assert_eq!(RegistryHost::in_reference(&image).as_ref(), Ok(&host));
    assert!(host.is_key_of(host.as_str()));

    let made = match (host.account(), host.scope()) {
        (Some(account), TokenScope::Private { region, endpoint }) => {
            RegistryHost::private(account, region, *endpoint)
        }
        (None, TokenScope::Public { dual_stack }) => Ok(RegistryHost::public(*dual_stack)),
        _ => panic!("{host:?}"),
    };
    assert_eq!(made, Ok(host));
});
