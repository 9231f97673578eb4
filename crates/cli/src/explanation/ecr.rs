//! ECR, its registries, and docker.

use super::{Cause, Explanation, cause};

pub(crate) const EXPIRED: Cause = cause(
    "the credentials that ECR is asked with are over",
    "the AWS credentials are over: with --credentials ambient, have others; a role that was revoked is refused like that, too",
);
pub(crate) const UNKNOWN: Cause = cause(
    "AWS does not know the credentials",
    "AWS does not know these credentials, or their secret is another one; the region may not be enabled in this account",
);
pub(crate) const THROTTLED: Cause = cause(
    "many processes ask for a token each",
    "GetAuthorizationToken has a quota for the account and region; keep tokens in --cache-dir instead of asking for one per process",
);
pub(crate) const NOT_ECR: Cause = cause(
    "something on the way answers in ECR's place",
    "a proxy or a captive portal stands between; check --https-proxy, --no-proxy and --ecr-endpoint",
);
pub(crate) const TOKEN_OVER: Cause = cause(
    "the token is over",
    "the token is over by the registry's clock: have another, --no-cache, and look at this machine's clock",
);
pub(crate) const UNAUTHORIZED: Cause = cause(
    "the token is not of this registry",
    "the registry does not take the token: it is of another region or partition, or over",
);
pub(crate) const REPOSITORY_POLICY: Cause = cause(
    "no policy allows to pull from that repository",
    "the token is good, but its principal may not do this: a policy of the role, or of the repository where that is another account's, must allow ecr:BatchGetImage, ecr:GetDownloadUrlForLayer and ecr:BatchCheckLayerAvailability",
);
pub(crate) const NO_REPOSITORY: Cause = cause(
    "the repository or tag does not exist",
    "there is no such repository or tag in this account and region",
);

pub(crate) const HELPER: Cause = cause(
    "the helper that the auth file names is not there or fails",
    "the client's auth file names this helper (credsStore, credHelpers), so it reads no login from the file",
);

pub(crate) const LATE: Cause = cause(
    "Vault or AWS are slow",
    "what takes so long is in the log with --log-level debug",
);

