//! Messages and config of kubelet's credential providers.

use std::time::Duration;

use ecr_auth::{
    CacheKeyType, CredentialProviderRequest, CredentialProviderResponse, KubeletError,
    RegistryLogin,
};
use secrecy::ExposeSecret;

const HEAD: &str =
    r#""kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1""#;

#[test]
fn a_request_names_an_image() {
    for (image, registry) in [
        ("public.ecr.aws/nginx/nginx", "public.ecr.aws"),
        ("127.0.0.1:5000/app", "127.0.0.1:5000"),
        ("[::1]:5000/app", "[::1]:5000"),
        ("app", "app"),
    ] {
        let request = parse(&format!(r#"{{{HEAD},"image":"{image}"}}"#)).unwrap();
        assert_eq!(request.image(), image);
        assert_eq!(request.registry(), registry);
        assert!(request.service_account_token().is_none());
        assert!(request.service_account_annotations().is_empty());
    }
}

#[test]
fn a_request_may_bring_a_service_account_and_does_not_show_its_token() {
    let request = parse(&format!(
        r#"{{{HEAD},"image":"h/i","serviceAccountToken":"hunter2","serviceAccountAnnotations":{{"iamra.dev/role":"r"}}}}"#
    ))
    .unwrap();
    let token = request.service_account_token().unwrap();
    assert_eq!(token.expose_secret(), "hunter2");
    assert_eq!(request.service_account_annotations()["iamra.dev/role"], "r");
    assert_eq!(
        format!("{request:?}"),
        r#"CredentialProviderRequest { image: "h/i", service_account_token: Some("redacted"), service_account_annotations: {"iamra.dev/role": "r"} }"#
    );
    let empty = format!(r#"{{{HEAD},"image":"h/i","serviceAccountToken":""}}"#);
    assert!(parse(&empty).unwrap().service_account_token().is_none());
}

#[test]
fn other_requests_are_refused_and_no_value_is_shown() {
    for (request, message) in [
        ("", "the request of kubelet cannot be read"),
        ("{} {}", "the request of kubelet cannot be read"),
        ("{}", "the request of kubelet has no kind"),
        (
            r#"{"kind":"CredentialProviderResponse"}"#,
            r#""CredentialProviderResponse" is not a CredentialProviderRequest: kubelet runs this program, nobody else"#,
        ),
        (
            r#"{"kind":"CredentialProviderRequest"}"#,
            "the request of kubelet has no apiVersion",
        ),
        (
            r#"{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1beta1","x":1}"#,
            "kubelet asks in \"credentialprovider.kubelet.k8s.io/v1beta1\": set `apiVersion: \
             credentialprovider.kubelet.k8s.io/v1` for this provider in the file of its flag \
             --image-credential-provider-config",
        ),
        ("{HEAD}", "the request of kubelet has no image"),
        (
            r#"{HEAD,"image":""}"#,
            "the request of kubelet has no image",
        ),
        (
            r#"{HEAD,"image":5}"#,
            "image in the request of kubelet is not a string",
        ),
        (
            r#"{HEAD,"image":"i","serviceAccountToken":["hunter2"]}"#,
            "serviceAccountToken in the request of kubelet is not a string",
        ),
        (
            r#"{HEAD,"image":"i","serviceAccountToken":null}"#,
            "serviceAccountToken in the request of kubelet is not a string",
        ),
        (
            r#"{HEAD,"image":"i","serviceAccountAnnotations":"hunter2"}"#,
            "serviceAccountAnnotations in the request of kubelet is not a map of strings",
        ),
        (
            r#"{HEAD,"image":"i","serviceAccountAnnotations":{"a":1}}"#,
            "serviceAccountAnnotations in the request of kubelet is not a map of strings",
        ),
        (
            r#"{HEAD,"image":"i","podName":"p"}"#,
            "the request of kubelet has a field \"podName\" that is not in \
             credentialprovider.kubelet.k8s.io/v1",
        ),
        (
            r#"{HEAD,"image":"i","image":"j"}"#,
            "the request of kubelet cannot be read",
        ),
        (
            r#"{HEAD,"image":"i","serviceAccountAnnotations":{"a":"","a":""}}"#,
            "the request of kubelet cannot be read",
        ),
    ] {
        let refused = parse(&request.replace("HEAD", HEAD)).unwrap_err();
        assert_eq!(refused.to_string(), message);
        assert!(!format!("{refused:?}").contains("hunter2"));
    }
}

#[test]
fn an_answer_has_these_fields_and_no_other() {
    let login = |host, password: &str| RegistryLogin::new(host, "AWS", password.into()).unwrap();
    let logins = vec![login("b.example", "q"), login("a.example", "p")];
    let life = Duration::from_millis(19_800_900);
    let response = CredentialProviderResponse::new(logins, CacheKeyType::Registry, life);
    assert_eq!(
        str::from_utf8(&response.to_json()).unwrap(),
        concat!(
            r#"{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","#,
            r#""cacheKeyType":"Registry","cacheDuration":"5h30m0s","#,
            r#""auth":{"a.example":{"username":"AWS","password":"p"},"b.example":{"username":"AWS","password":"q"}}}"#,
        )
    );
    assert_eq!(
        format!("{response:?}"),
        concat!(
            r#"CredentialProviderResponse { logins: Some(["#,
            r#"RegistryLogin { host: "b.example", username: "AWS", .. }, "#,
            r#"RegistryLogin { host: "a.example", username: "AWS", .. }]), "#,
            "cache_key_type: Registry, cache_duration: 19800.9s }",
        )
    );

    for (key_type, name) in [
        (CacheKeyType::Image, "Image"),
        (CacheKeyType::Global, "Global"),
    ] {
        let nothing = CredentialProviderResponse::nothing(key_type, Duration::ZERO);
        assert_eq!(
            str::from_utf8(&nothing.to_json()).unwrap(),
            format!(
                r#"{{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"{name}","cacheDuration":"0s","auth":null}}"#
            )
        );
    }
}

fn parse(text: &str) -> Result<CredentialProviderRequest, KubeletError> {
    CredentialProviderRequest::parse(text.as_bytes())
}
