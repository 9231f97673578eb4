use serde_json::json;

use super::*;

fn account(domain: &str, annotations: &[(&str, &str)]) -> (AccountAnnotations, Vec<String>) {
    let annotations = annotations
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let (read, warnings) = AccountAnnotations::parse(&domain.parse().unwrap(), &annotations);
    (read, warnings.iter().map(ToString::to_string).collect())
}

#[test]
fn an_account_says_what_its_pods_have() {
    let annotations = [
        (
            "iamra.dev/role-arn",
            "arn:aws:iam::111122223333:role/app/web",
        ),
        (
            "iamra.dev/profile-arn",
            "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/p",
        ),
        ("iamra.dev/audience", "sts.amazonaws.com"),
        ("iamra.dev/token-expiration", "60"),
        ("iamra.dev/sts-regional-endpoints", "T"),
        (
            "eks.amazonaws.com/role-arn",
            "arn:aws:iam::111122223333:role/eks",
        ),
    ];
    let (read, warnings) = account("iamra.dev", &annotations);
    assert_eq!(warnings, [""; 0]);
    assert_eq!(read.role_arn.unwrap().resource, "role/app/web");
    assert_eq!(read.profile_arn.unwrap().resource, "profile/p");
    assert_eq!(read.audience.as_deref(), Some("sts.amazonaws.com"));
    assert_eq!(read.token_expiration, Some(TokenExpiration::SHORTEST));
    assert_eq!(read.regional_sts, Some(true));

    let (read, _) = account("eks.amazonaws.com", &annotations);
    assert_eq!(read.role_arn.unwrap().resource, "role/eks");
    assert_eq!(read.audience, None);

    let (read, _) = account("example.com", &annotations);
    assert_eq!(read, AccountAnnotations::default());
}

#[test]
fn what_cannot_be_read_is_a_warning() {
    let (read, warnings) = account(
        "iamra.dev",
        &[
            ("iamra.dev/role-arn", "web"),
            (
                "iamra.dev/profile-arn",
                "arn:aws:iam::111122223333:role/web",
            ),
            ("iamra.dev/audience", " "),
            ("iamra.dev/token-expiration", "1h"),
            ("iamra.dev/sts-regional-endpoints", "yes"),
        ],
    );
    assert_eq!(read, AccountAnnotations::default());
    assert_eq!(
        warnings,
        [
            "iamra.dev/role-arn of the service account is ignored: it must be the ARN of a role",
            "iamra.dev/profile-arn of the service account is ignored: \
             it must be the ARN of a Roles Anywhere profile",
            "iamra.dev/audience of the service account is ignored: \
             it must be the name of an audience",
            "iamra.dev/token-expiration of the service account is ignored: \
             it must be a whole number of seconds",
            "iamra.dev/sts-regional-endpoints of the service account is ignored: \
             it must be true or false",
        ]
    );
}

#[test]
fn only_the_arn_of_a_role_is_one() {
    for (text, valid) in [
        ("arn:aws:iam::111122223333:role/web", true),
        ("arn:aws-cn:iam::111122223333:role/a/b/web", true),
        ("arn:aws:iam::111122223333:user/web", false),
        ("arn:aws:iam::111122223333:role/", false),
        ("arn:aws:iam:::role/web", false),
        ("arn:aws:sts::111122223333:role/web", false),
    ] {
        assert_eq!(role_arn(text).is_ok(), valid, "{text}");
    }
}

#[test]
fn a_pod_says_what_is_left_alone() {
    let domain = AnnotationDomain::default();
    let pod = json!({"metadata": {"annotations": {
        "iamra.dev/skip-containers": "proxy",
        "iamra.dev/token-expiration": "1200",
        "eks.amazonaws.com/skip-containers": "web",
    }}});
    let (read, warnings) = PodAnnotations::parse(&domain, &pod);
    assert!(warnings.is_empty());
    assert!(read.skipped.contains("proxy") && !read.skipped.contains("web"));
    assert_eq!(
        read.token_expiration.map(TokenExpiration::seconds),
        Some(1200)
    );

    let pod = json!({"metadata": {"annotations": {"iamra.dev/token-expiration": "soon"}}});
    let (read, warnings) = PodAnnotations::parse(&domain, &pod);
    assert_eq!(read, PodAnnotations::default());
    assert_eq!(
        warnings[0].as_str(),
        "iamra.dev/token-expiration of the pod is ignored: it must be a whole number of seconds"
    );
    for pod in [json!(null), json!({"metadata": {"annotations": [1]}})] {
        assert_eq!(
            PodAnnotations::parse(&domain, &pod).0,
            PodAnnotations::default()
        );
    }
}

#[test]
fn a_domain_is_a_dns_name() {
    // A label that no cluster may have.
    assert!("pods.example".parse::<AnnotationDomain>().is_ok());
    assert_eq!(
        AnnotationDomain::default().annotation("role-arn"),
        "iamra.dev/role-arn"
    );
    let error = "iamra.dev/".parse::<AnnotationDomain>().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("\"iamra.dev/\" cannot be the name of a domain of annotations"),
        "{error}"
    );
}

#[test]
fn the_role_and_the_profile_are_an_association() {
    let association = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter();
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (read, warnings) =
            AccountAnnotations::parse(&AnnotationDomain::default(), &pairs.collect());
        (read.association(), warnings.len())
    };
    let role = "arn:aws:iam::111122223333:role/web";
    let named = |profile_arn: Option<&str>| {
        Some(Association {
            role_arn: role.to_owned(),
            profile_arn: profile_arn.map(str::to_owned),
        })
    };
    let profile = "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/0a1b";
    let blanks = format!(" {role} ");
    let (of_role, of_profile) = ("iamra.dev/role-arn", "iamra.dev/profile-arn");
    assert_eq!(association(&[(of_role, &blanks)]), (named(None), 0));
    let both = association(&[(of_role, role), (of_profile, profile)]);
    assert_eq!(both, (named(Some(profile)), 0));
    let without = association(&[(of_role, role), (of_profile, "")]);
    assert_eq!(without, (named(None), 1));
    assert_eq!(association(&[(of_role, "web")]), (None, 1));
    assert_eq!(
        association(&[("eks.amazonaws.com/role-arn", role)]),
        (None, 0)
    );
}