pub(crate) const NO_HOST: Cause = cause(
    "the registry of a token is not told",
    "name it: --registry HOST",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "ecr.denied",
        meaning: "The role may not ask ECR for a token.",
        causes: &[cause(
            "no policy of the role allows it",
            "allow it in a policy of the role: {\"Effect\":\"Allow\",\"Action\":\"ecr:GetAuthorizationToken\",\"Resource\":\"*\"}; for ECR Public, ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken",
        )],
        check: &[
            "iamra ecr check",
            "aws ecr get-authorization-token --query 'authorizationData[0].expiresAt'",
        ],
        says: &[
            "is not authorized to perform: ecr:GetAuthorizationToken",
            "is not authorized to perform: ecr-public:GetAuthorizationToken",
            "is not authorized to perform: sts:GetServiceBearerToken",
            "when calling the GetAuthorizationToken operation*AccessDenied",
        ],
    },
    Explanation {
        code: "ecr.credentials-expired",
        meaning: "ECR finds the AWS credentials over.",
        causes: &[EXPIRED],
        check: &["iamra creds check", "aws sts get-caller-identity"],
        says: &[
            "(ExpiredTokenException) when calling the GetAuthorizationToken operation",
            "ecr*ExpiredTokenException",
        ],
    },
    Explanation {
        code: "ecr.credentials-unknown",
        meaning: "ECR does not know the AWS credentials.",
        causes: &[UNKNOWN],
        check: &["aws sts get-caller-identity"],
        says: &[
            "(UnrecognizedClientException) when calling the GetAuthorizationToken operation",
            "ecr*UnrecognizedClientException",
        ],
    },
    Explanation {
        code: "ecr.refused",
        meaning: "ECR refuses for a reason that its message tells.",
        causes: &[cause(
            "see the message",
            "compare account, region and endpoint with the registry's name: iamra ecr parse HOST",
        )],
        check: &["iamra ecr parse HOST", "iamra ecr check"],
        says: &["InvalidParameterException*registryIds"],
    },
    Explanation {
        code: "ecr.late",
        meaning: "No token came in the time that the caller waits.",
        causes: &[LATE],
        check: &[
            "iamra doctor",
            "iamra ecr token --log-level debug -o json >/dev/null",
        ],
        says: &[],
    },
    Explanation {
        code: "ecr.unusable",
        meaning: "The token that came cannot be used for what was asked.",
        causes: &[NO_HOST],
        check: &["iamra ecr check"],
        says: &[],
    },
    Explanation {
        code: "ecr.no-registry",
        meaning: "A host is no registry of ECR.",
        causes: &[cause(
            "the name is mistyped, or of another registry",
            "name it as ACCOUNT.dkr.ecr.REGION.amazonaws.com, or public.ecr.aws",
        )],
        check: &["iamra ecr parse HOST"],
        says: &[
            "docker-credential-ecr-login can only be used with Amazon Elastic Container Registry",
            "dkr.ecr*no such host",
        ],
    },
    Explanation {
        code: "registry.unauthorized",
        meaning: "The registry does not take the token.",
        causes: &[UNAUTHORIZED, TOKEN_OVER],
        check: &["iamra ecr check --registry HOST", "iamra ecr login"],
        says: &[
            "denied: Your authorization token has expired. Reauthenticate and try again",
            "authorization token has expired",
            "401 Unauthorized*dkr.ecr",
            "dkr.ecr*401 Unauthorized",
            "unauthorized: authentication required",
            "unexpected status from HEAD request*401",
            "403 Forbidden*dkr.ecr*/v2/",
        ],
    },
    Explanation {
        code: "registry.denied",
        meaning: "The token is good, and its role may not pull from or push to that repository.",
        causes: &[REPOSITORY_POLICY],
        check: &[
            "iamra ecr check --registry HOST --repo REPOSITORY:TAG",
            "aws ecr get-repository-policy --repository-name NAME",
        ],
        says: &[
            "is not authorized to perform: ecr:BatchGetImage",
            "is not authorized to perform: ecr:GetDownloadUrlForLayer",
            "is not authorized to perform: ecr:BatchCheckLayerAvailability",
            "is not authorized to perform: ecr:InitiateLayerUpload",
            "denied: User:*is not authorized to perform: ecr:",
            "unexpected status from HEAD request*403 Forbidden",
        ],
    },
    Explanation {
        code: "registry.not-found",
        meaning: "The registry has no such repository or tag.",
        causes: &[NO_REPOSITORY],
        check: &[
            "iamra ecr tags REPOSITORY",
            "aws ecr describe-repositories --repository-names NAME",
        ],
        says: &[
            "RepositoryNotFoundException",
            "name unknown: The repository with name",
            "manifest unknown",
            "Requested image not found",
            "manifest for * not found",
        ],
    },
    Explanation {
        code: "registry.unavailable",
        meaning: "The registry did not answer, or answered that it cannot now.",
        causes: &[super::connection::UNREACHABLE, super::connection::SILENT],
        check: &["curl -sI https://HOST/v2/"],
        says: &[
            "toomanyrequests",
            "dkr.ecr*i/o timeout",
            "dkr.ecr*TLS handshake timeout",
            "Get \"https://*dkr.ecr*connection refused",
        ],
    },
    Explanation {
        code: "registry.refused",
        meaning: "The registry refuses for a reason that its message tells.",
        causes: &[cause(
            "see the message",
            "compare what was asked for with what the registry says",
        )],
        check: &["iamra ecr check --registry HOST --repo REPOSITORY"],
        says: &["name invalid: invalid repository name"],
    },
    Explanation {
        code: "docker.no-login",
        meaning: "A client pulls without a login: it has none for that registry.",
        causes: &[
            cause(
                "nobody has logged in, or for another host",
                "iamra ecr login --registry HOST; or name the helper in ~/.docker/config.json: \"credHelpers\": {\"HOST\": \"iamra\"}",
            ),
            cause(
                "the client reads another file: sudo, containerd and podman do",
                "set DOCKER_CONFIG or REGISTRY_AUTH_FILE, or give the file: iamra ecr login --auth-file FILE",
            ),
        ],
        check: &[
            "iamra ecr docker-config",
            "cat ~/.docker/config.json | grep -E 'credHelpers|credsStore|dkr'",
        ],
        says: &[
            "no basic auth credentials",
            "pull access denied for",
            "credentials not found in native keychain",
            "authorization failed: no basic auth credentials",
            "no credentials server URL",
        ],
    },
    Explanation {
        code: "docker.helper-failed",
        meaning: "A docker credential helper fails.",
        causes: &[
            HELPER,
            cause(
                "docker's helper is iamra, and iamra failed",
                "docker shows our message behind out: its code is in brackets",
            ),
        ],
        check: &[
            "echo HOST | docker-credential-iamra get >/dev/null",
            "which docker-credential-iamra",
        ],
        says: &[
            "error getting credentials - err: exit status 1, out:",
            "error getting credentials - err:",
            "error storing credentials - err:",
            "executable file not found in $PATH*docker-credential",
            "docker-credential-*: executable file not found",
            "not implemented",
        ],
    },
    Explanation {
        code: "docker.request-invalid",
        meaning: "What docker wrote to its helper makes no sense.",
        causes: &[cause(
            "the helper was started by hand, without a host on standard input",
            "give it one: echo HOST | iamra ecr docker-credential get",
        )],
        check: &["echo HOST | iamra ecr docker-credential get >/dev/null"],
        says: &["unknown action:"],
    },
];
