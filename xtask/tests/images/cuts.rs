//! A push that is cut off.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use crate::docker_registry::Server;
use crate::proxy::Proxy;
use crate::tool::{Layout, run, run_peer, tools};

/// Of each binary.
const SIZE: usize = 200_000;

/// Heads of requests.
const HEADS: usize = 40_000;

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_killed_push_shows_no_part_and_ends_the_same_when_repeated() {
    let Some(server) = Server::start() else {
        return;
    };
    let layout = Layout::of(SIZE, &[]);
    let blobs = layout.blobs();
    let proxy = Proxy::before(server.address);
    let mut random = fastrand::Rng::with_seed(8);
    for cut in 0..20 {
        let name = format!("cut/n{cut}");
        let repository = format!("{}/{name}", proxy.address);
        let all: usize = blobs.values().sum();
        // The manifests at the end are small, and a cut there is the one that matters.
        let at = match cut % 4 {
            0 => all + random.usize(..HEADS / 4),
            _ => random.usize(..all),
        };
        kill(&proxy, &layout, (&repository, at));
        let direct = server.repository(&name);
        let tag = run(&[
            "mirror",
            &format!("{direct}:latest"),
            &layout.scratch("copy"),
        ]);
        // A tag is there with all of it, or not at all.
        assert!(
            tag.succeeded || tag.stderr.contains("has no latest"),
            "cut at {at}: {tag}"
        );
        let there = server.blobs(&name);
        proxy.reset();
        let again = run(&["image", "--from", &layout.path(), "--push", &repository]).ok();
        let expected = format!("sent {} of 4 blobs", 4 - there.len());
        assert!(
            again.stdout.contains(&expected),
            "cut at {at}: {expected}: {again}"
        );
        let missing = blobs.iter().filter(|(name, _)| !there.contains(*name));
        let missing: usize = missing.map(|(_, size)| size).sum();
        let sent = proxy.sent();
        assert!(
            sent < missing + HEADS,
            "cut at {at}: {missing} were missing, {sent} were sent"
        );
        eprintln!(
            "cut at {at}: {} of 4 blobs were there, {sent} bytes sent for {missing}",
            there.len()
        );
        assert_digest(&direct, &layout);
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_push_outlives_its_connection() {
    let Some(server) = Server::start() else {
        return;
    };
    let layout = Layout::of(SIZE, &[]);
    let proxy = Proxy::before(server.address);
    let mut random = fastrand::Rng::with_seed(9);
    for cut in 0..5 {
        let name = format!("broken/n{cut}");
        let at = random.usize(..2 * SIZE);
        proxy.cut_at(at, || {});
        let repository = format!("{}/{name}", proxy.address);
        let run = run(&["image", "--from", &layout.path(), "--push", &repository]).ok();
        assert!(run.stdout.contains(": again in "), "cut at {at}: {run}");
        assert_digest(&server.repository(&name), &layout);
    }
}

/// Starts a push and ends it when it has sent that many bytes.
fn kill(proxy: &Proxy, layout: &Layout, (repository, at): (&str, usize)) {
    let child = Arc::new(Mutex::new(None::<std::process::Child>));
    let killed = Arc::clone(&child);
    let mut held = child.lock().unwrap();
    proxy.cut_at(at, move || {
        let _ = killed.lock().unwrap().as_mut().unwrap().kill();
    });
    let mut push = tools(&["image", "--from", &layout.path(), "--push", repository]);
    push.stdout(Stdio::null()).stderr(Stdio::null());
    *held = Some(push.spawn().unwrap());
    drop(held);
    loop {
        let ended = child.lock().unwrap().as_mut().unwrap().try_wait();
        if ended.unwrap().is_some() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn assert_digest(repository: &str, layout: &Layout) {
    let by_digest = format!("{repository}@{}", layout.digest);
    run(&["mirror", &by_digest, &layout.scratch("again")]).ok();
    let by_tag = format!("{repository}:latest");
    let Some(skopeo) = crate::tool::peer("skopeo") else {
        return;
    };
    let image = format!("docker://{by_tag}");
    let inspected = run_peer(&skopeo, &["inspect", "--tls-verify=false", "--raw", &image]).ok();
    assert_eq!(
        crate::stand_in::digest_of(inspected.stdout.as_bytes()),
        layout.digest
    );
}
