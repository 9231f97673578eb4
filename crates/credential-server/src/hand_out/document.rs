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
    // Large enough for any session token: a buffer that grows leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(ROOM));
    match serde_json::to_writer(&mut *text, document) {
        Ok(()) => Bytes::from_owner(text),
        // Strings into memory: neither can fail. An empty body is no credentials.
        Err(_) => Bytes::new(),
    }
}

const ROOM: usize = 8192;
