use std::error::Error as StdError;

use rustls::CertificateError;

use crate::{CertificateProblem, Destination, Error};

/// Says what reqwest's error means. Its own text holds the whole URL, which may
/// hold a secret, and is therefore never shown.
pub(crate) fn failure(error: &reqwest::Error, host: &str, destination: &Destination) -> Error {
    let host = host.to_owned();
    if let Some(tls) = find::<rustls::Error>(error) {
        return untrusted(tls, host);
    }
    if error.is_timeout() {
        let after = if error.is_connect() {
            destination.connect_timeout
        } else {
            destination.timeout
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

fn untrusted(error: &rustls::Error, host: String) -> Error {
    let rustls::Error::InvalidCertificate(problem) = error else {
        return Error::Tls {
            host,
            reason: error.to_string(),
        };
    };
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
