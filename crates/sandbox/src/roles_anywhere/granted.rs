use std::time::{Duration, SystemTime};

/// The session that a request is entitled to.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Granted {
    /// The role of the session.
    pub role_arn: String,
    /// `arn:aws:sts::…:assumed-role/ROLE/SESSION`.
    pub assumed_role_arn: String,
    /// The session's name: asked for, or the serial number in hexadecimal.
    pub session_name: String,
    /// `arn:aws:rolesanywhere:…:subject/…`.
    pub subject_arn: String,
    /// `CN=…`, where the certificate has a common name.
    pub source_identity: Option<String>,
    /// How long the session lasts.
    pub duration: Duration,
    /// When it ends.
    pub expiration: SystemTime,
}
