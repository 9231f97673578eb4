use std::error::Error as StdError;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError};

use crate::{CertificateProblem, Error};

/// How long is waited for a peer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For a connection.
    pub(crate) connect: Duration,
    /// For the last byte of an answer.
    pub(crate) answer: Duration,
}

/// Says what reqwest's error means. Its own text holds the whole URL, which may
/// hold a secret, and is therefore never shown.
pub(crate) fn failure(error: &reqwest::Error, host: &str, patience: Patience) -> Error {
    let host = host.to_owned();
    if let Some(tls) = find::<rustls::Error>(error) {
        return tls_failure(tls, host);
    }
    if error.is_timeout() {
        let after = if error.is_connect() {
            patience.connect
        } else {
            patience.answer
        };
        return Error::Timeout { host, after };
    }
    let reason = innermost(error);
    if error.is_connect() {
        Error::Connect { host, reason }
    } else {
        Error::Interrupted { host, reason }
    }
}

fn tls_failure(error: &rustls::Error, host: String) -> Error {
    match error {
        rustls::Error::InvalidCertificate(problem) => untrusted(problem, host),
        rustls::Error::AlertReceived(alert) if is_about_our_certificate(*alert) => {
            let alert = format!("{alert:?}");
            Error::ClientCertificateRefused { host, alert }
        }
        // What came is no TLS record, or none that anybody sends.
        rustls::Error::InvalidMessage(_) => Error::NotTls { host },
        other => Error::Tls {
            host,
            reason: other.to_string(),
        },
    }
}

/// Alerts that a server sends when it does not let us in; the others may be a
/// passing trouble of its own.
fn is_about_our_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::CertificateRequired
    )
}

fn untrusted(problem: &CertificateError, host: String) -> Error {
    let problem = match problem {
        // A CA of the right name, but with another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            CertificateProblem::UnknownIssuer
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            CertificateProblem::Expired
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateProblem::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateProblem::OtherName
        }
        other => CertificateProblem::Other(other.to_string()),
    };
    Error::UntrustedCertificate { host, problem }
}

/// The first error of type `E` among the causes; an `io::Error` is a cause of
/// its own kind, which hides what it wraps from `source`.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        let wrapped = error
            .downcast_ref::<std::io::Error>()
            .and_then(|error| error.get_ref())
            .map(|error| error as &(dyn StdError + 'static));
        next = wrapped.or_else(|| error.source());
    }
    None
}

/// What the innermost cause says: "Connection refused (os error 111)".
pub(crate) fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use refresh::{Fault as _, FaultKind};
    use rustls::{InvalidMessage, PeerIncompatible};

    use super::*;

    fn alert(alert: AlertDescription) -> rustls::Error {
        rustls::Error::AlertReceived(alert)
    }

    #[test]
    fn what_cannot_get_better_is_a_matter_of_configuration() {
        use FaultKind::{Configuration, Unavailable};
        for (error, kind, text) in [
            (
                alert(AlertDescription::CertificateRequired),
                Configuration,
                "vault refused our client certificate, or asks for one: CertificateRequired",
            ),
            (
                alert(AlertDescription::UnknownCA),
                Configuration,
                "vault refused our client certificate, or asks for one: UnknownCA",
            ),
            (
                alert(AlertDescription::AccessDenied),
                Configuration,
                "vault refused our client certificate, or asks for one: AccessDenied",
            ),
            (
                rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType),
                Configuration,
                "vault does not speak TLS at this port",
            ),
            (
                alert(AlertDescription::InternalError),
                Unavailable,
                "TLS with vault failed: received fatal alert: InternalError",
            ),
            (
                rustls::Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon),
                Unavailable,
                "TLS with vault failed: peer is incompatible: NoCipherSuitesInCommon",
            ),
        ] {
            let error = tls_failure(&error, "vault".to_owned());
            assert_eq!(error.to_string(), text);
            assert_eq!(error.fault(), kind, "{text}");
        }
    }
}
