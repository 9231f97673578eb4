use std::fmt;
use std::path::{Path, PathBuf};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as Cryptoki, RvError};
use cryptoki::object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, SlotInfo, TokenInfo};
use rustls_pki_types::CertificateDer;
use secrecy::SecretString;

use super::signature::{Scheme, verifies};
use super::{Pkcs11Error, Pkcs11Signer, Pkcs11Uri};
use crate::identity::path;
use crate::{Certificate, InvalidCertificate, Signer as _};

/// A PKCS#11 library, and through it the tokens that it knows.
#[derive(Clone)]
pub struct Pkcs11Module {
    context: Pkcs11,
    library: PathBuf,
}

/// A token in its slot.
#[derive(Clone)]
pub(super) struct Token {
    slot: Slot,
    pub(super) label: String,
    wants_login: bool,
    has_own_keypad: bool,
}

impl Pkcs11Module {
    /// Loads a library: `p11-kit-proxy.so` for all that the system has set up,
    /// or a token's own. It stays loaded for as long as the process lives.
    pub fn load(library: &Path) -> Result<Self, Pkcs11Error> {
        let failed = |error: Cryptoki| Pkcs11Error::NotLoaded {
            path: library.to_owned(),
            reason: error.to_string(),
        };
        let context = Pkcs11::new(library).map_err(failed)?;
        match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Cryptoki::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(failed(error)),
        }
        Ok(Self {
            context,
            library: library.to_owned(),
        })
    }

    /// The one certificate that `uri` names, and those on the token that lead
    /// from it upwards.
    pub fn certificates(
        &self,
        uri: &Pkcs11Uri,
        pin: Option<&SecretString>,
    ) -> Result<(Certificate, Vec<Certificate>), Pkcs11Error> {
        let tokens = self.tokens(uri)?;
        let mut found = self.named_certificates(&tokens, uri, None)?;
        if found.is_empty() && pin.is_some() {
            // A PIN is shown to one token: another would count it as wrong.
            check_one_guarded(&tokens, uri)?;
            found = self.named_certificates(&tokens, uri, pin)?;
        }
        let count = found.len();
        match (found.pop(), count) {
            (Some((certificate, all)), 1) => {
                let (mut above, linked) = path(&certificate, all);
                above.truncate(linked);
                Ok((certificate, above))
            }
            (None, _) => Err(Pkcs11Error::NoObject {
                what: "certificate",
                uri: uri.to_string(),
            }),
            _ => Err(Pkcs11Error::Several {
                uri: uri.to_string(),
                count,
            }),
        }
    }

    /// The certificates that `uri` names, each with all that its token shows.
    fn named_certificates(
        &self,
        tokens: &[Token],
        uri: &Pkcs11Uri,
        pin: Option<&SecretString>,
    ) -> Result<Vec<(Certificate, Vec<Certificate>)>, Pkcs11Error> {
        let mut found = Vec::new();
        for token in tokens {
            let named = self.read_certificates(token, uri, pin)?;
            let named: Vec<Certificate> = named
                .into_iter()
                .collect::<Result<_, _>>()
                .map_err(Pkcs11Error::Certificate)?;
            if named.is_empty() {
                continue;
            }
            // What cannot be parsed is not needed for the path.
            let all = self.read_certificates(token, &uri.any_object(), None)?;
            let all: Vec<Certificate> = all.into_iter().flatten().collect();
            found.extend(named.into_iter().map(|it| (it, all.clone())));
        }
        Ok(found)
    }

    /// The key that `uri` names and that belongs to `certificate`: it signs
    /// once, to show that it does.
    pub fn signer(
        &self,
        uri: &Pkcs11Uri,
        certificate: &Certificate,
        pin: Option<&SecretString>,
    ) -> Result<Pkcs11Signer, Pkcs11Error> {
        let scheme = Scheme::of(&certificate.key_algorithm()).ok_or(Pkcs11Error::UnsupportedKey)?;
        let tokens = self.tokens(uri)?;
        check_one_guarded(&tokens, uri)?;
        let mut has_keys = false;
        for token in tokens {
            for key in self.private_keys(&token, (uri, scheme), pin)? {
                has_keys = true;
                let signer = Pkcs11Signer {
                    module: self.clone(),
                    token: token.clone(),
                    key,
                    scheme,
                    pin: pin.cloned(),
                    public_key: certificate.public_key().to_vec(),
                };
                let signature = signer.sign(PROBE);
                if signature.is_ok_and(|signature| verifies(certificate, PROBE, &signature)) {
                    return Ok(signer);
                }
            }
        }
        let uri = uri.to_string();
        Err(if has_keys {
            let subject = certificate.subject();
            Pkcs11Error::OtherKey { uri, subject }
        } else {
            let what = "private key";
            Pkcs11Error::NoObject { what, uri }
        })
    }

    /// A session with a token, logged in where that is wanted.
    pub(super) fn open(
        &self,
        token: &Token,
        pin: Option<&SecretString>,
    ) -> Result<Session, Pkcs11Error> {
        let failed = |error| Pkcs11Error::of(&token.label, &error);
        let session = self.context.open_ro_session(token.slot).map_err(failed)?;
        if !token.wants_login {
            return Ok(session);
        }
        let pin = match pin {
            None if !token.has_own_keypad => {
                return Err(Pkcs11Error::PinMissing {
                    token: token.label.clone(),
                });
            }
            pin => pin,
        };
        match session.login(UserType::User, pin) {
            Ok(()) | Err(Cryptoki::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) => Err(failed(error)),
        }
    }

    /// The tokens that `uri` allows.
    fn tokens(&self, uri: &Pkcs11Uri) -> Result<Vec<Token>, Pkcs11Error> {
        let failed = |error| Pkcs11Error::of(&uri.to_string(), &error);
        let is_library = self.is_allowed(uri).map_err(failed)?;
        let (mut tokens, mut others) = (Vec::new(), Vec::new());
        for slot in self.context.get_slots_with_token().map_err(failed)? {
            // A slot without an initialised token may answer with an error.
            let Ok(token) = self.context.get_token_info(slot) else {
                continue;
            };
            let info = self.context.get_slot_info(slot).map_err(failed)?;
            let is_wanted =
                is_library && allows_token(uri, &token) && allows_slot(uri, slot, &info);
            if is_wanted && token.token_initialized() {
                tokens.push(Token {
                    slot,
                    label: token.label().to_owned(),
                    wants_login: token.login_required(),
                    has_own_keypad: token.protected_authentication_path(),
                });
            } else if token.token_initialized() {
                others.push(token.label().to_owned());
            }
        }
        if tokens.is_empty() {
            return Err(Pkcs11Error::NoToken {
                library: self.library.clone(),
                uri: uri.to_string(),
                tokens: others,
            });
        }
        Ok(tokens)
    }

    /// Whether `uri` allows this library.
    fn is_allowed(&self, uri: &Pkcs11Uri) -> Result<bool, Cryptoki> {
        let library = self.context.get_library_info()?;
        let version = library.library_version();
        let version = format!("{}.{}", version.major(), version.minor());
        Ok(
            uri.allows("library-manufacturer", library.manufacturer_id())
                && uri.allows("library-description", library.library_description())
                && uri.allows("library-version", &version),
        )
    }

    fn read_certificates(
        &self,
        token: &Token,
        uri: &Pkcs11Uri,
        pin: Option<&SecretString>,
    ) -> Result<Vec<Result<Certificate, InvalidCertificate>>, Pkcs11Error> {
        let failed = |error| Pkcs11Error::of(&token.label, &error);
        let session = match pin {
            None => self.context.open_ro_session(token.slot).map_err(failed)?,
            pin => self.open(token, pin)?,
        };
        let mut template = named(uri);
        template.push(Attribute::Class(ObjectClass::CERTIFICATE));
        template.push(Attribute::CertificateType(CertificateType::X_509));
        let mut certificates = Vec::new();
        for object in session.find_objects(&template).map_err(failed)? {
            let values = session.get_attributes(object, &[AttributeType::Value]);
            for value in values.map_err(failed)? {
                if let Attribute::Value(der) = value {
                    certificates.push(Certificate::from_der(CertificateDer::from(der)));
                }
            }
        }
        Ok(certificates)
    }

    /// What finds each of the keys again, in another session.
    fn private_keys(
        &self,
        token: &Token,
        (uri, scheme): (&Pkcs11Uri, Scheme),
        pin: Option<&SecretString>,
    ) -> Result<Vec<Vec<Attribute>>, Pkcs11Error> {
        let failed = |error| Pkcs11Error::of(&token.label, &error);
        let session = self.open(token, pin)?;
        let mut template = named(uri);
        template.push(Attribute::Class(ObjectClass::PRIVATE_KEY));
        template.push(Attribute::KeyType(scheme.key_type()));
        let keys = session.find_objects(&template).map_err(failed)?;
        let again = |key: &ObjectHandle| {
            let wanted = [AttributeType::Id, AttributeType::Label];
            let mut attributes = session.get_attributes(*key, &wanted)?;
            attributes.push(Attribute::Class(ObjectClass::PRIVATE_KEY));
            attributes.push(Attribute::KeyType(scheme.key_type()));
            Ok(attributes)
        };
        keys.iter()
            .map(again)
            .collect::<Result<_, _>>()
            .map_err(failed)
    }
}

