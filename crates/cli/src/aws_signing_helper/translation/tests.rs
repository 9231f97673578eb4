use secrecy::ExposeSecret as _;

use super::*;
use crate::aws_signing_helper::command::{command, in_order};

fn call(line: &str) -> Result<Call, String> {
    let words = std::iter::once("aws_signing_helper").chain(line.split(' '));
    let words = words.filter(|word| !word.is_empty());
    let arguments = in_order(words.map(Into::into).collect());
    let matches = command().try_get_matches_from(arguments);
    let matches = matches.map_err(|error| error.to_string())?;
    translate(&matches).map_err(|failure| failure.message())
}

fn iamra(line: &str) -> IamraCall {
    match call(line) {
        Ok(Call::Iamra(call)) => call,
        other => panic!("{line}: {other:?}"),
    }
}

const FILES: &str = "--certificate c.pem --private-key k.pem";

#[test]
fn subcommands_become_iamras_own() {
    for (line, expected) in [
        (
            "credential-process --role-arn r --profile-arn=p --trust-anchor-arn t",
            "creds process --role-arn=r --profile-arn=p --trust-anchor-arn=t --certificate=c.pem --private-key=k.pem --session-duration=3600",
        ),
        (
            "credential-process --session-duration 900 --region us-east-1 --endpoint http://x --intermediates i --role-session-name n",
            "creds process --region=us-east-1 --endpoint=http://x --certificate=c.pem --private-key=k.pem --intermediates=i --role-session-name=n --session-duration=900",
        ),
        (
            "credential-process --no-verify-ssl --debug --with-proxy=false --endpoint=",
            "creds process --certificate=c.pem --private-key=k.pem --session-duration=3600 --no-verify-ssl --log-level=debug",
        ),
        (
            "update",
            "creds file --certificate=c.pem --private-key=k.pem --session-duration=3600 --profile=default --watch",
        ),
        (
            "update --once --profile ci",
            "creds file --certificate=c.pem --private-key=k.pem --session-duration=3600 --profile=ci",
        ),
        (
            "update --once=false",
            "creds file --certificate=c.pem --private-key=k.pem --session-duration=3600 --profile=default --watch",
        ),
        (
            "serve",
            "creds serve --certificate=c.pem --private-key=k.pem --session-duration=3600 --listen=localhost:9911 --protocol=imds --hop-limit=64",
        ),
        (
            "serve --port 0 --hop-limit=2",
            "creds serve --certificate=c.pem --private-key=k.pem --session-duration=3600 --listen=localhost:0 --protocol=imds --hop-limit=2",
        ),
    ] {
        let call = iamra(&format!("{line} {FILES}"));
        assert_eq!(call.arguments.join(" "), expected, "{line}");
        assert!(!call.with_proxy);
    }
}

#[test]
fn what_is_no_argument_goes_beside_them() {
    let call = iamra(&format!(
        "update {FILES} --with-proxy --pkcs8-password hunter2"
    ));
    assert!(call.with_proxy);
    assert_eq!(call.passphrase.as_ref().unwrap().expose_secret(), "hunter2");
    assert!(!call.arguments.concat().contains("hunter2"), "{call:?}");
    assert!(!format!("{call:?}").contains("hunter2"));
}

#[test]
fn a_tokens_flags_are_for_tokens() {
    let flags = "--pkcs11-lib /lib/p11.so --reuse-pin";
    let file = iamra(&format!("credential-process {FILES} {flags}"));
    assert!(!file.arguments.concat().contains("p11.so"), "{file:?}");
    let token = iamra(&format!(
        "credential-process --certificate pkcs11:object=c {flags}"
    ));
    let words = token.arguments.join(" ");
    // A build without tokens has no such setting, and says so of the URI.
    let has_library = words.contains("--pkcs11-lib=/lib/p11.so");
    assert_eq!(has_library, cfg!(feature = "pkcs11"), "{words}");
    assert!(!words.contains("reuse-pin"), "{words}");
}

#[test]
fn what_is_not_there_says_so() {
    for (line, expected) in [
        (
            "credential-process",
            "stores of operating systems are not supported on this platform",
        ),
        (
            "sign-string",
            "stores of operating systems are not supported",
        ),
        (
            "read-certificate-data",
            "stores of operating systems are not supported",
        ),
        (
            "credential-process --cert-selector Key=x509Subject,Value=CN=a",
            "--cert-selector: the certificate stores of operating systems are not supported on this platform",
        ),
        (
            "update --system-store-name ROOT",
            "not supported on this platform",
        ),
        ("serve --private-key k", "--certificate is missing"),
        (
            "credential-process --certificate c --private-key handle:0x81000001",
            "keys in a TPM are not supported",
        ),
        (
            "credential-process --certificate c --tpm-key-password x",
            "keys in a TPM are not supported",
        ),
        (
            "serve --certificate c --port 65536",
            "--port: 65536 is no port",
        ),
        ("serve --certificate c --port -1", "--port: -1 is no port"),
    ] {
        let error = call(line).unwrap_err();
        assert!(error.contains(expected), "{line}: {error}");
    }
}
