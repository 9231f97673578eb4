use super::Error;
use crate::{CryptoFailure, InvalidCertificateName, InvalidName, InvalidSetting, InvalidToken};

impl From<InvalidSetting> for Error {
    fn from(error: InvalidSetting) -> Self {
        Self::Setting(error)
    }
}

impl From<InvalidName> for Error {
    fn from(error: InvalidName) -> Self {
        Self::Name(error)
    }
}

impl From<InvalidCertificateName> for Error {
    fn from(error: InvalidCertificateName) -> Self {
        Self::CertificateName(error)
    }
}

impl From<InvalidToken> for Error {
    fn from(error: InvalidToken) -> Self {
        Self::Token(error)
    }
}

impl From<CryptoFailure> for Error {
    fn from(error: CryptoFailure) -> Self {
        Self::Crypto(error)
    }
}

impl From<crate::backend::Unencodable> for Error {
    fn from(_: crate::backend::Unencodable) -> Self {
        Self::Unencodable { what: "request" }
    }
}
