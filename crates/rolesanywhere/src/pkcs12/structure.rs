//! The structure of the file (RFC 7292, section 4). Attributes of bags are
//! passed over: which certificate is the key's is seen from the keys.

use der::asn1::{Any, AnyRef, ObjectIdentifier, OctetString};
use der::{Decode as _, Reader, Sequence, SliceReader};
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use super::InvalidPkcs12;
use super::mac::Mac;

/// `PFX`: the file.
pub(super) struct Pfx {
    /// `AuthenticatedSafe` in DER: what the MAC is over.
    /// In a file without a passphrase, the key stands here.
    pub(super) contents: Zeroizing<Vec<u8>>,
    pub(super) mac: Option<Mac>,
}

/// A part of the file: some bags.
pub(super) enum Content {
    Plain(Vec<Bag>),
    Encrypted(AlgorithmIdentifierOwned, Vec<u8>),
}

/// What may be in a file.
pub(super) enum Bag {
    /// A PKCS#8 key.
    Key(Zeroizing<Vec<u8>>),
    /// A PKCS#8 key behind a passphrase.
    ShroudedKey(AlgorithmIdentifierOwned, Vec<u8>),
    Certificate(Vec<u8>),
    /// A list of revocations, a secret, bags in a bag.
    Other,
}

#[derive(Sequence)]
struct ContentInfo {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: Any,
}

#[derive(Sequence)]
struct DigestInfo {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

#[derive(Sequence)]
struct EncryptedData {
    version: u8,
    info: EncryptedContentInfo,
}

#[derive(Sequence)]
struct EncryptedContentInfo {
    content_type: ObjectIdentifier,
    algorithm: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    encrypted: OctetString,
}

#[derive(Sequence)]
struct ShroudedKey {
    algorithm: AlgorithmIdentifierOwned,
    encrypted: OctetString,
}

#[derive(Sequence)]
struct CertificateBag {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    value: OctetString,
}

impl Pfx {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, InvalidPkcs12> {
        let parsed = SliceReader::new(bytes).and_then(|mut reader| {
            let parsed = reader.sequence(|reader| {
                u8::decode(reader)?;
                let safe = ContentInfo::decode(reader)?;
                let mac = if reader.is_finished() {
                    None
                } else {
                    Some(mac(reader)?)
                };
                Ok::<_, der::Error>((safe, mac))
            })?;
            reader.finish()?;
            Ok(parsed)
        });
        let (safe, mac) = parsed.map_err(|_| InvalidPkcs12::Damaged)?;
        if safe.content_type != DATA {
            return Err(InvalidPkcs12::Unsupported {
                scheme: format!("public keys ({})", safe.content_type),
            });
        }
        let contents = safe.content.decode_as::<OctetString>();
        let contents = contents.map_err(|_| InvalidPkcs12::Damaged)?;
        Ok(Self {
            contents: Zeroizing::new(contents.into_bytes().into()),
            mac,
        })
    }

    pub(super) fn contents(&self) -> Result<Vec<Content>, InvalidPkcs12> {
        let contents = Vec::<ContentInfo>::from_der(&self.contents);
        let contents = contents.map_err(|_| InvalidPkcs12::Damaged)?;
        contents.iter().map(content).collect()
    }
}

/// `SafeContents`: bags one after the other.
pub(super) fn bags(der: &[u8]) -> Result<Vec<Bag>, InvalidPkcs12> {
    let bags = SliceReader::new(der).and_then(|mut reader| {
        reader.sequence(|reader| {
            let mut bags = Vec::new();
            while !reader.is_finished() {
                bags.push(bag(reader)?);
            }
            Ok::<_, der::Error>(bags)
        })
    });
    bags.map_err(|_| InvalidPkcs12::Damaged)
}

fn mac<'a>(reader: &mut impl Reader<'a>) -> der::Result<Mac> {
    reader.sequence(|reader| {
        let info = DigestInfo::decode(reader)?;
        let salt = OctetString::decode(reader)?;
        let iterations = if reader.is_finished() {
            1
        } else {
            u32::decode(reader)?
        };
        Ok(Mac {
            algorithm: info.algorithm,
            tag: info.digest,
            salt,
            iterations,
        })
    })
}

fn content(info: &ContentInfo) -> Result<Content, InvalidPkcs12> {
    match info.content_type {
        DATA => {
            let safe = info.content.decode_as::<OctetString>();
            let safe = safe.map_err(|_| InvalidPkcs12::Damaged)?;
            bags(safe.as_bytes()).map(Content::Plain)
        }
        ENCRYPTED_DATA => {
            let data = info.content.decode_as::<EncryptedData>();
            let EncryptedData { info, .. } = data.map_err(|_| InvalidPkcs12::Damaged)?;
            Ok(Content::Encrypted(
                info.algorithm,
                info.encrypted.into_bytes().into(),
            ))
        }
        other => Err(InvalidPkcs12::Unsupported {
            scheme: format!("public keys ({other})"),
        }),
    }
}

/// `SafeBag`.
fn bag<'a>(reader: &mut impl Reader<'a>) -> der::Result<Bag> {
    reader.sequence(|reader| {
        let id = ObjectIdentifier::decode(reader)?;
        // Borrowed: what it is a copy of may be a key.
        let value = AnyRef::decode(reader)?;
        while !reader.is_finished() {
            AnyRef::decode(reader)?;
        }
        // `[0] EXPLICIT`: the value is what stands in it.
        let value = Zeroizing::new(value.value().to_vec());
        Ok::<_, der::Error>(match id {
            KEY_BAG => Bag::Key(value),
            SHROUDED_KEY_BAG => {
                let key = ShroudedKey::from_der(&value)?;
                Bag::ShroudedKey(key.algorithm, key.encrypted.into_bytes().into())
            }
            CERTIFICATE_BAG => {
                let bag = CertificateBag::from_der(&value)?;
                match bag.kind {
                    X509_CERTIFICATE => Bag::Certificate(bag.value.into_bytes().into()),
                    _ => Bag::Other,
                }
            }
            _ => Bag::Other,
        })
    })
}

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");
const SHROUDED_KEY_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
