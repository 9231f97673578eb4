//! Names of registries: what is one, what is not and why, and what is made of
//! them.

use aws_partition::Endpoint;
use ecr_auth::{InvalidRegistryHost, RegistryHost, TokenScope};
use proptest::prelude::*;

#[test]
fn hosts_say_account_region_and_endpoint() {
    for (host, region, fips, dual_stack) in [
        (
            "123456789012.dkr.ecr.us-west-2.amazonaws.com",
            "us-west-2",
            false,
            false,
        ),
        (
            "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
            "us-east-1",
            true,
            false,
        ),
        (
            "123456789012.dkr-ecr.us-west-2.on.aws",
            "us-west-2",
            false,
            true,
        ),
        (
            "123456789012.dkr-ecr-fips.us-gov-east-1.on.aws",
            "us-gov-east-1",
            true,
            true,
        ),
        (
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
            "cn-north-1",
            false,
            false,
        ),
        (
            "123456789012.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn",
            "cn-northwest-1",
            false,
            true,
        ),
        (
            "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu",
            "eusc-de-east-1",
            false,
            false,
        ),
        (
            "123456789012.dkr-ecr.eusc-de-east-1.on.amazonwebservices.eu",
            "eusc-de-east-1",
            false,
            true,
        ),
        (
            "123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov",
            "us-iso-east-1",
            false,
            false,
        ),
        (
            "123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov",
            "us-isob-east-1",
            false,
            false,
        ),
        (
            "123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk",
            "eu-isoe-west-1",
            false,
            false,
        ),
        (
            "123456789012.dkr.ecr.us-isof-east-1.csp.hci.ic.gov",
            "us-isof-east-1",
            false,
            false,
        ),
    ] {
        let parsed: RegistryHost = host.parse().unwrap();
        assert_eq!(parsed.to_string(), host);
        assert_eq!(parsed.account().unwrap().as_str(), "123456789012");
        assert!(!parsed.is_public());
        let region = region.parse().unwrap();
        let endpoint = Endpoint { fips, dual_stack };
        assert_eq!(parsed.scope(), &TokenScope::Private { region, endpoint });
    }
}

#[test]
fn the_public_registry_has_two_names() {
    for (host, dual_stack) in [("public.ecr.aws", false), ("ecr-public.aws.com", true)] {
        let parsed: RegistryHost = host.parse().unwrap();
        assert!(parsed.is_public());
        assert_eq!(parsed.account(), None);
        assert_eq!(parsed.scope(), &TokenScope::Public { dual_stack });
    }
}

#[test]
fn case_port_and_the_last_dot_do_not_matter() {
    for text in [
        "123456789012.DKR.ECR.US-WEST-2.AMAZONAWS.COM",
        "123456789012.dkr.ecr.us-west-2.amazonaws.com.",
        "123456789012.dkr.ecr.us-west-2.amazonaws.com:443",
        "123456789012.dkr.ecr.us-west-2.amazonaws.com.:443",
    ] {
        let parsed: RegistryHost = text.parse().unwrap();
        assert_eq!(
            parsed.as_str(),
            "123456789012.dkr.ecr.us-west-2.amazonaws.com"
        );
    }
}

#[test]
fn references_lead_to_their_registry() {
    let host = "123456789012.dkr.ecr.us-west-2.amazonaws.com";
    for around in [
        "{}",
        "https://{}",
        "http://{}/",
        "HTTPS://{}/v2/",
        " {}/team/app:1.2\n",
        "{}/app@sha256:0000",
        "{}:443/app",
        "https://{}?x=y",
    ] {
        let text = around.replace("{}", host);
        assert_eq!(RegistryHost::in_reference(&text).unwrap().as_str(), host);
    }
}

