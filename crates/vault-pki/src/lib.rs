//! Log in to Vault or OpenBao and have an X.509 certificate signed.
//!
//! [`Vault::sign`] makes a key, has the PKI secrets engine sign a certificate
//! for it, and checks what comes back before it is used: the key, the names,
//! the validity, the signature of its issuer. [`Vault::issue`] has Vault make
//! the key, for those whose policy allows nothing else. A [`LoginMethod`] comes
//! to the token; [`VaultEnvironment`] reads the variables of Vault's and
//! OpenBao's CLIs, through a function.
//!
//! It writes no file, reads no environment variable and keeps no certificate
//! fresh. Files that the settings name are read, and read again when they
//! change.
//!
//! ```no_run
//! use std::sync::Arc;
//! use refresh::{Clock as _, SystemClock};
//! use vault_pki::{CertificateRequest, Names, TokenLogin, Vault, VaultSettings};
//!
//! # async fn example(token: secrecy::SecretString) -> Result<(), vault_pki::Error> {
//! let login = Box::new(TokenLogin::new(&token)?);
//! let vault = Vault::new(VaultSettings::default(), login, Arc::new(SystemClock))?;
//! let names = Names::common_name("app.example.test");
//! let request = CertificateRequest::new("pki-aws".parse()?, "app".parse()?, names);
//! match vault.sign(&request, SystemClock.now()).await {
//!     Ok(certificate) => println!("{} until {:?}", certificate.serial, certificate.not_after),
//!     Err(error) => eprintln!("{error} ({})", error.hint().unwrap_or_default()),
//! }
//! vault.finish().await?;
//! # Ok(())
//! # }
//! ```

mod address;
mod backend;
mod call;
mod certificate;
mod certificate_request;
mod envelope;
mod error;
mod inspection;
mod issued;
mod issuer;
mod key_pair;
mod key_type;
mod login;
mod names;
mod path;
mod refusal;
mod secret_file;
mod server_text;
mod session;
mod settings;
mod signing_request;
mod token;
mod transport;
mod vault;

pub use address::Address;
pub use call::{Call, Operation};
pub use certificate_request::{CertificateRequest, KeyFormat, RequestedLifetime};
pub use error::Error;
pub use inspection::{Health, PkiRole, TokenInfo};
pub use issued::{IssuedCertificate, Lease, Mismatch};
pub use issuer::Issuer;
pub use key_pair::{CryptoFailure, KeyPair};
pub use key_type::{KeyDemand, KeyType};
pub use login::{
    AppRoleLogin, CertificateLogin, Credential, GitHubActions, JwtLogin, JwtSource,
    KubernetesLogin, LoginExchange, LoginInputs, LoginMethod, LoginReason, LoginRequest, NoLogin,
    SecretSource, TokenFileLogin, TokenLogin, UserpassLogin, WrappedSecret, choose_login,
};
pub use names::{InvalidCertificateName, Names, SubjectAltName};
pub use path::{InvalidName, IssuerRef, Mount, Namespace, RoleName};
pub use refusal::{Refusal, RefusalCause};
pub use session::Session;
pub use settings::{InvalidSetting, VaultEnvironment, VaultSettings};
pub use token::{InvalidToken, Token};
pub use transport::RedirectProblem;
pub use vault::{Revocable, Revocation, Vault};
