//! Sinks that are files: profiles and certificate sets.
//!
//! [`CredentialsFile`] and [`ConfigFile`] put keys into one profile of the
//! files that all AWS SDKs read, leaving every other byte alone; the pure
//! editor behind them is [`ProfileEdit`], and [`ProfileReader`] reads what
//! stands there. [`CertificateFolder`] writes a
//! certificate, its intermediates and its key as one set, in a [`Layout`], and
//! where it is asked for as a [`Pkcs12`] key store, too.

mod certificate_folder;
mod certificate_set;
mod document;
mod layout;
mod pem;
mod pkcs12;
mod profile_credentials;
mod profile_edit;
mod profile_name;
mod profile_reader;
mod profile_sink;
mod setting;
mod stored_certificate;

pub use certificate_folder::CertificateFolder;
pub use certificate_set::CertificateSet;
pub use document::Document;
pub use layout::{CertificateFiles, Layout};
pub use pem::certificates_pem;
pub use pkcs12::Pkcs12;
pub use profile_credentials::ProfileCredentials;
pub use profile_edit::{EditedProfile, ProfileEdit, ProfileFile};
pub use profile_name::ProfileName;
pub use profile_reader::ProfileReader;
pub use profile_sink::{ConfigFile, CredentialsFile};
pub use setting::Setting;
pub use stored_certificate::StoredCertificate;
