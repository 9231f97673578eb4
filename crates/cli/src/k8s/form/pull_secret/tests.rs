use super::super::tests::{chosen, expiry, login, shown};
use super::super::{Form, value};
use super::*;

#[test]
fn logins_are_written_as_the_settings_want_them() {
    let full = r#"{"username":"AWS","password":"p","auth":"QVdTOnA="}"#;
    let short = r#"{"auth":"QVdTOnA="}"#;
    for (flags, key, document) in [
        (
            &[][..],
            ".dockerconfigjson",
            format!(r#"{{"auths":{{"{A}":{full}}}}}"#),
        ),
        (
            &["--auth-only"],
            ".dockerconfigjson",
            format!(r#"{{"auths":{{"{A}":{short}}}}}"#),
        ),
        (
            &["--registry-scheme"],
            ".dockerconfigjson",
            format!(r#"{{"auths":{{"https://{A}":{full}}}}}"#),
        ),
        (
            &["--secret-format", "dockercfg", "--auth-only"],
            ".dockercfg",
            format!(r#"{{"{A}":{short}}}"#),
        ),
        (
            &[
                "--secret-format",
                "config-json",
                "--auth-only",
                "--registry-scheme",
            ],
            "config.json",
            format!(r#"{{"auths":{{"https://{A}":{short}}}}}"#),
        ),
    ] {
        let data = data(&chosen(flags).unwrap(), A, "p");
        assert_eq!(shown(&data), [(key, document.as_str())]);
    }
}

#[test]
fn several_registries_stand_in_one_document() {
    let form = chosen(&["--auth-only"]).unwrap();
    let filling = form.logins();
    let logins = [login(A, "p"), login(B, "q")];
    let data = filling.data(&logins, expiry()).unwrap();
    let document =
        format!(r#"{{"auths":{{"{B}":{{"auth":"QVdTOnE="}},"{A}":{{"auth":"QVdTOnA="}}}}}}"#);
    assert_eq!(shown(&data), [(".dockerconfigjson", document.as_str())]);
}

/// Its own template has tabs among spaces, which is all the same to a reader.
#[test]
fn ecr_k8s_secret_creator_has_auth_under_the_url() {
    let entry = format!(r#"{{"https://{A}":{{"auth":"QVdTOnA="}}}}"#);
    let auths = format!(r#"{{"auths":{entry}}}"#);
    let old = format!(
        "{{\n  \"auths\": {{\n\t \"https://{A}\": {{\n\t   \"auth\": \"QVdTOm9sZA==\"\n\t }}\n  }}\n}}"
    );
    for (format, secret_type, key, document) in [
        ("config-json", "Opaque", "config.json", &auths),
        (
            "dockerconfigjson",
            "kubernetes.io/dockerconfigjson",
            ".dockerconfigjson",
            &auths,
        ),
        ("dockercfg", "kubernetes.io/dockercfg", ".dockercfg", &entry),
    ] {
        let flags = [
            "--secret-format",
            format,
            "--registry-scheme",
            "--auth-only",
        ];
        let form = chosen(&flags).unwrap();
        let secret = form.secret_form();
        let old = SecretData::from([(key.to_owned(), value(&old))]);
        assert!(
            !secret.is_replaceable(&old),
            "nothing is known to be served yet"
        );
        assert_eq!(shown(&data(&form, A, "p")), [(key, document.as_str())]);
        assert!(secret.is_replaceable(&old), "{secret_type}");
        assert_eq!(secret.secret_type(), secret_type);
    }
}

#[test]
fn only_logins_to_our_registries_are_replaceable() {
    let form = chosen(&["--registry", A, "--registry", B]).unwrap();
    let secret = form.secret_form();
    for (entries, is_replaceable) in [
        (format!(r#""{A}":{LOGIN}"#), true),
        (
            format!(r#""https://{A}":{LOGIN},"{B}:443/v2/":{LOGIN}"#),
            true,
        ),
        (
            format!(r#""http://{}/v1/":{LOGIN}"#, A.to_uppercase()),
            true,
        ),
        (
            format!(
                r#""{A}":{{"username":"AWS","password":"p","email":"none","auth":"QVdTOnA="}}"#
            ),
            true,
        ),
        (String::new(), true),
        (format!(r#""{A}":{LOGIN},"docker.io":{LOGIN}"#), false),
        (format!(r#""{C}":{LOGIN}"#), false),
        (format!(r#""{A}/team":{LOGIN}"#), false),
        (format!(r#""*.dkr.ecr.*.amazonaws.com":{LOGIN}"#), false),
        (format!(r#""oci://{A}":{LOGIN}"#), false),
        (format!(r#""{A}:5000":{LOGIN}"#), false),
        (format!(r#""{A}":{{"auth":"*"}}"#), false),
        (format!(r#""{A}":{{"auth":"QVdT"}}"#), false),
        (format!(r#""{A}":{{"auth":1}}"#), false),
        (format!(r#""{A}":{{"identitytoken":"x"}}"#), false),
        (format!(r#""{A}":{LOGIN},"{A}":{LOGIN}"#), false),
        (
            format!(r#""{A}":{{"auth":"QVdTOnA=","auth":"QVdTOnA="}}"#),
            false,
        ),
        (r#""":{"auth":""}"#.to_owned(), false),
    ] {
        let document = format!(r#"{{"auths":{{{entries}}}}}"#);
        let foreign = SecretData::from([(KEY.to_owned(), value(&document))]);
        assert_eq!(
            secret.is_replaceable(&foreign),
            is_replaceable,
            "{document}"
        );
    }
    for (document, is_replaceable) in [
        ("{}", true),
        (r#"{"auths":{},"credsStore":"x"}"#, false),
        (r#"{"auths":{},"auths":{}}"#, false),
        (r#"{"Auths":{}}"#, false),
        (r#"{"auths":[]}"#, false),
        ("[]", false),
        ("\u{feff}{}", false),
        ("{", false),
    ] {
        let foreign = SecretData::from([(KEY.to_owned(), value(document))]);
        assert_eq!(
            secret.is_replaceable(&foreign),
            is_replaceable,
            "{document}"
        );
    }
    let elsewhere = SecretData::from([("other".to_owned(), value("{}"))]);
    assert!(!secret.is_replaceable(&elsewhere));
}

/// What the settings name counts, whatever else a token opens.
#[test]
fn the_settings_say_what_is_served_or_else_the_token() {
    let old = |host: &str| {
        let document = format!(r#"{{"auths":{{"{host}":{LOGIN}}}}}"#);
        SecretData::from([(KEY.to_owned(), value(&document))])
    };
    for (flags, before, after) in [
        (&["--registry", A][..], [true, false], [true, false]),
        (&[], [false, false], [false, true]),
    ] {
        let form = chosen(flags).unwrap();
        let secret = form.secret_form();
        let replaceable = || [A, B].map(|host| secret.is_replaceable(&old(host)));
        assert_eq!(replaceable(), before, "{flags:?}");
        data(&form, B, "p");
        assert_eq!(replaceable(), after, "{flags:?}");
    }
}

#[test]
fn our_logins_are_written_among_theirs() {
    for (flags, key, theirs, merged) in [
        (
            &["--auth-only"][..],
            KEY,
            format!(
                r#"{{ "auths" : {{"docker.io":{LOGIN} , "https://{A}/":{{"auth":""}}}}, "x":1 }}"#
            ),
            format!(
                r#"{{ "auths" : {{"docker.io":{LOGIN} , "{A}" : {{"auth":"QVdTOnA="}}}}, "x":1 }}"#
            ),
        ),
        (
            &["--auth-only", "--registry-scheme"],
            KEY,
            format!(r#"{{"auths":{{"{A}":{{"auth":"*"}}}}}}"#),
            format!(r#"{{"auths":{{"https://{A}":{{"auth":"QVdTOnA="}}}}}}"#),
        ),
        (
            &["--auth-only", "--secret-format", "dockercfg"],
            ".dockercfg",
            format!(r#"{{"docker.io":{LOGIN}}}"#),
            format!(r#"{{"docker.io":{LOGIN},"{A}":{{"auth":"QVdTOnA="}}}}"#),
        ),
        (
            &["--auth-only", "--secret-format", "config-json"],
            "config.json",
            r#"{"auths":{}}"#.to_owned(),
            format!(r#"{{"auths":{{"{A}":{{"auth":"QVdTOnA="}}}}}}"#),
        ),
    ] {
        let form = chosen(flags).unwrap();
        let ours = data(&form, A, "p");
        let foreign = [(key, theirs.as_str()), ("other", "x")];
        let foreign = foreign.map(|(key, text)| (key.to_owned(), value(text)));
        let foreign = SecretData::from(foreign);
        let secret = form.secret_form();
        let found = secret.merged(&foreign, &ours).unwrap();
        assert_eq!(shown(&found), [(key, merged.as_str()), ("other", "x")]);
        let again = secret.merged(&found, &ours).unwrap();
        assert_eq!(again, found, "nothing is left to do");
    }
}

#[test]
fn a_secret_without_the_key_gets_it() {
    let form = chosen(&["--secret-format", "config-json"]).unwrap();
    let ours = data(&form, A, "p");
    let merged = form.secret_form().merged(&SecretData::new(), &ours);
    let read = PullSecretLogins::of_pull_secret(&merged.unwrap()["config.json"]).unwrap();
    assert_eq!(read.keys(), [A]);
}

#[test]
fn nothing_is_merged_where_kubelet_would_refuse_it_all() {
    let form = chosen(&[]).unwrap();
    let ours = data(&form, A, "p");
    for (theirs, why) in [
        (
            r#"{"auths":{"docker.io":{"auth":"hunter2*"}}}"#,
            ".dockerconfigjson: the auth of \"docker.io\" is not USER:PASSWORD in base64, and kubelet \
             takes no pull secret beside it",
        ),
        (
            r#"{"auths":{"docker.io":"hunter2"}}"#,
            ".dockerconfigjson: \"auths\" is not made of objects",
        ),
        (
            r#"{"auths":{},"auths":{}}"#,
            ".dockerconfigjson: it is no docker config: \"auths\" is there twice",
        ),
        (
            "[]",
            ".dockerconfigjson: it is no docker config: not a JSON object",
        ),
    ] {
        let foreign = SecretData::from([(KEY.to_owned(), value(theirs))]);
        let refused = form.secret_form().merged(&foreign, &ours).unwrap_err();
        assert_eq!(refused, why);
    }
}

fn data(form: &Form, host: &str, password: &str) -> SecretData {
    let login = [login(host, password)];
    form.logins().data(&login, expiry()).unwrap()
}

const KEY: &str = ".dockerconfigjson";
const LOGIN: &str = r#"{"auth":"QVdTOm9sZA=="}"#;
const A: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const B: &str = "123456789012.dkr-ecr.eu-central-1.on.aws";
const C: &str = "210987654321.dkr.ecr.us-east-1.amazonaws.com";
