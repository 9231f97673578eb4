//! A profile file is edited or refused; an edit made twice changes nothing, and
//! a file without the profile is kept as its beginning.
#![no_main]

use k8s_sinks::file::{Document, ProfileEdit, ProfileFile, ProfileName, Setting};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|contents: &[u8]| {
    for file in [ProfileFile::Credentials, ProfileFile::Config] {
        edit(file, contents);
    }
});

fn edit(file: ProfileFile, contents: &[u8]) {
    let settings = [
        ("aws_access_key_id", "ASIAEXAMPLE"),
        ("region", "eu-west-1"),
    ]
    .into_iter()
    .filter_map(|(key, value)| Setting::new(key, value.into()).ok())
    .collect();
    let edit = ProfileEdit::new(file, ProfileName::default(), settings);
    let Ok(once) = edit.apply(contents) else {
        return;
    };
    assert!(Document::parse(&once.contents).is_ok());
    let twice = edit.apply(&once.contents);
    assert!(twice.is_ok_and(|twice| twice.contents == once.contents));
    if !contents.windows(7).any(|window| window == b"default") {
        assert!(once.contents.starts_with(contents));
    }
}
