//! An ARN is parsed or refused; a parsed one is written as it was read.
#![no_main]

use aws_partition::Arn;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(arn) = text.parse::<Arn>() {
        assert_eq!(arn.to_string(), text);
    }
});
