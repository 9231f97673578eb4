use super::super::tests::{chosen, expiry, login, shown};
use super::*;

const FILE: &str = r#"
type = "example.com/registry"
[data]
url = "https://{{registry}}/v2/"
netrc = "machine {{registry}} login {{username}} password {{password}}"
header = "Basic {{authorization}}"
until = "{{expires_at}}"
"#;

#[test]
fn values_are_filled_in() {
    let template = Template::parse(FILE).unwrap();
    let data = template.data(&[login(A, "p")], expiry()).unwrap();
    assert_eq!(
        shown(&data),
        [
            ("header", "Basic QVdTOnA="),
            (
                "netrc",
                format!("machine {A} login AWS password p").as_str()
            ),
            ("until", "1970-01-01T12:00:00Z"),
            ("url", format!("https://{A}/v2/").as_str()),
        ]
    );
    assert_eq!(template.secret_type(), "example.com/registry");
    assert!(data.keys().eq(template.keys().iter()));
    assert!(!template.is_replaceable(&data));
}

#[test]
fn other_keys_stay() {
    let template = Template::parse(FILE).unwrap();
    let ours = template.data(&[login(A, "p")], expiry()).unwrap();
    let foreign = [("other", "x"), ("url", "y")];
    let foreign = foreign.map(|(key, text)| (key.to_owned(), super::super::value(text)));
    let merged = template.merged(&foreign.into(), &ours).unwrap();
    assert_eq!(merged["other"], super::super::value("x"));
    assert!(ours.iter().all(|(key, value)| merged[key] == *value));
    assert_eq!(merged.len(), 5);
}

#[test]
fn of_several_registries_one_is_named() {
    let named = format!("registry = \"https://{B}/\"\n[data]\nkey = \"{{{{password}}}}\"");
    let template = Template::parse(&named).unwrap();
    assert_eq!(template.secret_type(), "Opaque");
    let logins = [login(A, "p"), login(B, "q")];
    let data = template.data(&logins, expiry()).unwrap();
    assert_eq!(shown(&data), [("key", "q")]);
    let refused = template.data(&logins[..1], expiry()).unwrap_err();
    let message = format!("the template is for {B}, no token is");
    assert_eq!(refused.to_string(), message);
    let refused = Template::parse(FILE).unwrap().data(&logins, expiry());
    let message = "such a Secret holds the login to one registry, and there are 2";
    assert_eq!(refused.unwrap_err().to_string(), message);
}

#[test]
fn files_are_checked_before_anything_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.toml");
    let target = private_file::Target::new(&path, private_file::Options::new());
    let path = path.to_str().unwrap();
    let named = format!("registry = '{B}'\n{DATA}");
    for (text, registries, message) in [
        (DATA, &[][..], None),
        (DATA, &[A], None),
        (&named, &[], None),
        (&named, &[A, B], None),
        (
            &named,
            &[A],
            Some(format!("{path}: registry: no --registry is {B}")),
        ),
        (
            DATA,
            &[A, B],
            Some("such a Secret holds the login to one registry, and there are 2".to_owned()),
        ),
        (
            "[data]\nkey = '{{token}}'",
            &[],
            Some(format!(
                "{path}: data.key: there is no {{{{token}}}}; there are username, password, \
                 authorization, registry, expires_at"
            )),
        ),
    ] {
        target.replace(text.as_bytes()).unwrap();
        let flags = registries.iter().flat_map(|host| ["--registry", host]);
        let flags: Vec<_> = ["--secret-template", path]
            .into_iter()
            .chain(flags)
            .collect();
        let refused = chosen(&flags).err().map(|failure| failure.to_string());
        assert_eq!(refused, message, "{text} {registries:?}");
    }
}

#[test]
fn what_is_wrong_is_said_without_the_text() {
    for (text, why) in [
        ("", "missing field `data`"),
        ("[data]", "data is empty"),
        ("type = ''\n[data]\nkey = 'x'", "type is empty"),
        ("kind = 'x'\n[data]\nkey = 'x'", "unknown field `kind`"),
        (
            "[data]\nkey = 1",
            "invalid type: integer `1`, expected a string",
        ),
        ("[data]\nkey = 'hunter2", "invalid literal string"),
        ("[data]\n'a b' = 'x'", "data: \"a b\" cannot be a key: "),
        ("[data]\n'..a' = 'x'", "data: \"..a\" cannot be a key: "),
        ("[data]\n'' = 'x'", "data: \"\" cannot be a key: "),
        ("registry = 'docker.io'\n[data]\nkey = 'x'", "registry: "),
        (
            "type = 'kubernetes.io/service-account-token'\n[data]\nkey = 'x'",
            "type: a Secret of type kubernetes.io/service-account-token gives rights",
        ),
    ] {
        let refused = Template::parse(text).err().unwrap();
        assert!(refused.starts_with(why), "{text}: {refused}");
        assert!(!refused.contains("hunter2"));
    }
}

#[test]
fn its_text_is_not_shown() {
    let template = Template::parse("[data]\nkey = 'hunter2{{password}}'").unwrap();
    assert_eq!(
        format!("{template:?}"),
        r#"Template { secret_type: "Opaque", registry: None, keys: ["key"], .. }"#
    );
}

const DATA: &str = "[data]\nkey = '{{password}}'";
const A: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const B: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