/// Shows the library.
impl fmt::Debug for Pkcs11Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pkcs11Module").field(&self.library).finish()
    }
}

fn allows_token(uri: &Pkcs11Uri, token: &TokenInfo) -> bool {
    uri.allows("token", token.label())
        && uri.allows("manufacturer", token.manufacturer_id())
        && uri.allows("serial", token.serial_number())
        && uri.allows("model", token.model())
}

fn allows_slot(uri: &Pkcs11Uri, slot: Slot, info: &SlotInfo) -> bool {
    uri.allows("slot-description", info.slot_description())
        && uri.allows("slot-manufacturer", info.manufacturer_id())
        && uri.allows("slot-id", &slot.id().to_string())
}

/// A PIN is shown to one token at the most: a wrong one counts there.
fn check_one_guarded(tokens: &[Token], uri: &Pkcs11Uri) -> Result<(), Pkcs11Error> {
    let guarded = tokens.iter().filter(|token| token.wants_login);
    let guarded: Vec<String> = guarded.map(|token| token.label.clone()).collect();
    if guarded.len() <= 1 {
        return Ok(());
    }
    Err(Pkcs11Error::SeveralTokens {
        uri: uri.to_string(),
        tokens: guarded,
    })
}

/// The object that `uri` names.
fn named(uri: &Pkcs11Uri) -> Vec<Attribute> {
    let label = uri.object.as_ref();
    let label = label.map(|label| Attribute::Label(label.as_bytes().to_vec()));
    let id = uri.id.as_ref().map(|id| Attribute::Id(id.clone()));
    label.into_iter().chain(id).collect()
}

/// What is signed to show that a key is the certificate's.
const PROBE: &[u8] = b"iamra: does this key belong to this certificate?";
