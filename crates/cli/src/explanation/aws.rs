//! IAM Roles Anywhere, and AWS's answers in general.

use super::connection::{NOT_VALID, OTHER_NAME, SILENT, UNKNOWN_HOST, UNREACHABLE};
use super::{Cause, Explanation, cause};

pub(crate) const CLOCK: Cause = cause(
    "this machine's clock is off by more than AWS takes",
    "set the machine's clock (NTP), or use --correct-clock-skew",
);
pub(crate) const ROLE: Cause = cause(
    "the role does not trust Roles Anywhere, or its conditions do not fit",
    "the role must trust rolesanywhere.amazonaws.com for sts:AssumeRole, sts:SetSourceIdentity and sts:TagSession, its conditions must fit the trust anchor and the certificate, and the profile must list the role",
);
pub(crate) const INSUFFICIENT: Cause = cause(
    "the end-entity certificate lacks a key usage or basic constraint, or is over",
    "`iamra cert check` says what the certificate lacks; most often the key usage digitalSignature",
);
pub(crate) const UNTRUSTED_ISSUER: Cause = cause(
    "no path leads from the certificate to the trust anchor's CA",
    "the trust anchor must hold the CA that issued the certificate, or one above it; send the CAs between with --intermediates",
);
pub(crate) const SIGNATURE: Cause = cause(
    "another key signed the request, or it was changed on its way",
    "the key is not the certificate's, or a proxy changed the request; check --region and --endpoint, too",
);
pub(crate) const ATTRIBUTE: Cause = cause(
    "a name in the certificate holds what no session tag may hold",
    "a name in the certificate cannot be a session tag; `iamra cert check` names it; with Vault, exclude_cn_from_sans=true or a plainer name",
);
pub(crate) const SESSION_NAME: Cause = cause(
    "the profile takes no session name of ours",
    "leave --role-session-name out, or set acceptRoleSessionName on the profile",
);
pub(crate) const DISABLED: Cause = cause(
    "somebody has switched the trust anchor or the profile off, or has not switched it on",
    "enable the trust anchor and the profile",
);
pub(crate) const NO_SUCH_RESOURCE: Cause = cause(
    "an ARN is of another account or region, or what it names was deleted",
    "check the ARNs: trust anchor and profile must exist in this account and region",
);
pub(crate) const DURATION: Cause = cause(
    "the role's MaxSessionDuration is shorter than what is asked for",
    "ask for less with --session-duration, or raise the role's MaxSessionDuration",
);
pub(crate) const THROTTLED: Cause = cause(
    "many processes open a session each",
    "ten sessions a second per account and region are the default quota; keep sessions with iamra creds file instead of opening one per process",
);
pub(crate) const NOT_AWS: Cause = cause(
    "something on the way answers in AWS's place",
    "a proxy or a captive portal stands between; check --https-proxy, --no-proxy and --endpoint",
);

