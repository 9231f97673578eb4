use der::{
    Decode as _, Encode as _, ErrorKind, Sequence, ValueOrd,
    asn1::{Any, BmpString, Null, ObjectIdentifier, OctetString, SetOfVec},
};
use pkcs5::EncryptionScheme;

/// `PFX` (RFC 7292, section 4): the file.
#[derive(Sequence)]
pub(super) struct Pfx {
    version: u8,
    auth_safe: ContentInfo,
    mac_data: MacData,
}

impl Pfx {
    /// `AuthenticatedSafe`: what the MAC is over. The certificates are
    /// encrypted as a whole, the key in its bag.
    pub(super) fn contents(certificates: &EncryptedContents, key: Bag) -> der::Result<Vec<u8>> {
        let certificates = ContentInfo {
            content_type: ENCRYPTED_DATA,
            content: Any::encode_from(certificates)?,
        };
        vec![certificates, ContentInfo::data(&vec![key].to_der()?)?].to_der()
    }

    pub(super) fn new(
        contents: &[u8],
        tag: impl AsRef<[u8]>,
        salt: &[u8],
        iterations: u32,
    ) -> der::Result<Self> {
        let algorithm = Algorithm {
            algorithm: SHA256,
            parameters: Null,
        };
        let mac = DigestInfo {
            algorithm,
            digest: OctetString::new(tag.as_ref())?,
        };
        Ok(Self {
            version: 3,
            auth_safe: ContentInfo::data(contents)?,
            mac_data: MacData {
                mac,
                salt: OctetString::new(salt)?,
                iterations,
            },
        })
    }

    /// The certificates and the key, where the file has the form that we give
    /// it: anything else is an error.
    pub(super) fn encrypted(&self) -> der::Result<(EncryptedContents, ShroudedKey)> {
        let contents = Vec::<ContentInfo>::from_der(self.auth_safe.bytes()?.as_bytes())?;
        let [certificates, keys] = contents.as_slice() else {
            return Err(ErrorKind::Failed.into());
        };
        let keys = Vec::<Bag>::from_der(keys.bytes()?.as_bytes())?;
        let [key] = keys.as_slice() else {
            return Err(ErrorKind::Failed.into());
        };
        Ok((certificates.content.decode_as()?, key.value.decode_as()?))
    }
}

/// `ContentInfo` (RFC 5652, section 3).
#[derive(Sequence)]
struct ContentInfo {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: Any,
}

impl ContentInfo {
    fn data(bytes: &[u8]) -> der::Result<Self> {
        Ok(Self {
            content_type: DATA,
            content: Any::encode_from(&OctetString::new(bytes)?)?,
        })
    }

    fn bytes(&self) -> der::Result<OctetString> {
        self.content.decode_as()
    }
}

#[derive(Sequence)]
struct MacData {
    mac: DigestInfo,
    salt: OctetString,
    iterations: u32,
}

#[derive(Sequence)]
struct DigestInfo {
    algorithm: Algorithm,
    digest: OctetString,
}

#[derive(Sequence)]
struct Algorithm {
    algorithm: ObjectIdentifier,
    parameters: Null,
}

/// `EncryptedData` (RFC 5652, section 8) with bags in it.
#[derive(Sequence)]
pub(super) struct EncryptedContents {
    version: u8,
    info: EncryptedContentInfo,
}

#[derive(Sequence)]
struct EncryptedContentInfo {
    content_type: ObjectIdentifier,
    algorithm: EncryptionScheme,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    encrypted: OctetString,
}

impl EncryptedContents {
    pub(super) fn new(algorithm: EncryptionScheme, encrypted: Vec<u8>) -> der::Result<Self> {
        let info = EncryptedContentInfo {
            content_type: DATA,
            algorithm,
            encrypted: OctetString::new(encrypted)?,
        };
        Ok(Self { version: 0, info })
    }

    pub(super) fn parts(&self) -> (&EncryptionScheme, &[u8]) {
        (&self.info.algorithm, self.info.encrypted.as_bytes())
    }
}

/// `EncryptedPrivateKeyInfo` (RFC 5958).
#[derive(Sequence)]
pub(super) struct ShroudedKey {
    algorithm: EncryptionScheme,
    encrypted: OctetString,
}

impl ShroudedKey {
    pub(super) fn new(algorithm: EncryptionScheme, encrypted: Vec<u8>) -> der::Result<Self> {
        Ok(Self {
            algorithm,
            encrypted: OctetString::new(encrypted)?,
        })
    }

    pub(super) fn parts(&self) -> (&EncryptionScheme, &[u8]) {
        (&self.algorithm, self.encrypted.as_bytes())
    }
}

/// `SafeBag` (RFC 7292, section 4.2).
#[derive(Sequence)]
pub(super) struct Bag {
    id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    value: Any,
    #[asn1(optional = "true")]
    attributes: Option<Attributes>,
}

impl Bag {
    pub(super) fn key(key: &ShroudedKey, attributes: Attributes) -> der::Result<Self> {
        Ok(Self {
            id: SHROUDED_KEY_BAG,
            value: Any::encode_from(key)?,
            attributes: Some(attributes),
        })
    }

    pub(super) fn certificate(der: &[u8], attributes: Option<Attributes>) -> der::Result<Self> {
        let certificate = CertificateBag {
            kind: X509_CERTIFICATE,
            value: OctetString::new(der)?,
        };
        Ok(Self {
            id: CERTIFICATE_BAG,
            value: Any::encode_from(&certificate)?,
            attributes,
        })
    }

    /// The certificate in the bag.
    pub(super) fn into_certificate(self) -> der::Result<Vec<u8>> {
        let certificate: CertificateBag = self.value.decode_as()?;
        Ok(certificate.value.into_bytes().into())
    }
}

#[derive(Sequence)]
struct CertificateBag {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    value: OctetString,
}

/// What is said of a bag.
pub(super) type Attributes = SetOfVec<Attribute>;

#[derive(Clone, Sequence, ValueOrd)]
pub(super) struct Attribute {
    kind: ObjectIdentifier,
    values: SetOfVec<Any>,
}

/// The name that people see, and what ties a certificate to its key.
pub(super) fn attributes(
    friendly_name: &BmpString,
    local_key_id: &OctetString,
) -> der::Result<Attributes> {
    let attribute = |kind, value: der::Result<Any>| -> der::Result<Attribute> {
        let values = SetOfVec::try_from(vec![value?])?;
        Ok(Attribute { kind, values })
    };
    SetOfVec::try_from(vec![
        attribute(FRIENDLY_NAME, Any::encode_from(friendly_name))?,
        attribute(LOCAL_KEY_ID, Any::encode_from(local_key_id))?,
    ])
}

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const SHROUDED_KEY_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
