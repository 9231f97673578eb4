//! What strangers say of our signatures: the commands of docs/verify.md, run as they
//! stand there.

use std::process::Output;

use crate::peers;

mod desk;
mod server;

use desk::{Desk, blocks};
pub(super) use server::Server;

/// Whether all of them are here; says which is not.
fn are_here(programs: &[&str]) -> bool {
    let absent = programs.iter().find(|name| peers::program(name).is_none());
    if let Some(absent) = absent {
        println!("SKIPPED: {absent} is not here");
    }
    absent.is_none()
}

fn has(block: &str, word: &str) -> bool {
    block.contains(word)
}

fn is_for_openssl(block: &str) -> bool {
    has(block, "-verify iamra.pub") && !has(block, "registry.example")
}

fn is_for_files(block: &str) -> bool {
    has(block, "cosign verify-blob")
}

fn is_for_images(block: &str) -> bool {
    has(block, "registry.example")
}

fn makes_a_key(block: &str) -> bool {
    has(block, "genpkey") || has(block, "generate-key-pair")
}

/// Each verifies what is there, and refuses it by another key.
fn verify(desk: &Desk, which: fn(&str) -> bool) {
    let blocks = blocks(which);
    assert!(!blocks.is_empty());
    for block in &blocks {
        let output = desk.run(block);
        assert!(output.status.success(), "{block}{}", text(&output));
    }
    desk.write("iamra.pub", &desk::OTHER_PUBLIC_KEY);
    for block in &blocks {
        let output = desk.run(block);
        assert!(!output.status.success(), "{block}{}", text(&output));
    }
}

fn text(output: &Output) -> String {
    let [out, error] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
    format!("{}\n{out}{error}", output.status)
}

#[test]
fn every_block_of_the_page_is_run_by_one_of_these() {
    let kinds = [is_for_openssl, is_for_files, is_for_images, makes_a_key];
    for block in blocks(|_| true) {
        let of = kinds.iter().filter(|is| is(&block)).count();
        assert_eq!(of, 1, "{block}");
    }
}

#[test]
fn openssl_verifies_files() {
    if !are_here(&["openssl", "sha256sum"]) {
        return;
    }
    verify(&Desk::new(), is_for_openssl);
    let desk = Desk::new();
    desk.write("iamra.tar.gz", b"another archive");
    for block in blocks(is_for_openssl) {
        assert!(!desk.run(&block).status.success(), "{block}");
    }
}

#[test]
#[ignore = "needs cosign: cargo xtask test --peers"]
fn cosign_verifies_files() {
    if !are_here(&["cosign"]) {
        return;
    }
    verify(&Desk::new(), is_for_files);
    let desk = Desk::new();
    desk.write("iamra.tar.gz", b"another archive");
    for block in blocks(is_for_files) {
        assert!(!desk.run(&block).status.success(), "{block}");
    }
}

#[test]
#[ignore = "needs cosign, skopeo and docker-registry: cargo xtask test --peers"]
fn cosign_and_skopeo_verify_images() {
    if !are_here(&["cosign", "skopeo", "jq", "openssl"]) {
        return;
    }
    let Some(desk) = Desk::with_registry() else {
        return;
    };
    verify(&desk, is_for_images);
}

#[test]
#[ignore = "needs skopeo and docker-registry: cargo xtask test --peers"]
fn a_policy_lets_in_what_is_signed() {
    if !are_here(&["skopeo"]) {
        return;
    }
    let Some(desk) = Desk::with_registry() else {
        return;
    };
    let output = desk.copied_by_policy();
    if text(&output).contains("sigstore disabled") {
        println!("SKIPPED: Debian built this skopeo without cosign's signatures");
        return;
    }
    assert!(output.status.success(), "{}", text(&output));
    desk.write("iamra.pub", &desk::OTHER_PUBLIC_KEY);
    let output = desk.copied_by_policy();
    assert!(!output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("signature"), "{}", text(&output));
}

#[test]
#[ignore = "needs cosign and openssl: cargo xtask test --peers"]
fn keys_of_cosign_and_openssl_sign() {
    if !are_here(&["cosign", "openssl"]) {
        return;
    }
    let desk = Desk::new();
    for block in blocks(makes_a_key) {
        let output = desk.run(&block);
        assert!(output.status.success(), "{block}{}", text(&output));
    }
    for name in ["own", "cosign"] {
        assert_eq!(
            desk.public_key_of(&format!("{name}.key")),
            desk.read(&format!("{name}.pub"))
        );
    }
}