pub(crate) const ROLE_NOT_LISTED: Cause = cause(
    "the role was left out of the profile's roleArns",
    "add the role to the profile: aws rolesanywhere update-profile --profile-id ID --role-arns ROLE_ARN … (it replaces the list)",
);
pub(crate) const INSTANCE_PROPERTIES: Cause = cause(
    "the profile asks for instance properties",
    "give them: --instance-property KEY=VALUE",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "aws.insufficient-certificate",
        meaning: "Roles Anywhere does not take the certificate: it lacks what an end-entity certificate must have.",
        causes: &[INSUFFICIENT],
        check: &[
            "iamra cert check --certificate cert.pem",
            "openssl x509 -in cert.pem -noout -ext keyUsage,basicConstraints,extendedKeyUsage",
        ],
        says: &[
            "Untrusted certificate. Insufficient certificate",
            "Insufficient certificate",
        ],
    },
    Explanation {
        code: "aws.untrusted-issuer",
        meaning: "Roles Anywhere cannot follow the certificate to a CA of the trust anchor.",
        causes: &[
            UNTRUSTED_ISSUER,
            cause(
                "the CA has a new key or certificate, and the trust anchor has the old one",
                "register the CA that iamra cert trust-anchor prints, beside the old one (--bundle)",
            ),
        ],
        check: &[
            "iamra doctor",
            "iamra cert trust-anchor",
            "iamra cert check --certificate cert.pem --trust-anchor-pem ca.pem",
        ],
        says: &["Untrusted signing certificate", "Untrusted certificate"],
    },
    Explanation {
        code: "aws.invalid-signature",
        meaning: "Roles Anywhere finds another signature than that of the certificate's key.",
        causes: &[SIGNATURE],
        check: &["iamra cert check --certificate cert.pem --private-key key.pem"],
        says: &[
            "AccessDeniedException: Invalid signature",
            "CreateSession*Invalid signature",
        ],
    },
    Explanation {
        code: "aws.clock-skew",
        meaning: "The request's time is too far from AWS's.",
        causes: &[CLOCK],
        check: &[
            "date -u",
            "curl -sI https://sts.amazonaws.com | grep -i ^date",
            "timedatectl",
        ],
        says: &[
            "Signature expired",
            "Signature not yet current",
            "not yet current",
            "RequestTimeTooSkewed",
            "RequestExpired",
            "InvalidSignatureException*Signature expired:*is now earlier than",
            "The difference between the request time and the current time is too large",
        ],
    },
    Explanation {
        code: "aws.unmappable-attribute",
        meaning: "A name in the certificate, its issuer's included, cannot become a session tag.",
        causes: &[ATTRIBUTE],
        check: &[
            "iamra cert check --certificate cert.pem",
            "iamra cert show --certificate cert.pem",
        ],
        says: &[
            "Some attributes failed to be mapped into session tags",
            "failed to be mapped into session tags",
        ],
    },
    Explanation {
        code: "aws.role-not-assumable",
        meaning: "Roles Anywhere may not open a session of that role.",
        causes: &[
            ROLE,
            cause(
                "the role's name or account is mistyped",
                "compare --role-arn with aws iam get-role: AWS does not say whether a role is not there",
            ),
        ],
        check: &[
            "iamra doctor",
            "aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument",
            "aws rolesanywhere get-profile --profile-id ID --query profile.roleArns",
        ],
        says: &[
            "Unable to assume role",
            "AccessDeniedException: Unable to assume role",
            "is not authorized to perform: sts:AssumeRole on resource",
        ],
    },
    Explanation {
        code: "aws.session-name-not-accepted",
        meaning: "The session was given a name, and the profile does not take one.",
        causes: &[SESSION_NAME],
        check: &[
            "aws rolesanywhere get-profile --profile-id ID --query profile.acceptRoleSessionName",
        ],
        says: &[
            "Not authorized to set roleSessionName",
            "not authorized to set role session name",
        ],
    },
    Explanation {
        code: "aws.disabled",
        meaning: "The trust anchor or the profile is switched off.",
        causes: &[DISABLED],
        check: &[
            "iamra doctor",
            "aws rolesanywhere enable-trust-anchor --trust-anchor-id ID",
            "aws rolesanywhere enable-profile --profile-id ID",
        ],
        says: &[
            "Trust anchor is disabled",
            "Profile is disabled",
            "trust anchor*not enabled",
            "profile*not enabled",
        ],
    },
    Explanation {
        code: "aws.no-such-resource",
        meaning: "There is no trust anchor or profile of that ARN.",
        causes: &[NO_SUCH_RESOURCE],
        check: &[
            "iamra config print",
            "aws rolesanywhere list-trust-anchors --region REGION",
            "aws rolesanywhere list-profiles --region REGION",
        ],
        says: &[
            "ResourceNotFoundException",
            "Trust anchor not found",
            "Profile not found",
            "TrustAnchor*does not exist",
            "rolesanywhere*Profile*does not exist",
        ],
    },
    Explanation {
        code: "aws.role-not-in-profile",
        meaning: "The profile does not list the role.",
        causes: &[ROLE_NOT_LISTED],
        check: &["aws rolesanywhere get-profile --profile-id ID --query profile.roleArns"],
        says: &["the profile does not list"],
    },
    Explanation {
        code: "aws.duration-too-long",
        meaning: "The session would last longer than the role allows.",
        causes: &[DURATION, super::sts::CHAINED_HOUR],
        check: &["aws iam get-role --role-name ROLE --query Role.MaxSessionDuration"],
        says: &[
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role",
            "exceeds the MaxSessionDuration",
            "exceeds the maximum session duration",
            "durationSeconds*less than or equal to 43200",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ],
    },
    Explanation {
        code: "aws.throttled",
        meaning: "AWS has had more requests of this account and region than its quota allows.",
        causes: &[THROTTLED, super::ecr::THROTTLED],
        check: &[
            "aws service-quotas list-service-quotas --service-code rolesanywhere",
            "iamra creds file --watch",
        ],
        says: &[
            "ThrottlingException",
            "Rate exceeded",
            "TooManyRequestsException",
            "Throttling: Rate exceeded",
            "SlowDown",
        ],
    },
    Explanation {
        code: "aws.denied",
        meaning: "AWS refuses, and says nothing that tells why.",
        causes: &[
            ROLE,
            INSTANCE_PROPERTIES,
            cause(
                "a policy of the organization, or the endpoint's, denies it",
                "have the account's administrator look for an explicit deny (SCP, VPC endpoint policy)",
            ),
        ],
        check: &["iamra doctor", "iamra cert check --certificate cert.pem"],
        says: &["AccessDeniedException", "CreateSession"],
    },
    Explanation {
        code: "aws.unavailable",
        meaning: "AWS did not answer, or answered that it cannot now.",
        causes: &[
            UNREACHABLE,
            UNKNOWN_HOST,
            SILENT,
            cause(
                "the service has an outage in the region",
                "wait: sessions that are still valid are served meanwhile",
            ),
        ],
        check: &[
            "iamra doctor",
            "curl -sv https://rolesanywhere.REGION.amazonaws.com/",
            "getent hosts rolesanywhere.REGION.amazonaws.com",
        ],
        says: &[
            "Could not connect to the endpoint URL",
            "EndpointConnectionError",
            "Connect timeout on endpoint URL",
            "Read timeout on endpoint URL",
            "ConnectTimeoutError",
            "lookup rolesanywhere*no such host",
            "amazonaws.com*dial tcp*connection refused",
            "amazonaws.com*dial tcp*i/o timeout",
            "amazonaws.com*Temporary failure in name resolution",
            "amazonaws.com*no route to host",
            "proxyconnect tcp",
            "ServiceUnavailableException",
            "InternalServerException",
        ],
    },
    Explanation {
        code: "aws.untrusted-server",
        meaning: "What answers at AWS's address shows a certificate of no CA that is trusted here.",
        causes: &[
            cause(
                "a proxy opens TLS and shows a certificate of its own CA",
                "if that CA is to be trusted here, name its PEM file with --aws-ca-bundle (AWS_CA_BUNDLE)",
            ),
            NOT_VALID,
            OTHER_NAME,
        ],
        check: &[
            "openssl s_client -connect rolesanywhere.REGION.amazonaws.com:443 -showcerts </dev/null",
        ],
        says: &[
            "SSL validation failed",
            "CERTIFICATE_VERIFY_FAILED",
            "unable to get local issuer certificate",
            "self-signed certificate in certificate chain",
            "self signed certificate in certificate chain",
            "x509: certificate signed by unknown authority",
            "amazonaws.com*x509: certificate signed by unknown authority",
            "x509: certificate has expired or is not yet valid",
            "invalid peer certificate: UnknownIssuer",
        ],
    },
    Explanation {
        code: "aws.not-aws",
        meaning: "The answer is a page of something other than AWS.",
        causes: &[NOT_AWS, super::ecr::NOT_ECR],
        check: &[
            "curl -sv https://rolesanywhere.REGION.amazonaws.com/",
            "env | grep -i proxy",
        ],
        says: &[
            "deserialization failed, failed to decode response body, invalid character '<'",
            "invalid character '<' looking for beginning of value",
            "Unable to parse response (not well-formed*",
            "<!DOCTYPE html",
            "JSONDecodeError",
        ],
    },
    Explanation {
        code: "aws.unusable-answer",
        meaning: "AWS granted what was asked for, but the answer lacks what it must hold.",
        causes: &[
            cause(
                "the answer is of a stand-in, or of a service that is newer than this iamra",
                "check --endpoint; try a newer iamra, and report it with --log-level debug",
            ),
            cause(
                "what was issued has expired already, by this machine's clock",
                CLOCK.fix,
            ),
        ],
        check: &["iamra config print", "date -u"],
        says: &["unable to obtain temporary security credentials from CreateSession"],
    },
    Explanation {
        code: "aws.failed",
        meaning: "Speaking with AWS failed in a way that none of the others describes.",
        causes: &[cause(
            "see the message",
            "run iamra doctor, and the command again with --log-level debug",
        )],
        check: &["iamra doctor"],
        says: &[],
    },
];
