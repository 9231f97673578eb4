//! What programs say that read our credentials. None of these codes is ours.

use super::{Explanation, cause};

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "client.no-credentials",
        meaning: "A program finds no AWS credentials at any place where it looks.",
        causes: &[
            cause(
                "it reads another profile, file or home folder than iamra writes",
                "set AWS_PROFILE, AWS_SHARED_CREDENTIALS_FILE and HOME for the program as for iamra creds file",
            ),
            cause(
                "the variable of iamra creds serve is not in its environment",
                "set AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE as iamra creds serve prints them",
            ),
            cause(
                "it has no credential_process",
                "write credential_process = iamra creds process … on one line of the profile",
            ),
        ],
        check: &[
            "aws configure list",
            "iamra creds check",
            "env | grep ^AWS_ | cut -d= -f1",
        ],
        says: &[
            "Unable to locate credentials",
            "NoCredentialProviders",
            "no valid providers in chain",
            "Unable to load credentials from any of the providers in the chain",
            "Could not load credentials from any providers",
            "NoCredentialsError",
            "failed to refresh cached credentials, no EC2 IMDS role found",
            "no EC2 IMDS role found",
            "the credential provider was not enabled",
        ],
    },
    Explanation {
        code: "client.credentials-expired",
        meaning: "A program uses credentials that are over.",
        causes: &[
            cause(
                "it read the credentials once, and keeps them",
                "have it read again: an SDK does so by itself with credential_process or an endpoint, and with a file only where the file names no fixed copy",
            ),
            cause(
                "what should refresh them has stopped",
                "look at iamra's log and at /readyz; start iamra creds file --watch again",
            ),
            cause(
                "old AWS_ACCESS_KEY_ID variables win over the file",
                "unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
            ),
        ],
        check: &[
            "iamra creds check",
            "aws sts get-caller-identity",
            "aws configure list",
        ],
        says: &[
            "ExpiredTokenException",
            "ExpiredToken",
            "The security token included in the request is expired",
            "The provided token has expired",
        ],
    },
    Explanation {
        code: "client.credentials-unknown",
        meaning: "AWS does not know the credentials that a program shows.",
        causes: &[
            cause(
                "the session token is missing or cut off",
                "copy all three values: access key, secret and session token",
            ),
            cause(
                "the credentials are of another partition, or of a region that the account has not enabled",
                "check --region, and enable the region",
            ),
            cause(
                "the system's clock or a proxy spoils the signature",
                "check the clock, and what stands between",
            ),
        ],
        check: &["aws sts get-caller-identity", "iamra creds check"],
        says: &[
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "The security token included in the request is invalid",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided",
        ],
    },
    Explanation {
        code: "client.not-allowed",
        meaning: "The session is good, and its role may not do what the program asks.",
        causes: &[
            cause(
                "no policy of the role allows the action",
                "add the action and the resource, as the message names them, to a policy of the role",
            ),
            cause(
                "a session policy of the profile or of iamra narrows the session",
                "look at the profile's sessionPolicy and managedPolicyArns, and at --session-policy",
            ),
        ],
        check: &[
            "aws sts get-caller-identity",
            "aws iam simulate-principal-policy --policy-source-arn ROLE_ARN --action-names ACTION",
        ],
        says: &[
            "is not authorized to perform:",
            "(AccessDenied) when calling",
            "UnauthorizedOperation",
        ],
    },
    Explanation {
        code: "client.process-failed",
        meaning: "An SDK has started a credential_process, and it failed or printed something else.",
        causes: &[
            cause(
                "the program is not found: SDKs search no PATH of yours in a service",
                "give its whole path in credential_process",
            ),
            cause(
                "iamra failed",
                "run the same line by hand: its last lines say why, with a code",
            ),
            cause(
                "the line is spread over several lines, or holds ~ or $",
                "write credential_process on one line, with whole paths; no shell reads it",
            ),
        ],
        check: &[
            "iamra creds process",
            "aws configure get credential_process --profile NAME",
        ],
        says: &[
            "Error when retrieving credentials from custom-process",
            "error in credential_process",
            "ProcessProviderExecutionError",
            "ProcessCredentialsProvider",
            "credential_process provider encountered an error",
            "process provider error",
        ],
    },
    Explanation {
        code: "client.endpoint-failed",
        meaning: "An SDK asks iamra creds serve, or the sidecar before it, and gets no credentials.",
        causes: &[
            cause(
                "nobody listens at that address",
                "start iamra creds serve before the program; in a pod, as a native sidecar",
            ),
            cause(
                "the authorization token is not the server's",
                "point AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE at the file that iamra creds serve writes",
            ),
            cause(
                "the SDK refuses the host: it takes loopback addresses and HTTPS only",
                "use 127.0.0.1, [::1] or localhost in AWS_CONTAINER_CREDENTIALS_FULL_URI",
            ),
        ],
        check: &[
            "iamra health --ready",
            "curl -s -o /dev/null -w '%{http_code}\\n' \"$AWS_CONTAINER_CREDENTIALS_FULL_URI\"",
        ],
        says: &[
            "Error when retrieving credentials from container-role",
            "Error when retrieving credentials from iam-role",
            "Error retrieving metadata: Received error when attempting to retrieve container metadata",
            "failed to load credentials from the endpoint",
            "invalid endpoint host",
            "EC2MetadataError: failed to make EC2Metadata request",
            "Unsupported host",
        ],
    },
    Explanation {
        code: "client.profile-missing",
        meaning: "A program is told to use a profile that its files do not have.",
        causes: &[
            cause(
                "iamra writes another profile, or another file",
                "give iamra creds file the same --profile, --credentials-file and --config-file",
            ),
            cause(
                "in the config file the section must be called [profile NAME]",
                "let iamra creds file write the config file, or correct the section",
            ),
        ],
        check: &["aws configure list-profiles", "iamra config print"],
        says: &[
            "The config profile (*) could not be found",
            "failed to get shared config profile",
            "ProfileNotFound",
            "could not find profile named",
        ],
    },
    Explanation {
        code: "client.no-region",
        meaning: "A program does not know the region to speak to.",
        causes: &[cause(
            "neither the profile nor a variable names one",
            "set AWS_REGION, or have iamra creds file write region into the profile: --region REGION",
        )],
        check: &["aws configure list"],
        says: &[
            "You must specify a region",
            "MissingRegion",
            "NoRegionError",
            "Region is missing",
            "failed to resolve service endpoint, an AWS region is required",
        ],
    },
];
