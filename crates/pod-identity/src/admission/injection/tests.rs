use super::super::TokenExpiration;
use super::*;

fn token(injection: &Injection) -> (u32, &str) {
    let Form::Agent(AgentForm { token, .. }) = &injection.form else {
        panic!("another form");
    };
    (token.expiration.seconds(), &token.audience)
}

#[test]
fn a_pods_annotation_comes_before_its_accounts() {
    let seconds = |text: &str| -> Option<TokenExpiration> { text.parse().ok() };
    let setting = Injection::default();
    for (pod, account, expected) in [
        ("", "", 82_800),
        ("", "3600", 3600),
        ("1200", "3600", 1200),
        ("1200", "", 1200),
        // As EKS has it, whoever has chosen a day.
        ("86400", "3600", 82_800),
    ] {
        let pod = PodAnnotations {
            token_expiration: seconds(pod),
            ..PodAnnotations::default()
        };
        let account = AccountAnnotations {
            token_expiration: seconds(account),
            ..AccountAnnotations::default()
        };
        let injection = setting.annotated(&account, &pod, 0.5);
        assert_eq!(token(&injection), (expected, "pods.eks.amazonaws.com"));
    }
}

#[test]
fn an_account_says_whom_its_token_is_for_and_how_sts_is_asked() {
    let pod = PodAnnotations::default();
    for (setting, annotation, expected) in [
        (true, None, true),
        (true, Some(false), false),
        (false, Some(true), true),
    ] {
        let setting = Injection {
            regional_sts: setting,
            ..Injection::default()
        };
        let account = AccountAnnotations {
            audience: Some("vault".to_owned()),
            regional_sts: annotation,
            ..AccountAnnotations::default()
        };
        let injection = setting.annotated(&account, &pod, 0.0);
        assert_eq!(injection.regional_sts, expected);
        assert_eq!(token(&injection), (79_200, "vault"));
    }
}

#[test]
fn a_sidecars_token_is_its_callers() {
    let sidecar = SidecarForm::new("iamra", serde_json::Map::new(), vec![], vec![]);
    let setting = Injection {
        form: Form::Sidecar(sidecar),
        ..Injection::default()
    };
    let account = AccountAnnotations {
        audience: Some("vault".to_owned()),
        ..AccountAnnotations::default()
    };
    let injection = setting.annotated(&account, &PodAnnotations::default(), 0.0);
    assert_eq!(injection, setting);
}
