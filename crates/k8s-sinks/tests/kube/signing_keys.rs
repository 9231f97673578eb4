use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::somebody::{nobody, service_account, token};
use crate::testbed::Testbed;

fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    let part = BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
    serde_json::from_slice(&part).unwrap()
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn the_key_of_a_token_is_among_those_that_are_published() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = service_account(testbed, "web", json!({})).await;
    let token = token(testbed, (&namespace, "web"), json!({"audiences": ["pods"]})).await;
    // By the rights of every service account.
    for cluster in [testbed.cluster(), nobody(testbed).await] {
        let keys = cluster.service_account_keys().await.unwrap();
        let keys: Value = serde_json::from_slice(&keys).unwrap();
        let [key] = &keys["keys"].as_array().unwrap()[..] else {
            panic!("{keys}");
        };
        let header = part(&token, 0);
        assert_eq!((&key["kid"], &key["alg"]), (&header["kid"], &header["alg"]));
        assert!(verifies(key, &token));
        let issuer = cluster.service_account_issuer().await.unwrap();
        assert_eq!(part(&token, 1)["iss"], issuer);
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn who_may_not_read_them_is_told_the_path() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let kubeconfig = std::fs::read_to_string(testbed.state("kubeconfig.nobody")).unwrap();
    let token = kubeconfig
        .lines()
        .find_map(|line| line.trim().strip_prefix("token: "));
    let cluster = testbed.cluster_of(token.unwrap());
    let error = cluster
        .service_account_keys()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("not allowed to get /openid/v1/jwks: "),
        "{error}"
    );
    let error = cluster.service_account_issuer().await.unwrap_err();
    let expected = "not allowed to get /.well-known/openid-configuration: ";
    assert!(error.to_string().starts_with(expected), "{error}");
}

/// RS256.
fn verifies(key: &Value, token: &str) -> bool {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
    let number = |name: &str| {
        let number = key[name].as_str().unwrap();
        BASE64_URL_SAFE_NO_PAD.decode(number).unwrap()
    };
    let (n, e) = (number("n"), number("e"));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let key = RsaPublicKeyComponents { n, e };
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
        .is_ok()
}
