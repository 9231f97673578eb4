//! The one image that there is.

use iamra_sandbox::Operation;
use serde_json::Value;

use super::{OURS, ask};
use crate::ecr::password;
use crate::sts::session;

/// The image that is under every tag, as skopeo and sha256sum see it.
pub(crate) const IMAGE: &str =
    "sha256:6ba4fa0cd9498e43a74bb5af94dff1b05bca4325840786397820fc2fb1830135";

#[tokio::test]
async fn an_image_can_be_pulled() {
    let it = session().await;
    let password = password(&it, "us-east-1").await;
    let by_tag = ask(&it, Some(OURS), "/v2/team/app/manifests/1", &password).await;
    assert_eq!(by_tag.headers()["docker-content-digest"], IMAGE);
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    assert_eq!(by_tag.headers()["content-type"], media_type);
    let by_tag = by_tag.bytes().await.unwrap();
    assert_eq!(digest(&by_tag), IMAGE);
    let path = format!("/v2/team/app/manifests/{IMAGE}");
    let by_digest = ask(&it, Some(OURS), &path, &password).await;
    assert_eq!(by_digest.bytes().await.unwrap(), by_tag);
    let manifest: Value = serde_json::from_slice(&by_tag).unwrap();
    for blob in [&manifest["config"], &manifest["layers"][0]] {
        let wanted = blob["digest"].as_str().unwrap();
        let path = format!("/v2/team/app/blobs/{wanted}");
        let bytes = ask(&it, Some(OURS), &path, &password)
            .await
            .bytes()
            .await
            .unwrap();
        assert_eq!(digest(&bytes), wanted);
        assert_eq!(blob["size"].as_u64(), u64::try_from(bytes.len()).ok());
    }
    let requests = it.running.requests();
    assert_eq!(requests.count(Operation::RegistryManifest), 2);
    assert_eq!(requests.count(Operation::RegistryBlob), 2);
    assert_eq!(requests.hosts(Operation::RegistryBlob), [OURS]);
}

fn digest(bytes: &[u8]) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    format!("sha256:{}", hex::encode(hash))
}

#[tokio::test]
async fn head_has_the_headers_alone() {
    let it = session().await;
    let password = password(&it, "us-east-1").await;
    let url = it.running.aws_http_url() + "/v2/team/app/manifests/latest";
    let request = it
        .running
        .client
        .head(url)
        .basic_auth("AWS", Some(password));
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["docker-content-digest"], IMAGE);
    assert_ne!(response.headers()["content-length"], "0");
    assert_eq!(response.bytes().await.unwrap().len(), 0);
}
