//! A docker config is edited or refused; an edit made twice changes nothing, and
//! what a login adds, a logout takes.
#![no_main]

use ecr_auth::{DockerConfig, DockerConfigEdit, RegistryLogin};
use libfuzzer_sys::fuzz_target;

const HOST: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

fuzz_target!(|contents: &[u8]| {
    let login = RegistryLogin::new(HOST, "AWS", "secret".into());
    let Ok(login) = login else { unreachable!() };
    let log_in = DockerConfigEdit::new().log_in(login);
    let Ok(log_out) = DockerConfigEdit::new().log_out(HOST) else {
        unreachable!()
    };
    let Ok(edited) = log_in.apply(Some(contents)) else {
        assert!(log_out.apply(Some(contents)).is_err());
        return;
    };
    let with = edited.contents.unwrap_or_else(|| contents.to_vec().into());
    assert!(is_unchanged(&log_in, &with));
    // The rest of the file is not ours, and may be wrong for docker.
    let _ = DockerConfig::parse(&with);

    let Ok(edited) = log_out.apply(Some(&with)) else {
        unreachable!()
    };
    assert_eq!(edited.hosts[0].removed, [HOST]);
    let without = edited.contents.expect("the entry is gone");
    assert!(is_unchanged(&log_out, &without));
});

fn is_unchanged(edit: &DockerConfigEdit, contents: &[u8]) -> bool {
    edit.apply(Some(contents))
        .is_ok_and(|edited| edited.contents.is_none())
}
