use der::asn1::{
    Any, BitString, Ia5String, ObjectIdentifier, OctetString, SetOfVec, Utf8StringRef,
};
use der::pem::LineEnding;
use der::{Decode as _, Encode as _, EncodePem as _};
use x509_cert::attr::{Attribute, AttributeTypeAndValue, Attributes};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName as Extended;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::request::{CertReq, CertReqInfo, ExtensionReq, Version};

use crate::{KeyPair, Names, SubjectAltName};

/// RFC 4519, section 2.3.
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// RFC 5280, section 4.2.1.6.
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");

/// A certification request (CSR, RFC 2986) in PEM, with all names in it.
///
/// A role takes names from the request and drops those in its parameters, so
/// what is not in here is not in the certificate.
pub(crate) fn signing_request(key: &KeyPair, names: &Names) -> der::Result<String> {
    let failed = |_| der::Error::from(der::ErrorKind::Failed);
    let info = CertReqInfo {
        version: Version::V1,
        subject: subject(names)?,
        public_key: key.public_key().map_err(failed)?,
        attributes: attributes(names)?,
    };
    let signature = key.sign(&info.to_der()?).map_err(failed)?;
    let request = CertReq {
        info,
        algorithm: key.signature_algorithm(),
        signature: BitString::from_bytes(&signature)?,
    };
    request.to_pem(LineEnding::LF)
}

/// Made of the text itself: the string form of a name (RFC 4514) gives commas,
/// pluses and hashes a meaning.
fn subject(names: &Names) -> der::Result<Name> {
    let mut sequence = Vec::new();
    if let Some(common_name) = &names.common_name {
        let attribute = AttributeTypeAndValue {
            oid: COMMON_NAME,
            value: Any::from(Utf8StringRef::new(common_name)?),
        };
        sequence.push(RelativeDistinguishedName::try_from(vec![attribute])?);
    }
    Name::from_der(&RdnSequence::from(sequence).to_der()?)
}

fn attributes(names: &Names) -> der::Result<Attributes> {
    let alternatives: Vec<_> = names
        .subject_alt_names()
        .iter()
        .map(general_name)
        .collect::<Result<_, _>>()?;
    let mut attributes = SetOfVec::new();
    if !alternatives.is_empty() {
        let extension = Extension {
            extn_id: SUBJECT_ALT_NAME,
            // "MUST be critical" where there is no subject.
            critical: names.common_name.is_none(),
            extn_value: OctetString::new(Extended(alternatives).to_der()?)?,
        };
        attributes.insert(Attribute::try_from(ExtensionReq(vec![extension]))?)?;
    }
    Ok(attributes)
}

fn general_name(name: &SubjectAltName) -> der::Result<GeneralName> {
    Ok(match name {
        SubjectAltName::Dns(name) => GeneralName::DnsName(Ia5String::new(name)?),
        SubjectAltName::Ip(address) => GeneralName::from(*address),
        SubjectAltName::Uri(uri) => GeneralName::UniformResourceIdentifier(Ia5String::new(uri)?),
        SubjectAltName::Email(address) => GeneralName::Rfc822Name(Ia5String::new(address)?),
    })
}

#[cfg(test)]
mod tests;
