//! The events that an auditor asks for: one for each login, certificate,
//! session and write. Names and fields are a promise (`docs/reference/events.md`).

use std::path::Path;
use std::time::SystemTime;

use rolesanywhere::{Certificate, Session};

/// The target of every audit event.
pub(crate) const TARGET: &str = "iamra::audit";

/// Every event: its name, when it happens, and its fields. The reference is
/// made from it, and a test compares it with what is logged.
pub const EVENTS: &[(&str, &str, &[&str])] = &[
    (
        "login",
        "we logged in to Vault",
        &["method", "accessor", "address"],
    ),
    (
        "certificate",
        "Vault issued a certificate, or one was read from a file",
        &["serial", "subject", "role", "not_after", "path"],
    ),
    (
        "session",
        "Roles Anywhere opened a session, or STS one of a role that is assumed onwards",
        &[
            "serial",
            "access_key_id",
            "assumed_role",
            "expires_at",
            "request_id",
        ],
    ),
    (
        "hand-out",
        "credentials went to whoever reads them",
        &["access_key_id", "how", "caller", "role", "door"],
    ),
    #[cfg(feature = "pods")]
    (
        "pod-hand-out",
        "credentials went to a pod, or by an agent to one",
        &["account", "pod", "access_key_id", "role", "caller"],
    ),
    #[cfg(feature = "pods")]
    (
        "copy",
        "the session of a pod's account went from one broker to another",
        &["account", "access_key_id", "role", "caller"],
    ),
    #[cfg(feature = "ecr")]
    (
        "token",
        "ECR gave an authorization token",
        &["access_key_id", "scope", "expires_at", "registry"],
    ),
    #[cfg(feature = "ecr")]
    (
        "token-hand-out",
        "an authorization token went to whoever reads it",
        &["how", "registry", "expires_at", "caller"],
    ),
    #[cfg(feature = "kubernetes")]
    (
        "secret",
        "a Secret of a cluster was created, got other contents, or was removed",
        &["namespace", "name", "outcome", "expires_at"],
    ),
    (
        "write",
        "a file was written, or found to need no change",
        &["path", "changed"],
    ),
    (
        "revocation",
        "a token that we obtained was revoked, or a certificate",
        &["accessor", "serial", "address"],
    ),
    (
        "hook",
        "whoever reads the files was told that they have changed",
        &["how", "told"],
    ),
];

/// We logged in to Vault.
#[cfg(feature = "vault")]
pub(crate) fn logged_in(method: &str, accessor: Option<&str>, address: &str) {
    tracing::info!(target: TARGET, event = "login", method, accessor, address, "logged in to Vault");
}

/// We gave a token back that we had obtained.
#[cfg(feature = "vault")]
pub(crate) fn token_revoked(accessor: Option<&str>, address: &str) {
    tracing::info!(target: TARGET, event = "revocation", accessor, address, "revoked our token");
}

/// Vault has revoked a certificate.
#[cfg(feature = "vault")]
pub(crate) fn certificate_revoked(serial: &str, address: &str) {
    tracing::info!(target: TARGET, event = "revocation", serial, address, "revoked a certificate");
}

/// Vault issued a certificate.
#[cfg(feature = "vault")]
pub(crate) fn certificate_issued(
    serial: &str,
    request: &vault_pki::CertificateRequest,
    not_after: SystemTime,
) {
    let not_after = rfc3339(not_after);
    let subject = request.names.common_name.as_deref();
    let role = request.role.as_str();
    tracing::info!(target: TARGET, event = "certificate", serial, subject, role, not_after, "Vault issued a certificate");
}

/// We read a certificate and its key from files.
pub(crate) fn certificate_read(certificate: &Certificate, place: &dyn std::fmt::Display) {
    tracing::info!(
        target: TARGET,
        event = "certificate",
        serial = certificate.serial_hex(),
        subject = certificate.subject(),
        not_after = rfc3339(certificate.not_after()),
        path = %place,
        "read a certificate"
    );
}

/// Roles Anywhere opened a session, or STS one with it.
pub(crate) fn session_opened(session: &Session, serial: &str) {
    tracing::info!(
        target: TARGET,
        event = "session",
        serial,
        access_key_id = session.access_key_id,
        assumed_role = session.assumed_role_arn,
        expires_at = session.expiration,
        request_id = session.request_id,
        "opened a session"
    );
}

