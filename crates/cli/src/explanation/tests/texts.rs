//! What others print, as they print it.

use super::super::search;

/// A text, and the code that explains it best.
const TEXTS: &[(&str, &str)] = &[
    // Ours.
    (
        "error[vault.denied]: PUT /v1/pki-aws/sign/app: permission denied",
        "vault.denied",
    ),
    ("aws.clock-skew", "aws.clock-skew"),
    (
        r#"{"level":"ERROR","code":"kubernetes.foreign","message":"…"}"#,
        "kubernetes.foreign",
    ),
    ("see iamra explain file.mounted.", "file.mounted"),
    (
        "there are no AWS credentials here; the environment: it has none",
        "ambient.none",
    ),
    (
        "hvac.exceptions.Forbidden: permission denied, on post http://vault.vault:8200/v1/auth/kubernetes/login",
        "vault.login-denied",
    ),
    (
        "requests.exceptions.SSLError: HTTPSConnectionPool(host='vault.example', port=8200): Max retries exceeded with url: /v1/pki-aws/issue/app (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed')))",
        "vault.untrusted-server",
    ),
    (
        "MountVolume.SetUp failed for volume \"key\" : secret \"app-key\" not found",
        "kubernetes.not-found",
    ),
    (
        "ValidationError: The requested DurationSeconds exceeds the maximum session duration set for this role",
        "aws.duration-too-long",
    ),
    // aws_signing_helper and Roles Anywhere.
    (
        "2026/11/21 05:01:02 operation error RolesAnywhere: CreateSession, https response error StatusCode: 403, RequestID: 6f1c, AccessDeniedException: Untrusted certificate. Insufficient certificate",
        "aws.insufficient-certificate",
    ),
    (
        "operation error RolesAnywhere: CreateSession, https response error StatusCode: 403, RequestID: 6f1c, AccessDeniedException: Untrusted signing certificate",
        "aws.untrusted-issuer",
    ),
    (
        "operation error RolesAnywhere: CreateSession, https response error StatusCode: 403, RequestID: 6f1c, AccessDeniedException: Invalid signature",
        "aws.invalid-signature",
    ),
    (
        "operation error RolesAnywhere: CreateSession, https response error StatusCode: 403, RequestID: 6f1c, AccessDeniedException: Unable to assume role for arn:aws:iam::123456789012:role/app",
        "aws.role-not-assumable",
    ),
    (
        "AccessDeniedException: Some attributes failed to be mapped into session tags. SAN: [ DNS/2 ]",
        "aws.unmappable-attribute",
    ),
    (
        "AccessDeniedException: Not authorized to set roleSessionName.",
        "aws.session-name-not-accepted",
    ),
    (
        "operation error RolesAnywhere: CreateSession, https response error StatusCode: 404, RequestID: r, ResourceNotFoundException: Trust anchor not found",
        "aws.no-such-resource",
    ),
    (
        "https response error StatusCode: 403, RequestID: , deserialization failed, failed to decode response body, invalid character '<' looking for beginning of value",
        "aws.not-aws",
    ),
    (
        "unable to obtain temporary security credentials from CreateSession",
        "aws.unusable-answer",
    ),
    (
        "An error occurred (ValidationException) when calling the CreateTrustAnchor operation: Incorrect basic constraints for CA certificate",
        "trust-anchor.invalid",
    ),
    (
        "2026/11/21 05:01:02 unable to parse private key",
        "identity.invalid",
    ),
    (
        "pkcs12: unknown digest algorithm: 2.16.840.1.101.3.4.2.1",
        "identity.invalid",
    ),
    (
        "2026/11/21 05:01:02 trust anchor and profile regions don't match",
        "config.invalid",
    ),
    ("unable to locate the home directory", "config.no-home"),
    // STS.
    (
        "An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:sts::123456789012:assumed-role/app/1f is not authorized to perform: sts:TagSession on resource: arn:aws:iam::210987654321:role/next",
        "aws.tagging-denied",
    ),
    (
        "An error occurred (ValidationError) when calling the AssumeRole operation: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        "aws.duration-too-long",
    ),
    (
        "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: No OpenIDConnect provider found in your account for https://idp.example",
        "ambient.denied",
    ),
    // botocore and the SDKs.
    (
        "Unable to locate credentials. You can configure credentials by running \"aws configure\".",
        "client.no-credentials",
    ),
    (
        "NoCredentialProviders: no valid providers in chain. Deprecated.",
        "client.no-credentials",
    ),
    (
        "failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, request canceled, context deadline exceeded",
        "client.no-credentials",
    ),
    (
        "CredentialsProviderError: Could not load credentials from any providers",
        "client.no-credentials",
    ),
    (
        "An error occurred (ExpiredToken) when calling the PutObject operation: The provided token has expired.",
        "client.credentials-expired",
    ),
    (
        "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token included in the request is invalid",
        "client.credentials-unknown",
    ),
    (
        "Error when retrieving credentials from custom-process: error[vault.sealed]: PUT /v1/auth/kubernetes/login: Vault is sealed",
        "vault.sealed",
    ),
    (
        "Error when retrieving credentials from custom-process: ",
        "client.process-failed",
    ),
    (
        "Error when retrieving credentials from container-role: Error retrieving metadata: Received non 200 response 401 from container metadata",
        "client.endpoint-failed",
    ),
    (
        "The config profile (prod) could not be found",
        "client.profile-missing",
    ),
    (
        "You must specify a region. You can also configure your region by running \"aws configure\".",
        "client.no-region",
    ),
    (
        "Could not connect to the endpoint URL: \"https://sts.eu-central-1.amazonaws.com/\"",
        "aws.unavailable",
    ),
    (
        "SSL validation failed for https://sts.eu-central-1.amazonaws.com/ [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1000)",
        "aws.untrusted-server",
    ),
    (
        "botocore.errorfactory.AccessDenied: User: arn:aws:sts::123456789012:assumed-role/app/1f is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::b/k\" because no identity-based policy allows the s3:PutObject action",
        "client.not-allowed",
    ),
    (
        "An error occurred (ThrottlingException) when calling the CreateSession operation (reached max retries: 2): Rate exceeded",
        "aws.throttled",
    ),
    (
        "An error occurred (RequestTimeTooSkewed) when calling the ListBuckets operation: The difference between the request time and the current time is too large.",
        "aws.clock-skew",
    ),
    // Vault and OpenBao.
    (
        "Error writing data to pki-aws/sign/app: Error making API request.\n\nURL: PUT https://vault.example:8200/v1/pki-aws/sign/app\nCode: 403. Errors:\n\n* 1 error occurred:\n\t* permission denied\n",
        "vault.denied",
    ),
    (
        r#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#,
        "vault.denied",
    ),
    (
        "Error writing data to auth/kubernetes/login: Error making API request.\n\nURL: PUT https://vault.example:8200/v1/auth/kubernetes/login\nCode: 403. Errors:\n\n* permission denied",
        "vault.login-denied",
    ),
    (
        r#"{"errors":["invalid role name \"nope\""]}"#,
        "vault.login-denied",
    ),
    (
        r#"{"errors":["error validating token: invalid audience (aud) claim: audience claim does not match any bound audience"]}"#,
        "vault.login-denied",
    ),
    (
        r#"{"errors":["invalid role or secret ID"]}"#,
        "vault.login-denied",
    ),
    ("* Vault is sealed", "vault.sealed"),
    ("* unknown role: nope", "vault.role-missing"),
    (
        r#"{"errors":["no handler for route \"pki-none/sign/x\". route entry not found."]}"#,
        "vault.mount-missing",
    ),
    (
        "* common name evil.example not allowed by this role",
        "vault.name-not-allowed",
    ),
    (
        "cannot satisfy request, as TTL would result in notAfter of 2027-01-01T00:00:00Z that is beyond the expiration of the CA certificate at 2026-12-01T00:00:00Z",
        "vault.ca-expires-first",
    ),
    (
        r#"* request path "pki-aws/sign/app": rate limit quota exceeded"#,
        "vault.throttled",
    ),
    (
        "Put \"https://vault.example:8200/v1/auth/kubernetes/login\": x509: certificate signed by unknown authority",
        "vault.untrusted-server",
    ),
    (
        "Put \"https://vault.example:8200/v1/auth/kubernetes/login\": http: server gave HTTP response to HTTPS client",
        "vault.not-vault",
    ),
    (
        "wrapping token is not valid or does not exist",
        "vault.wrapping-token",
    ),
    // Docker, registries and kubelet.
    (
        "Error response from daemon: Head \"https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/v2/app/manifests/1\": no basic auth credentials",
        "docker.no-login",
    ),
    (
        "Error response from daemon: pull access denied for 123456789012.dkr.ecr.eu-central-1.amazonaws.com/app, repository does not exist or may require 'docker login': denied: Your authorization token has expired. Reauthenticate and try again.",
        "registry.unauthorized",
    ),
    (
        "error getting credentials - err: exit status 1, out: `credentials not found in native keychain`",
        "docker.helper-failed",
    ),
    (
        "ERROR: failed to push 123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:1: unexpected status from HEAD request to https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/v2/app/manifests/sha256:0a: 403 Forbidden",
        "registry.denied",
    ),
    (
        "denied: User: arn:aws:sts::123456789012:assumed-role/app/1f is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-central-1:123456789012:repository/app because no resource-based policy allows the ecr:BatchGetImage action",
        "registry.denied",
    ),
    (
        "An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: User: arn:aws:sts::123456789012:assumed-role/app/1f is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action",
        "ecr.denied",
    ),
    (
        "manifest for 123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:2 not found: manifest unknown: Requested image not found",
        "registry.not-found",
    ),
    (
        "E1126 10:00:00.000000 1 plugin.go:276] \"Failed getting credential from external registry credential provider\" err=\"error execing credential provider plugin iamra-credential-provider for image x: exit status 4\"",
        "kubelet.plugin-failed",
    ),
    (
        "Warning  FailedToRetrieveImagePullSecret  2s  kubelet  Unable to retrieve some image pull secrets (ecr-pull); attempting to pull the image may not succeed.",
        "kubelet.pull-secret-missing",
    ),
    (
        "Back-off pulling image \"123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:1\"",
        "kubelet.pull-failed",
    ),
    // Kubernetes.
    (
        "Error from server (Forbidden): secrets \"ecr-pull\" is forbidden: User \"system:serviceaccount:iamra:iamra\" cannot patch resource \"secrets\" in API group \"\" in the namespace \"shop\"",
        "kubernetes.denied",
    ),
    (
        "error: You must be logged in to the server (Unauthorized)",
        "kubernetes.unauthorized",
    ),
    (
        "Error from server (NotFound): namespaces \"shop\" not found",
        "kubernetes.namespace-missing",
    ),
    (
        "secrets \"ecr-pull\" is forbidden: unable to create new content in namespace shop because it is being terminated",
        "kubernetes.terminating",
    ),
    (
        "secrets \"a\" is forbidden: exceeded quota: small, requested: count/secrets=1, used: count/secrets=1, limited: count/secrets=1",
        "kubernetes.rejected",
    ),
    (
        "Operation cannot be fulfilled on secrets \"a\": the object has been modified; please apply your changes to the latest version and try again",
        "kubernetes.contended",
    ),
    (
        "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?",
        "kubernetes.unavailable",
    ),
    (
        "Unable to connect to the server: x509: certificate signed by unknown authority",
        "kubernetes.untrusted-server",
    ),
    // The machine.
    (
        "write /root/.aws/credentials: no space left on device",
        "file.disk-full",
    ),
    (
        "open /home/app/.aws/credentials: permission denied",
        "file.permission",
    ),
    (
        "listen tcp 127.0.0.1:9911: bind: address already in use",
        "listen.failed",
    ),
];

