use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::x509::X509Name;

use super::Refusal;

/// Roles Anywhere makes session tags of subject, issuer and alternative names;
/// one that cannot be a tag value makes the call fail.
pub(super) fn check_mappable(certificate: &X509Certificate<'_>) -> Result<(), Refusal> {
    check_name("Subject", certificate.subject())?;
    check_name("Issuer", certificate.issuer())?;
    let Ok(Some(names)) = certificate.subject_alternative_name() else {
        return Ok(());
    };
    for name in &names.value.general_names {
        let (kind, value) = match name {
            GeneralName::DNSName(name) => ("DNS", name),
            GeneralName::URI(uri) => ("URI", uri),
            GeneralName::RFC822Name(address) => ("Email", address),
            _ => continue,
        };
        check_value("SAN", kind, value)?;
    }
    Ok(())
}

fn check_name(part: &str, name: &X509Name<'_>) -> Result<(), Refusal> {
    for attribute in name.iter_attributes() {
        let kind = oid2abbrev(attribute.attr_type(), oid_registry()).unwrap_or("attribute");
        check_value(part, kind, attribute.as_str().unwrap_or_default())?;
    }
    Ok(())
}

fn check_value(part: &str, kind: &str, value: &str) -> Result<(), Refusal> {
    if is_tag_value(value) {
        Ok(())
    } else {
        Err(Refusal::AttributeUnmappable {
            attribute: format!("{part}: [ {kind} ]"),
        })
    }
}

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}` (STS API reference, `Tag`).
fn is_tag_value(value: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    value.chars().count() <= 256 && value.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_values() {
        for (value, fits) in [
            ("host.example", true),
            ("spiffe://example.org/ns/a", true),
            ("Zoë Müller", true),
            ("", true),
            ("name (test)", false),
            ("*.example", false),
            ("a,b", false),
        ] {
            assert_eq!(is_tag_value(value), fits, "{value}");
        }
        assert!(is_tag_value(&"a".repeat(256)) && !is_tag_value(&"a".repeat(257)));
    }
}
