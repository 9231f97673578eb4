//! Credentials that are around already.

use super::{Cause, Explanation, cause};

pub(crate) const NONE: Cause = cause(
    "no variable, profile, role of the pod or of the instance is there",
    "set AWS_PROFILE or AWS_ACCESS_KEY_ID, or give the pod or the instance a role; a pod whose node has one reaches it with a hop limit of 2, or on the host's network",
);
pub(crate) const EXPIRED: Cause = cause(
    "nobody has renewed them",
    "whoever put them there must renew them; remove them to have the next source",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "ambient.none",
        meaning: "With --credentials ambient, AWS credentials are looked for where SDKs look, and nowhere are any.",
        causes: &[NONE],
        check: &[
            "env | grep ^AWS_ | cut -d= -f1",
            "aws configure list",
            "aws sts get-caller-identity",
        ],
        says: &["there are no AWS credentials here"],
    },
    Explanation {
        code: "ambient.invalid",
        meaning: "A profile, variable or file that names ambient credentials makes no sense.",
        causes: &[cause(
            "the profile is half written",
            "compare the profile in ~/.aws/config and ~/.aws/credentials with the message; aws configure list reads the same",
        )],
        check: &["aws configure list", "iamra config print"],
        says: &[
            "partial credentials found in",
            "Partial credentials found in shared-credentials-file",
            "partial credentials found for profile",
        ],
    },
    Explanation {
        code: "ambient.denied",
        meaning: "Whoever holds ambient credentials gives none to us.",
        causes: &[
            cause(
                "the trust policy does not name who asks",
                "allow the caller in the role's trust policy: sts:AssumeRole for its principal, sts:AssumeRoleWithWebIdentity for the issuer, subject and audience of its token",
            ),
            cause(
                "the account knows no provider of the token's issuer",
                "make an IAM OIDC provider of the issuer, with the audience sts.amazonaws.com",
            ),
            cause(
                "the metadata service refuses: the instance has no role",
                "give the instance a role",
            ),
        ],
        check: &[
            "aws sts get-caller-identity",
            "aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument",
        ],
        says: &[
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account",
            "when calling the AssumeRoleWithWebIdentity operation",
        ],
    },
    Explanation {
        code: "ambient.unavailable",
        meaning: "Whoever holds ambient credentials does not answer, or not as they should.",
        causes: &[
            cause(
                "the metadata service cannot be reached from a container",
                "raise the instance's hop limit to 2, or run on the host's network",
            ),
            cause(
                "a container endpoint is not up yet",
                "wait for it, and check AWS_CONTAINER_CREDENTIALS_FULL_URI",
            ),
        ],
        check: &[
            "curl -s -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token -o /dev/null -w '%{http_code}\\n'",
        ],
        says: &[
            "Unable to contact instance metadata",
            "169.254.169.254*connection refused",
            "169.254.169.254*timeout",
            "169.254.169.254*context deadline exceeded",
        ],
    },
    Explanation {
        code: "ambient.expired",
        meaning: "There are ambient credentials, and they are over.",
        causes: &[EXPIRED],
        check: &["aws sts get-caller-identity"],
        says: &["the credentials of*have expired at"],
    },
];
