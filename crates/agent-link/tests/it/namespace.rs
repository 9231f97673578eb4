//! A test body that runs again, alone in a process in a network namespace of
//! its own: `unsafe` is forbidden here, so `unshare` of util-linux makes it.

use std::{
    fs,
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use agent_link::{AddressState, Ensured, LinkSettings};

/// Runs the body in a new network namespace, as root there.
pub(crate) fn in_namespace(body: impl FnOnce()) {
    in_prepared_namespace("", body);
}

/// Runs shell commands in a new network namespace, and then the body.
///
/// The last command may `exec` something that gives up privileges: `"$@"` is
/// the test.
pub(crate) fn in_prepared_namespace(commands: &str, body: impl FnOnce()) {
    if has_ipv6() {
        in_prepared_namespace_of_any_kernel(commands, body);
    } else {
        skipped("this kernel has no IPv6");
    }
}

/// The same, whether or not the kernel has IPv6.
pub(crate) fn in_prepared_namespace_of_any_kernel(commands: &str, body: impl FnOnce()) {
    let this = fs::read_link("/proc/self/ns/net").unwrap();
    if let Some(parent) = parent_namespace() {
        // Never on the machine itself, whatever the environment says.
        assert_ne!(this.to_str(), Some(parent.as_str()));
        return body();
    }
    if !is_installed("ip") || commands.contains("setpriv") && !is_installed("setpriv") {
        return;
    }
    let Some(unshare) = unshare() else {
        return;
    };
    let thread = thread::current();
    // As a node has it: what a machine sends to itself goes through it.
    let exec = format!("ip link set lo up\n{commands}\nexec \"$@\"");
    let output = Command::new("unshare")
        .args([unshare, "sh", "-ec", &exec, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", thread.name().unwrap()])
        // Some are ignored where their peers may be absent.
        .args(["--nocapture", "--include-ignored"])
        .env(PARENT, this)
        // What is skipped there must be seen, too.
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    report(&output);
}

pub(crate) fn has_ipv6() -> bool {
    Path::new("/proc/net/if_inet6").exists()
}

/// What the tests ask for: the addresses of EKS Pod Identity.
pub(crate) fn settings() -> LinkSettings {
    LinkSettings {
        name: "pod-id-link0".parse().unwrap(),
        addresses: vec![ipv4(), ipv6()],
    }
}

pub(crate) fn ipv4() -> IpAddr {
    "169.254.170.23".parse().unwrap()
}

pub(crate) fn ipv6() -> IpAddr {
    "fd00:ec2::23".parse().unwrap()
}

/// Whether each address was made.
pub(crate) fn states(ensured: &Ensured) -> Vec<AddressState> {
    let addresses = ensured.addresses().iter();
    addresses.map(|address| address.state).collect()
}

/// Whether the machine reaches itself at the address; its loopback must be up.
pub(crate) fn is_reachable(address: IpAddr) -> bool {
    let Ok(listener) = TcpListener::bind(SocketAddr::new(address, 80)) else {
        return false;
    };
    let target = listener.local_addr().unwrap();
    let stream = TcpStream::connect_timeout(&target, Duration::from_secs(2));
    stream.is_ok_and(|stream| stream.peer_addr().unwrap() == target)
}

/// Runs shell commands; the last one's output.
pub(crate) fn shell(commands: &str) -> String {
    let output = Command::new("sh")
        .args(["-ec", commands])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{commands}");
    String::from_utf8(output.stdout).unwrap()
}

/// The kind of link that this kernel can make, as `ip` calls it.
pub(crate) const MAKE_LINK: &str = "ip link add pod-id-link0 type dummy 2>/dev/null \
     || ip link add pod-id-link0 type bridge";

fn report(output: &Output) {
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{stdout}");
    // Without this a name that matches no test would pass.
    assert!(stdout.contains("1 passed"), "{stdout}");
}

/// As root, or as root of a user namespace.
fn unshare() -> Option<&'static str> {
    let works = |flags: &&str| {
        // There are systems that let anybody unshare, and do nothing then.
        let output = Command::new("unshare")
            .args([flags, "ip", "link", "set", "lo", "up"])
            .output();
        output.is_ok_and(|output| output.status.success())
    };
    let flags = ["-n", "-rn"].into_iter().find(|flags| works(flags));
    if flags.is_none() {
        skipped("no unshare on the PATH, or no permission to use it");
    }
    flags
}

/// Whether the program is on the `PATH`; says so if it is not.
pub(crate) fn is_installed(program: &str) -> bool {
    let is_installed = Command::new(program).arg("--version").output().is_ok();
    if !is_installed {
        skipped(&format!("{program} is not on the PATH"));
    }
    is_installed
}

#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

#[expect(clippy::disallowed_methods, reason = "set above, for the child alone")]
fn parent_namespace() -> Option<String> {
    std::env::var(PARENT).ok()
}

const PARENT: &str = "AGENT_LINK_TEST_PARENT_NAMESPACE";
