//! Docker configs of all shapes: nothing of others is lost, twice is once.

use ecr_auth::{AuthForm, DockerConfig, DockerConfigEdit, RegistryLogin, docker_config_json};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const HOST: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

/// Names of entries; the host itself and other spellings of it are among them.
fn entry_names() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof![
        "[a-z]{1,8}(/team)?",
        select(vec!["", "https://", "http://"]).prop_map(|scheme| format!("{scheme}{HOST}")),
        select(vec!["/", "/v1/", "/v2", "/team", ":443"]).prop_map(|end| format!("{HOST}{end}")),
        Just("*.dkr.ecr.*.amazonaws.com".to_owned()),
    ];
    vec(name, 0..6).prop_map(|mut names| {
        names.sort();
        names.dedup();
        names
    })
}

/// Values whose spelling is easily lost.
fn value() -> impl Strategy<Value = &'static str> {
    select(vec![
        "1e400",
        "-0.0",
        "12345678901234567890123",
        r#""\u00e9\/\ud83d\ude00""#,
        r#"{"b":1,"a":{"auths":{"x":[ ]}}}"#,
        "[1,\t2 , {}]",
        r#"{"auth":"QTpw"}"#,
        "null",
    ])
}

/// Space before a member; one for all, as editors have it, or any.
fn space() -> impl Strategy<Value = &'static str> {
    select(vec!["", " ", "\n", "\n\t", "\r\n    ", "\n  \n  "])
}

/// A file, and the raw text of every member that no edit may touch.
fn file() -> impl Strategy<Value = (String, Vec<String>)> {
    let around = (space(), space(), select(vec![":", ": ", " : "]));
    let entries = (entry_names(), vec(value(), 6));
    let others = vec(value(), 0..3);
    (
        around,
        entries,
        others,
        any::<prop::sample::Index>(),
        any::<bool>(),
    )
        .prop_map(
            |((lead, tail, colon), (names, values), others, index, has_auths)| {
                let mut kept: Vec<String> = others
                    .iter()
                    .enumerate()
                    .map(|(n, value)| format!("\"m{n}\"{colon}{value}"))
                    .collect();
                let mut members = kept.clone();
                if has_auths {
                    let entries: Vec<String> = names
                        .iter()
                        .zip(values)
                        .map(|(name, value)| {
                            let entry = format!("\"{name}\"{colon}{value}");
                            let host = HOST.parse::<ecr_auth::RegistryHost>().unwrap();
                            if !host.is_key_of(name) {
                                kept.push(entry.clone());
                            }
                            format!("{lead}{entry}")
                        })
                        .collect();
                    let auths = format!("\"auths\"{colon}{{{}{tail}}}", entries.join(","));
                    members.insert(index.index(members.len() + 1), auths);
                }
                let members: Vec<String> = members.iter().map(|it| format!("{lead}{it}")).collect();
                (format!("{tail}{{{}{tail}}}{tail}", members.join(",")), kept)
            },
        )
}

fn login(host: &str, password: &str) -> RegistryLogin {
    RegistryLogin::new(host, "AWS", password.into()).unwrap()
}

proptest! {
    #[test]
    fn an_edit_leaves_what_is_not_ours((file, kept) in file(), log_in: bool) {
        let edit = DockerConfigEdit::new();
        let edit = if log_in { edit.log_in(login(HOST, "secret")) } else { edit.log_out(HOST).unwrap() };
        let edited = edit.apply(Some(file.as_bytes())).unwrap();
        let contents = edited.contents.unwrap_or_else(|| file.clone().into_bytes().into());
        let text = str::from_utf8(&contents).unwrap();

        let mut rest = text;
        let mut sorted = kept.clone();
        sorted.sort_by_key(|it| file.find(it.as_str()));
        for member in &sorted {
            let at = rest.find(member.as_str());
            prop_assert!(at.is_some(), "{member} is gone from {text}");
            rest = &rest[at.unwrap() + member.len()..];
        }
        prop_assert!(DockerConfig::parse(&contents).is_ok());
        prop_assert_eq!(text.contains(&format!("\"{HOST}\"")), log_in, "{}", text);
        prop_assert!(!text.contains(&format!("/{HOST}\"")), "{}", text);
        prop_assert!(edit.apply(Some(&contents)).unwrap().contents.is_none());
    }

    /// What a login adds, a logout takes, to the byte.
    #[test]
    fn a_logout_undoes_a_login((file, _) in file()) {
        let log_out = DockerConfigEdit::new().log_out(HOST).unwrap();
        let edited = log_out.apply(Some(file.as_bytes())).unwrap().contents;
        let without = edited.unwrap_or_else(|| file.into_bytes().into());
        let log_in = DockerConfigEdit::new().log_in(login(HOST, "secret"));
        let with = log_in.apply(Some(&without)).unwrap().contents.unwrap();
        let again = log_out.apply(Some(&with)).unwrap().contents.unwrap();
        let has_entries = serde_json::from_slice::<serde_json::Value>(&without)
            .is_ok_and(|it| it["auths"].as_object().is_some_and(|auths| !auths.is_empty()));
        // Of an empty or missing map the one that is left may be written differently.
        if has_entries {
            prop_assert_eq!(str::from_utf8(&again).unwrap(), str::from_utf8(&without).unwrap());
        }
    }

    /// One byte that is wrong: refused, or edited into what is read again.
    #[test]
    fn a_damaged_file_is_edited_or_refused(
        (file, _) in file(),
        at: prop::sample::Index,
        byte in select(b"{}[]\",:\\ x0\n\xff".to_vec()),
    ) {
        let mut bytes = file.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let edit = DockerConfigEdit::new().log_in(login(HOST, "secret"));
        if let Ok(edited) = edit.apply(Some(&bytes)) {
            let contents = edited.contents.unwrap();
            prop_assert!(edit.apply(Some(&contents)).unwrap().contents.is_none());
        }
    }

    #[test]
    fn a_pull_secret_is_what_an_edit_would_leave(
        hosts in vec("[a-z]{1,3}(:5000)?", 0..5),
        password in "[ -~é]{1,20}",
    ) {
        let logins: Vec<_> = hosts.iter().map(|host| login(host, &password)).collect();
        for form in [AuthForm::Full, AuthForm::AuthOnly] {
            let contents = docker_config_json(&logins, form);
            let config: serde_json::Value = serde_json::from_slice(&contents).unwrap();
            prop_assert!(hosts.iter().all(|host| config["auths"][host]["auth"].is_string()));
            let edit = logins.iter().cloned().fold(DockerConfigEdit::new(), DockerConfigEdit::log_in);
            let unchanged = edit.apply(Some(&contents)).unwrap().contents.is_none();
            prop_assert_eq!(unchanged, form == AuthForm::AuthOnly || hosts.is_empty());
        }
    }
}
