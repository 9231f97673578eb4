use serde_json::json;

/// What is signed of an image: which one it is, and as what.
///
/// [The payload](https://github.com/containers/image/blob/main/docs/containers-signature.5.md#json-data-format),
/// with cosign's type.
pub(super) fn payload(identity: &str, digest: &str) -> Vec<u8> {
    let payload = json!({
        "critical": {
            "identity": { "docker-reference": identity },
            "image": { "docker-manifest-digest": digest },
            "type": "cosign container image signature",
        },
        "optional": null,
    });
    payload.to_string().into_bytes()
}

pub(super) const MEDIA_TYPE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_cosign_signs() {
        let payload = payload("registry.example/iamra", "sha256:abc");
        assert_eq!(
            String::from_utf8(payload).unwrap(),
            "{\"critical\":{\"identity\":{\"docker-reference\":\"registry.example/iamra\"},\
             \"image\":{\"docker-manifest-digest\":\"sha256:abc\"},\
             \"type\":\"cosign container image signature\"},\"optional\":null}"
        );
    }
}
