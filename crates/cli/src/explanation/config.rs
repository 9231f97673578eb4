//! What we were told.

use super::{Cause, Explanation, cause, connection};

pub(crate) const REGION: Cause = cause(
    "the region is not that of trust anchor and profile",
    "leave --region (IAMRA_REGION) out, or name a trust anchor and a profile of that region",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "config.invalid",
        meaning: "A flag, a variable or a key of the config file has a value that makes no sense.",
        causes: &[
            cause(
                "a value is mistyped",
                "correct it where the message says that it stands: a flag, a variable, or a key of the config file",
            ),
            REGION,
            cause(
                "region, partition or account of two ARNs differ",
                "take trust anchor and profile of one region, and all ARNs of one partition",
            ),
            connection::UNREADABLE,
            connection::NO_PEM,
            connection::PROXY,
        ],
        check: &["iamra config check", "iamra config print"],
        says: &[
            "arn: invalid prefix",
            "trust anchor and profile regions don't match",
            "Failed to parse uri",
            "unknown flag:",
            "unexpected argument",
            "Invalid length for parameter",
            "Parameter validation failed",
        ],
    },
    Explanation {
        code: "config.missing",
        meaning: "A setting is missing without which it does not work.",
        causes: &[cause(
            "neither flag, variable nor config file give it",
            "set it as the message says; iamra config print shows what is set, and from where",
        )],
        check: &["iamra config print", "iamra config check"],
        says: &[
            "the following required arguments were not provided",
            "required flag(s)",
        ],
    },
    Explanation {
        code: "config.no-home",
        meaning: "There is no home folder to look for a file in.",
        causes: &[cause(
            "HOME is not set, as in services and scratch images",
            "set HOME, or name the file that the message speaks of",
        )],
        check: &["env | grep ^HOME="],
        says: &[
            "unable to locate the home directory",
            "$HOME is not defined",
        ],
    },
];
