//! The AWS SDK for Rust, which looks at the environment of its process and so has one
//! of its own: this test program once more.

use std::ffi::OsString;

use aws_config::BehaviorVersion;
use aws_smithy_types::error::display::DisplayErrorContext;

use crate::aws_sdk::http_client;
use crate::laboratory::runtime;
use crate::peer::variable;

/// How it is run, with [`ASKED`].
pub(super) fn words() -> Vec<OsString> {
    let own = std::env::current_exe().unwrap().into_os_string();
    let name = "kube::clients::rust::the_client";
    let words = ["--ignored", "--exact", "--nocapture", name];
    std::iter::once(own)
        .chain(words.map(OsString::from))
        .collect()
}

/// Says who it is for STS: at once, and once more for each line that it is sent.
#[test]
#[ignore = "it is run by the others"]
fn the_client() {
    if variable(ASKED).is_none() {
        return;
    }
    runtime().block_on(async {
        let config = aws_config::defaults(BehaviorVersion::latest());
        let config = config.http_client(http_client()).load().await;
        let sts = aws_sdk_sts::Client::new(&config);
        let mut lines = std::io::stdin().lines();
        loop {
            let answer = sts.get_caller_identity().send().await;
            let answer = answer.unwrap_or_else(|error| panic!("{}", DisplayErrorContext(error)));
            println!("\n{}", answer.arn().unwrap());
            if lines.next().is_none() {
                return;
            }
        }
    });
}

/// The variable without which nobody has asked.
pub(super) const ASKED: &str = "IAMRA_TEST_CALLER_IDENTITY";