/// We handed credentials to whoever reads our stdout.
pub(crate) fn handed_out(access_key_id: &str, how: &str) {
    tracing::info!(target: TARGET, event = "hand-out", access_key_id, how, "handed out credentials");
}

/// We handed credentials to who asked for them over HTTP.
#[cfg(feature = "serve")]
pub(crate) fn served(event: &credential_server::HandedOut<'_>) {
    tracing::info!(
        target: TARGET,
        event = "hand-out",
        access_key_id = event.hand_out.access_key_id(),
        how = "endpoint",
        caller = %event.caller,
        role = event.hand_out.role_arn(),
        door = %event.door,
        "handed out credentials"
    );
}

/// We handed the credentials of its account's role to a pod.
#[cfg(feature = "pods")]
pub(crate) fn handed_to_pod(
    token: &pod_identity::PodToken,
    hand_out: &credential_server::HandOut,
    caller: &credential_server::Caller<'_>,
) {
    let pod = token.pod.as_ref().map(|pod| pod.name.as_str());
    tracing::info!(
        target: TARGET,
        event = "pod-hand-out",
        account = %token.account,
        pod,
        access_key_id = hand_out.access_key_id(),
        role = hand_out.role_arn(),
        %caller,
        "handed out credentials to a pod"
    );
}

/// We handed the session of an account to another broker.
#[cfg(feature = "pods")]
pub(crate) fn copied(
    account: &pod_identity::ServiceAccount,
    hand_out: &credential_server::HandOut,
    caller: &credential_server::Caller<'_>,
) {
    let (access_key_id, role) = (hand_out.access_key_id(), hand_out.role_arn());
    tracing::info!(target: TARGET, event = "copy", %account, access_key_id, role, %caller, "handed a session to another broker");
}

/// ECR gave us a token.
#[cfg(feature = "ecr")]
pub(crate) fn token_obtained(
    access_key_id: &str,
    scope: &ecr_auth::TokenScope,
    token: &ecr_auth::AuthorizationToken,
) {
    tracing::info!(
        target: TARGET,
        event = "token",
        access_key_id,
        %scope,
        expires_at = rfc3339_seconds(token.lifetime.end()),
        registry = token.proxy_endpoint,
        "received an authorization token"
    );
}

/// We handed a token to whoever reads it.
#[cfg(feature = "ecr")]
pub(crate) fn token_handed_out(
    how: &str,
    registry: &str,
    token: &ecr_auth::AuthorizationToken,
    caller: Option<&str>,
) {
    let expires_at = rfc3339_seconds(token.lifetime.end());
    tracing::info!(target: TARGET, event = "token-hand-out", how, registry, expires_at, caller, "handed out an authorization token");
}

/// We wrote a Secret of a cluster; it ends then, where that is known.
#[cfg(feature = "kubernetes")]
pub(crate) fn secret_written(namespace: &str, name: &str, outcome: &str, expires_at: Option<&str>) {
    tracing::info!(target: TARGET, event = "secret", namespace, name, outcome, expires_at, "wrote a secret");
}

/// We deleted a Secret of ours.
#[cfg(feature = "kubernetes")]
pub(crate) fn secret_removed(namespace: &str, name: &str) {
    tracing::info!(target: TARGET, event = "secret", namespace, name, outcome = "removed", "deleted a secret");
}

/// We wrote a file, or found that it needs no change.
pub(crate) fn written(path: &Path, changed: bool) {
    let path = path.display();
    tracing::info!(target: TARGET, event = "write", %path, changed, "wrote a file");
}

/// We told somebody that the files have changed.
pub(crate) fn hook_ran(how: &str, told: &str) {
    tracing::info!(target: TARGET, event = "hook", how, told, "told of the change");
}

/// The same without fractions of a second: earlier, never later.
#[cfg(feature = "ecr")]
pub(crate) fn rfc3339_seconds(time: SystemTime) -> String {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = std::time::Duration::from_secs(since.as_secs());
    rfc3339(SystemTime::UNIX_EPOCH + seconds)
}

/// A time as RFC 3339 writes it.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time)
        .map_or_else(|_| "an impossible time".to_owned(), |time| time.to_string())
}
