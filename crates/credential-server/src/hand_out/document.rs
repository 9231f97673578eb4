use std::io;

use bytes::Bytes;
use serde::Serialize;
use zeroize::Zeroizing;

use super::HandOut;

/// As the container agents of ECS and EKS write it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Container<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<&'a str>,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    token: &'a str,
    expiration: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
}

/// As EC2's metadata service writes it, in its order.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Instance<'a> {
    code: &'a str,
    last_updated: &'a str,
    r#type: &'a str,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    token: &'a str,
    expiration: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
}

pub(super) fn container(hand_out: &HandOut) -> Bytes {
    let credentials = &hand_out.credentials;
    render(&Container {
        role_arn: hand_out.role_arn(),
        access_key_id: credentials.access_key_id(),
        secret_access_key: credentials.secret_access_key(),
        token: credentials.session_token().unwrap_or_default(),
        expiration: &hand_out.expiration,
        account_id: hand_out.account_id(),
    })
}

pub(super) fn instance(hand_out: &HandOut, account_id: Option<&str>) -> Bytes {
    let credentials = &hand_out.credentials;
    render(&Instance {
        code: "Success",
        last_updated: &hand_out.last_updated,
        r#type: "AWS-HMAC",
        access_key_id: credentials.access_key_id(),
        secret_access_key: credentials.secret_access_key(),
        token: credentials.session_token().unwrap_or_default(),
        expiration: &hand_out.expiration,
        account_id,
    })
}

fn render(document: &impl Serialize) -> Bytes {
    // Measured first: a buffer that grows leaves copies behind.
    let mut length = Length(0);
    let measured = serde_json::to_writer(&mut length, document);
    let mut text = Zeroizing::new(Vec::with_capacity(length.0));
    match measured.and_then(|()| serde_json::to_writer(&mut *text, document)) {
        Ok(()) => Bytes::from_owner(text),
        // Strings into memory: neither can fail. An empty body is no credentials.
        Err(_) => Bytes::new(),
    }
}

/// Counts what is written.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_fills_its_buffer() {
        // Escapes are longer than what they stand for.
        let document = ["a\"b\u{1}", "c"];
        let mut length = Length(0);
        serde_json::to_writer(&mut length, &document).unwrap();
        let rendered = render(&document);
        assert_eq!(&rendered[..], br#"["a\"b\u0001","c"]"#);
        assert_eq!(rendered.len(), length.0);
    }
}
