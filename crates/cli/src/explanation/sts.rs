//! Roles that are assumed onwards.

use super::{Cause, Explanation, cause};

pub(crate) const CHAINED_DURATION: Cause = cause(
    "the chained role's MaxSessionDuration is shorter than what is asked for",
    "ask for less with --chain-session-duration, or raise the role's MaxSessionDuration",
);
pub(crate) const CHAINED_HOUR: Cause = cause(
    "a session that a role's own credentials open lasts an hour at most",
    "ask for at most 3600 seconds with --chain-session-duration",
);
pub(crate) const TAG_SET: Cause = cause(
    "a tag goes on from an earlier session, and is given once more",
    "leave that --session-tag out: an earlier session has set it for all that follow",
);
pub(crate) const POLICY: Cause = cause(
    "the session policy is no IAM policy",
    "check --session-policy: it must be an IAM policy without Principal",
);
pub(crate) const POLICY_SIZE: Cause = cause(
    "session policies and tags take more space than there is",
    "shorten --session-policy, or give fewer --session-policy-arn and --session-tag",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "aws.tagging-denied",
        meaning: "The role's trust policy does not let its sessions be tagged.",
        causes: &[cause(
            "sts:TagSession is not allowed",
            "allow sts:TagSession in the role's trust policy, beside sts:AssumeRole; for a chained role in a policy of who assumes it, too",
        )],
        check: &["aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument"],
        says: &[
            "is not authorized to perform: sts:TagSession",
            "perform: sts:TagSession",
        ],
    },
    Explanation {
        code: "aws.source-identity-denied",
        meaning: "The role's trust policy does not take the source identity that the session carries.",
        causes: &[cause(
            "sts:SetSourceIdentity is not allowed",
            "allow sts:SetSourceIdentity in the role's trust policy, beside sts:AssumeRole; for a chained role in a policy of who assumes it, too",
        )],
        check: &["aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument"],
        says: &[
            "is not authorized to perform: sts:SetSourceIdentity",
            "perform: sts:SetSourceIdentity",
        ],
    },
    Explanation {
        code: "aws.tag-set-before",
        meaning: "A session tag cannot be set twice on the way through several roles.",
        causes: &[TAG_SET],
        check: &["iamra config print"],
        says: &[
            "One or more tags being passed are already transitive tag keys",
            "transitive tag keys",
        ],
    },
    Explanation {
        code: "aws.policy-malformed",
        meaning: "STS does not understand the session policy.",
        causes: &[POLICY],
        check: &[
            "aws accessanalyzer validate-policy --policy-type IDENTITY_POLICY --policy-document file://policy.json",
        ],
        says: &[
            "MalformedPolicyDocument",
            "This policy contains invalid Json",
        ],
    },
    Explanation {
        code: "aws.policy-too-large",
        meaning: "Session policies and tags are too large for a session.",
        causes: &[POLICY_SIZE],
        check: &["iamra creds check --log-level debug"],
        says: &[
            "PackedPolicyTooLarge",
            "Packed size of session tags consumes",
        ],
    },
    Explanation {
        code: "aws.region-disabled",
        meaning: "STS is not active in that region for the role's account.",
        causes: &[cause(
            "the account has the region's STS switched off",
            "activate STS in that region for the account, or name another region: --region",
        )],
        check: &["aws account get-region-opt-status --region-name REGION"],
        says: &[
            "RegionDisabledException",
            "STS is not activated in this region",
        ],
    },
];