#[test]
fn the_first_answer_to_what_others_print_is_the_right_one() {
    assert!(TEXTS.len() >= 40);
    for (text, code) in TEXTS {
        let found: Vec<&str> = search(text).iter().map(|it| it.code).collect();
        assert_eq!(found.first(), Some(code), "{text}\n{found:?}");
    }
}

#[test]
fn what_is_no_error_has_no_explanation() {
    for text in [
        "",
        "\n\n",
        "everything is fine",
        "*",
        "AKIAIOSFODNN7EXAMPLE",
        "git@git.example: Permission denied (publickey).",
        "Profile picture of user 7 does not exist",
        "gpg: Can't check signature: invalid signature",
    ] {
        let found: Vec<&str> = search(text).iter().map(|it| it.code).collect();
        assert_eq!(found, [""; 0], "{text:?}");
    }
}

#[test]
fn a_cause_is_found_among_many_lines() {
    let noise = "INFO all is well, again and again\n".repeat(2000);
    let text = format!("{noise}* Vault is sealed\n{noise}");
    let found: Vec<&str> = search(&text).iter().map(|it| it.code).collect();
    assert_eq!(found, ["vault.sealed"]);
}

#[test]
fn parts_of_a_pattern_that_stand_far_apart_do_not_count() {
    let text = format!("context\n{}does not exist", "line\n".repeat(9));
    assert!(search(&text).is_empty());
}

#[test]
fn odd_texts_are_read_as_well() {
    for text in [
        "\u{0}\u{fffd}",
        "İstanbul is sealed",
        "ﬀ* Vault is sealed",
        "\\",
        "\"\\n\"",
    ] {
        search(text);
    }
    assert_eq!(search("ﬀ* Vault is sealed")[0].code, "vault.sealed");
}
