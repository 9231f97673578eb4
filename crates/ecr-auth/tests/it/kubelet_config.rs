//! The file that tells kubelet of a provider, read back by a YAML parser.

use aws_partition::{Endpoint, Partition, Region};
use ecr_auth::{
    CredentialProviderConfig, KubeletError, RegistryHost, TokenAttributes, TokenCacheType,
    ecr_match_images,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::Deserialize;

/// As kubelet has them; it refuses other fields.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Config {
    api_version: String,
    kind: String,
    providers: Vec<Provider>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Provider {
    name: String,
    api_version: String,
    match_images: Vec<String>,
    default_cache_duration: String,
    #[serde(default)]
    args: Vec<String>,
    token_attributes: Option<Attributes>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Attributes {
    service_account_token_audience: String,
    cache_type: String,
    require_service_account: bool,
    #[serde(default)]
    optional_service_account_annotation_keys: Vec<String>,
}

#[test]
fn the_file_is_for_people_too() {
    let config = CredentialProviderConfig::new("iamra", vec!["public.ecr.aws".to_owned()])
        .unwrap()
        .arg("--config=/etc/iamra/config.toml")
        .token_attributes(TokenAttributes {
            audience: "iamra".to_owned(),
            cache_type: TokenCacheType::ServiceAccount,
            optional_annotation_keys: vec!["iamra.dev/role-arn".to_owned()],
        });
    assert_eq!(
        config.to_yaml(),
        r#"apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
- name: "iamra"
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  matchImages:
  - "public.ecr.aws"
  defaultCacheDuration: "0s"
  args:
  - "--config=/etc/iamra/config.toml"
  tokenAttributes:
    serviceAccountTokenAudience: "iamra"
    cacheType: ServiceAccount
    requireServiceAccount: false
    optionalServiceAccountAnnotationKeys:
    - "iamra.dev/role-arn"
"#
    );
}

#[test]
fn names_that_are_no_file_and_empty_lists_are_refused() {
    for name in ["", ".", "..", "a/b", "a b", "a\n"] {
        let refused = CredentialProviderConfig::new(name, ecr_match_images()).unwrap_err();
        let name = name.to_owned();
        assert_eq!(refused, KubeletError::ProviderName { name });
    }
    let refused = CredentialProviderConfig::new("iamra", Vec::new()).unwrap_err();
    assert_eq!(refused, KubeletError::NoImages);
}

/// Those of the reference, and one for each host that there can be.
#[test]
fn globs_match_every_registry_and_nothing_else() {
    let globs = ecr_match_images();
    for glob in [
        "*.dkr.ecr.*.amazonaws.com",
        "*.dkr-ecr.*.on.aws",
        "*.dkr.ecr-fips.*.amazonaws.com",
        "*.dkr-ecr-fips.*.on.aws",
        "*.dkr.ecr.*.amazonaws.com.cn",
        "*.dkr-ecr.*.on.amazonwebservices.com.cn",
        "*.dkr.ecr.*.amazonaws.eu",
        "*.dkr.ecr.*.c2s.ic.gov",
        "*.dkr.ecr.*.sc2s.sgov.gov",
        "*.dkr.ecr.*.cloud.adc-e.uk",
        "*.dkr.ecr.*.csp.hci.ic.gov",
        "public.ecr.aws",
        "ecr-public.aws.com",
    ] {
        assert!(globs.iter().any(|it| it == glob), "{glob}");
    }
    let mut used = vec![0; globs.len()];
    for host in hosts() {
        let matching: Vec<usize> = (0..globs.len())
            .filter(|&index| matches(&globs[index], host.as_str()))
            .collect();
        assert_eq!(matching.len(), 1, "{host}");
        used[matching[0]] += 1;
    }
    assert!(used.iter().all(|&times| times > 0), "{used:?}");
}

/// One of each kind in each partition.
fn hosts() -> Vec<RegistryHost> {
    let account = "123456789012".parse().unwrap();
    let mut hosts = vec![RegistryHost::public(false), RegistryHost::public(true)];
    let mut partitions = Vec::new();
    for region in [
        "eu-central-1",
        "cn-north-1",
        "us-gov-west-1",
        "eusc-de-east-1",
        "us-iso-east-1",
        "us-isob-east-1",
        "eu-isoe-west-1",
        "us-isof-south-1",
    ] {
        let region: Region = region.parse().unwrap();
        partitions.push(region.partition());
        for (fips, dual_stack) in [(false, false), (false, true), (true, false), (true, true)] {
            let endpoint = Endpoint { fips, dual_stack };
            hosts.extend(RegistryHost::private(&account, &region, endpoint));
        }
    }
    assert_eq!(partitions.len(), Partition::ALL.len());
    hosts
}

/// Kubelet's rule, as far as our globs need it: label by label.
fn matches(glob: &str, host: &str) -> bool {
    let (glob, host): (Vec<&str>, Vec<&str>) =
        (glob.split('.').collect(), host.split('.').collect());
    let alike = |(glob, label): (&&str, &&str)| *glob == "*" || glob == label;
    glob.len() == host.len() && glob.iter().zip(&host).all(alike)
}

/// Texts that YAML could take for something else.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9:#*&!%@`'\"\\\\{}\\[\\],.~?|>=-]{0,12}",
        any::<String>(),
        prop::sample::select(vec![
            "",
            "yes",
            "null",
            "1e3",
            "0x1F",
            "12:30:45",
            "- a",
            " a ",
            "<<",
            "a\nb",
            "\u{85}\u{2028}\u{7f}"
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        match_images in vec(text(), 1..4),
        args in vec(text(), 0..4),
        attributes in prop::option::of((text(), vec(text(), 0..3))),
    ) {
        let mut config = CredentialProviderConfig::new("iamra", match_images.clone()).unwrap();
        config = args.iter().fold(config, |config, arg| config.arg(arg));
        if let Some((audience, keys)) = attributes.clone() {
            config = config.token_attributes(TokenAttributes {
                audience,
                cache_type: TokenCacheType::Token,
                optional_annotation_keys: keys,
            });
        }
        let read: Config = serde_saphyr::from_str(&config.to_yaml()).unwrap();
        prop_assert_eq!(read, Config {
            api_version: "kubelet.config.k8s.io/v1".to_owned(),
            kind: "CredentialProviderConfig".to_owned(),
            providers: vec![Provider {
                name: "iamra".to_owned(),
                api_version: "credentialprovider.kubelet.k8s.io/v1".to_owned(),
                match_images,
                default_cache_duration: "0s".to_owned(),
                args,
                token_attributes: attributes.map(|(audience, keys)| Attributes {
                    service_account_token_audience: audience,
                    cache_type: "Token".to_owned(),
                    require_service_account: false,
                    optional_service_account_annotation_keys: keys,
                }),
            }],
        });
    }
}
