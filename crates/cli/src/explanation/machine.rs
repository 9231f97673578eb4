//! What this machine gives or denies a process.

use super::{Cause, Explanation, cause};

pub(crate) const METRICS_ADDRESS: Cause = cause(
    "another process listens there",
    "choose an address of this machine, or another port: --metrics-addr 127.0.0.1:PORT",
);

pub(crate) const ADDRESS: Cause = cause(
    "another process listens there",
    "choose another address or port: --listen 127.0.0.1:PORT",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "listen.failed",
        meaning: "The address cannot be listened on.",
        causes: &[
            ADDRESS,
            cause(
                "ports below 1024 are for root",
                "choose a port above 1023, or socket activation by systemd",
            ),
        ],
        check: &["ss -ltnp"],
        says: &[
            "address already in use",
            "Address already in use (os error 98)",
            "bind: permission denied",
            "EADDRINUSE",
        ],
    },
    Explanation {
        code: "listen.no-such-address",
        meaning: "This machine does not have the address that shall be listened on.",
        causes: &[ADDRESS],
        check: &["ip addr"],
        says: &[
            "cannot assign requested address",
            "Cannot assign requested address (os error 99)",
        ],
    },
    Explanation {
        code: "monitor.failed",
        meaning: "Metrics and probes cannot be served at their address.",
        causes: &[METRICS_ADDRESS],
        check: &["ss -ltnp"],
        says: &[],
    },
    Explanation {
        code: "hook.failed",
        meaning: "The program that --exec names failed; the files were written all the same.",
        causes: &[cause(
            "it ended with an exit code, or could not be started",
            "run it by hand with the same user; no shell reads the line, and our secrets are not in its environment",
        )],
        check: &["iamra cert watch --once --log-level debug"],
        says: &[],
    },
    Explanation {
        code: "exec.failed",
        meaning: "The command could not be started.",
        causes: &[cause(
            "it is not on the PATH, or may not be executed",
            "give its whole path: iamra creds exec -- /usr/bin/COMMAND",
        )],
        check: &["command -v COMMAND"],
        says: &["exec format error", "Exec format error (os error 8)"],
    },
    Explanation {
        code: "interrupted",
        meaning: "The process was told to end before it was done; what was written before stays.",
        causes: &[cause(
            "a signal came: Ctrl-C, a service manager, or the end of a pod",
            "run it again; give it more time (TimeoutStartSec, activeDeadlineSeconds) where that is what ended it",
        )],
        check: &["systemctl status UNIT", "kubectl describe pod POD"],
        says: &["signal: killed", "signal: terminated"],
    },
    Explanation {
        code: "runtime.failed",
        meaning: "The system denied what a process needs.",
        causes: &[cause(
            "a limit is reached, or a sandbox forbids the call",
            "look at ulimit -a, the unit's limits and the seccomp profile",
        )],
        check: &["ulimit -a"],
        says: &[
            "Too many open files (os error 24)",
            "too many open files",
            "Cannot allocate memory",
        ],
    },
    Explanation {
        code: "output.failed",
        meaning: "The result could not be written to standard output.",
        causes: &[cause(
            "it is closed, or a full file",
            "look at what reads it: the pipe's other end, or the disk",
        )],
        check: &["df -h ."],
        says: &["cannot write the output"],
    },
    Explanation {
        code: "sandbox.failed",
        meaning: "The sandbox could not be started.",
        causes: &[cause(
            "a port is taken, or its folder cannot be written",
            "leave the ports to the system, and set TMPDIR to a folder that can be written",
        )],
        check: &["ss -ltnp"],
        says: &[],
    },
    Explanation {
        code: "sandbox.command",
        meaning: "The command that shall run in the sandbox could not be started.",
        causes: &[cause(
            "it is not on the PATH",
            "give its whole path: iamra sandbox -- /usr/bin/COMMAND",
        )],
        check: &["command -v COMMAND"],
        says: &[],
    },
];
