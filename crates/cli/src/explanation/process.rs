//! What is kept fresh, and handed from process to process.

use super::{Explanation, cause};

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "session.expired",
        meaning: "The last session is over, and no new one could be opened.",
        causes: &[cause(
            "opening one has failed for longer than it lasted",
            "mend what the message names as the last failure",
        )],
        check: &["iamra doctor", "iamra health --ready"],
        says: &[],
    },
    Explanation {
        code: "refresh.expired",
        meaning: "What was kept is over, and no new one could be had.",
        causes: &[cause(
            "obtaining one has failed for longer than it lasted",
            "mend what the message names as the last failure",
        )],
        check: &["iamra doctor"],
        says: &[],
    },
    Explanation {
        code: "shared.held",
        meaning: "Another process obtains the same, and does not end.",
        causes: &[cause(
            "it hangs, or waits for Vault or AWS",
            "look at the process that holds the lock (fuser -v FILE); --log-level debug says what it waits for",
        )],
        check: &["ps aux | grep iamra"],
        says: &[],
    },
    Explanation {
        code: "shared.late",
        meaning: "Another process obtains the same, and nothing came in time.",
        causes: &[cause(
            "Vault or AWS are slow",
            "what takes so long is in the log with --log-level debug",
        )],
        check: &["iamra doctor"],
        says: &[],
    },
    Explanation {
        code: "shared.failed",
        meaning: "Another process has just tried the same, and failed; it is not asked again at once.",
        causes: &[cause(
            "see the message: it is that process's",
            "mend what it names; half a minute later it is tried anew",
        )],
        check: &["iamra doctor"],
        says: &[],
    },
    Explanation {
        code: "endpoint.denied",
        meaning: "The endpoint that has our credentials does not give them.",
        causes: &[
            cause(
                "the token is not the endpoint's",
                "give its token: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            ),
            cause(
                "it wants an IMDSv2 token first",
                "use an SDK that speaks IMDSv2",
            ),
        ],
        check: &["env | grep ^AWS_CONTAINER | cut -d= -f1"],
        says: &[
            "no token provided",
            "invalid token provided",
            "unable to process requests with X-Forwarded-For header",
        ],
    },
    Explanation {
        code: "endpoint.unavailable",
        meaning: "The endpoint that has our credentials does not answer.",
        causes: &[super::connection::UNREACHABLE, super::connection::SILENT],
        check: &["env | grep ^AWS_CONTAINER_CREDENTIALS"],
        says: &[
            "localhost:8080/creds*connection refused",
            "127.0.0.1:9911*connection refused",
            "[::1]:8080*connection refused",
        ],
    },
    Explanation {
        code: "endpoint.unusable-answer",
        meaning: "The endpoint answers, but not with credentials; what was written before stays.",
        causes: &[cause(
            "it is not ready, or another server",
            "check AWS_CONTAINER_CREDENTIALS_FULL_URI, and the log of what answers there",
        )],
        check: &[
            "curl -s -o /dev/null -w '%{http_code}\\n' \"$AWS_CONTAINER_CREDENTIALS_FULL_URI\"",
        ],
        says: &[],
    },
    Explanation {
        code: "endpoint.failed",
        meaning: "Asking the endpoint failed in a way that none of the others describes.",
        causes: &[cause(
            "see the message",
            "check AWS_CONTAINER_CREDENTIALS_FULL_URI, and --log-level debug",
        )],
        check: &["iamra config print"],
        says: &[],
    },
    Explanation {
        code: "health.not-ready",
        meaning: "iamra runs, and has nothing valid at hand.",
        causes: &[cause(
            "it has not obtained anything yet, or nothing since the last one was over",
            "look at its log: the last error has a code",
        )],
        check: &["iamra health --ready", "kubectl logs POD -c iamra"],
        says: &[
            "Readiness probe failed: HTTP probe failed with statuscode: 503",
            "Readiness probe failed",
        ],
    },
    Explanation {
        code: "health.no-answer",
        meaning: "Nobody answers at the address of the metrics and probes.",
        causes: &[cause(
            "iamra does not run, or listens elsewhere",
            "give the same --metrics-addr to both",
        )],
        check: &["ss -ltnp | grep iamra"],
        says: &[
            "Liveness probe failed:*connection refused",
            "Startup probe failed:*connection refused",
        ],
    },
];