/// What is wrong is said, and no password is.
#[test]
fn each_mistake_has_its_own_message() {
    for (text, message) in [
        ("", "the name of the registry is empty"),
        (":443", "the name of the registry is empty"),
        (
            "https://public.ecr.aws",
            r#""https://public.ecr.aws": the host alone, without "https://""#,
        ),
        (
            "public.ecr.aws/nginx",
            r#""public.ecr.aws/nginx": the host alone, without a path"#,
        ),
        (
            "AWS:secret@public.ecr.aws",
            r#""public.ecr.aws": the host alone, without a user or password before an @"#,
        ),
        (
            "https://AWS:secret@public.ecr.aws/x",
            r#""public.ecr.aws": the host alone, without a user or password before an @"#,
        ),
        (
            "public.ecr.aws:5000",
            r#""public.ecr.aws:5000": ECR has port 443 only, not "5000""#,
        ),
        (
            "public.ecr.aws:",
            r#""public.ecr.aws:": ECR has port 443 only, not """#,
        ),
        (
            "12345.dkr.ecr.us-west-2.amazonaws.com",
            r#""12345.dkr.ecr.us-west-2.amazonaws.com": the account must be twelve digits, not "12345""#,
        ),
        (
            "123456789012.dkr.ecr.us_west.amazonaws.com",
            r#""123456789012.dkr.ecr.us_west.amazonaws.com": invalid region"#,
        ),
        (
            "123456789012.dkr.ecr.us-west-2.amazonaws.com.cn",
            r#""123456789012.dkr.ecr.us-west-2.amazonaws.com.cn": in us-west-2, dkr.ecr is under amazonaws.com, not amazonaws.com.cn"#,
        ),
        (
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com",
            r#""123456789012.dkr.ecr.cn-north-1.amazonaws.com": in cn-north-1, dkr.ecr is under amazonaws.com.cn, not amazonaws.com"#,
        ),
        (
            "123456789012.dkr.ecr.us-west-2.on.aws",
            r#""123456789012.dkr.ecr.us-west-2.on.aws": in us-west-2, dkr.ecr is under amazonaws.com, not on.aws"#,
        ),
        (
            "123456789012.dkr-ecr.us-west-2.amazonaws.com",
            r#""123456789012.dkr-ecr.us-west-2.amazonaws.com": in us-west-2, dkr-ecr is under on.aws, not amazonaws.com"#,
        ),
        (
            "123456789012.dkr-ecr.us-iso-east-1.c2s.ic.gov",
            "no registries (dkr-ecr) are known in us-iso-east-1 that answer over IPv6",
        ),
    ] {
        let refused = text.parse::<RegistryHost>().unwrap_err();
        assert_eq!(refused.to_string(), message);
    }
}

#[test]
fn what_only_looks_like_ecr_is_none() {
    for text in [
        "docker.io",
        "ghcr.io",
        "amazonaws.com",
        "123456789012.dkr.ecr.us-west-2.amazonaws.com.evil.example",
        "123456789012.dkr.ecr.us-west-2.evil.example",
        "evil.123456789012.dkr.ecr.us-west-2.amazonaws.com",
        "123456789012.dkr.ecr.us-west-2.x.amazonaws.com",
        "123456789012.dkr.ecr..amazonaws.com",
        "123456789012.dkr.ecr.us-west-2.amazonaws.com..",
        "123456789012.dkr.starport.us-west-2.amazonaws.com",
        "api.ecr.us-west-2.amazonaws.com",
        "x.public.ecr.aws",
        "public.ecr.aws ",
        "[::1]",
    ] {
        let refused = text.parse::<RegistryHost>();
        assert!(
            matches!(
                refused,
                Err(InvalidRegistryHost::NotEcr { .. }
                    | InvalidRegistryHost::Region { .. }
                    | InvalidRegistryHost::Port { .. })
            ),
            "{refused:?}"
        );
    }
}

#[test]
fn other_schemes_are_named_and_long_texts_are_cut() {
    let refused = RegistryHost::in_reference("oci://public.ecr.aws").unwrap_err();
    assert_eq!(
        refused.to_string(),
        r#""oci://public.ecr.aws": the host alone, without "oci://""#
    );
    let long = "ü".repeat(1000);
    let refused = long.parse::<RegistryHost>().unwrap_err();
    let text = format!("{}…", "ü".repeat(100));
    assert_eq!(refused, InvalidRegistryHost::NotEcr { text });
}

fn region() -> impl Strategy<Value = String> {
    prop_oneof![
        "(us|eu|ap|cn|us-gov|eusc-de|us-iso|eu-isoe)-(east|north)-[1-9]",
        "[a-z0-9-]{1,12}",
    ]
}

proptest! {
    #[test]
    fn a_made_host_is_read_back(
        account in "[0-9]{12}",
        region in region(),
        fips: bool,
        dual_stack: bool,
    ) {
        let account = account.parse().unwrap();
        let Ok(region) = region.parse() else { return Ok(()) };
        let endpoint = Endpoint { fips, dual_stack };
        let Ok(made) = RegistryHost::private(&account, &region, endpoint) else {
            prop_assert!(dual_stack && region.partition().registry_dual_stack_suffix().is_none());
            return Ok(());
        };
        prop_assert_eq!(made.as_str().parse(), Ok(made.clone()));
        for (before, behind, same) in [("", "", true), ("https://", ":443/v2/", true), ("", "/team", false)] {
            let key = format!("{before}{made}{behind}");
            prop_assert_eq!(made.is_key_of(&key), same);
        }
        let image = format!("https://{}/team/app:1", made.as_str().to_ascii_uppercase());
        prop_assert_eq!(RegistryHost::in_reference(&image), Ok(made));
    }
}
