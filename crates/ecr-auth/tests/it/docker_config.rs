//! Edits of docker's auth file: what comes out, byte for byte.

use ecr_auth::{DockerConfigEdit, EditedDockerConfig, RegistryLogin};
use refresh::{Fault, FaultKind};

#[test]
fn logins_look_like_their_neighbours() {
    for (before, after) in [
        // None, and empty: as docker writes it.
        (
            None,
            "{\n\t\"auths\": {\n\t\t\"h\": {\n\t\t\t\"auth\": \"QTpw\"\n\t\t}\n\t}\n}",
        ),
        (
            Some(" \n"),
            "{\n\t\"auths\": {\n\t\t\"h\": {\n\t\t\t\"auth\": \"QTpw\"\n\t\t}\n\t}\n}",
        ),
        (
            Some("{ }\n"),
            "{\n\t\"auths\": {\n\t\t\"h\": {\n\t\t\t\"auth\": \"QTpw\"\n\t\t}\n\t}\n}\n",
        ),
        // On one line.
        (
            Some(r#"{"a":1}"#),
            r#"{"a":1,"auths":{"h":{"auth":"QTpw"}}}"#,
        ),
        (
            Some(r#"{ "a": 1 }"#),
            r#"{ "a": 1, "auths": {"h": {"auth": "QTpw"}} }"#,
        ),
        (
            Some(r#"{"auths":{"g":{"auth":"eDp5"}}}"#),
            r#"{"auths":{"g":{"auth":"eDp5"},"h":{"auth":"QTpw"}}}"#,
        ),
        // On lines.
        (
            Some("{\n  \"auths\": null,\n  \"x\": 1e400\n}\n"),
            "{\n  \"auths\": {\n    \"h\": {\n      \"auth\": \"QTpw\"\n    }\n  },\n  \"x\": 1e400\n}\n",
        ),
        (
            Some("{\r\n    \"auths\" : {},\r\n    \"x\" : \"\\u0061\\/\"\r\n}"),
            "{\r\n    \"auths\" : {\r\n        \"h\" : {\r\n            \"auth\" : \"QTpw\"\r\n        }\r\n    },\r\n    \"x\" : \"\\u0061\\/\"\r\n}",
        ),
        (
            Some("{\n\t\"auths\": {\n\t\t\"g\": {}\n\t}\n}"),
            "{\n\t\"auths\": {\n\t\t\"g\": {},\n\t\t\"h\": {\n\t\t\t\"auth\": \"QTpw\"\n\t\t}\n\t}\n}",
        ),
        (
            Some("{\n \"auths\": {\"g\": {}}\n}"),
            "{\n \"auths\": {\"g\": {}, \"h\": {\"auth\": \"QTpw\"}}\n}",
        ),
        // In the place of an old one, with all that it held.
        (
            Some(r#"{"auths":{"\u0068":{"auth":"b2xk","identitytoken":"t"},"g":{}}}"#),
            r#"{"auths":{"\u0068":{"auth":"QTpw"},"g":{}}}"#,
        ),
        (
            Some(r#"{"auths":{"h":null}}"#),
            r#"{"auths":{"h":{"auth":"QTpw"}}}"#,
        ),
    ] {
        let edited = log_in().apply(before.map(str::as_bytes)).unwrap();
        assert_eq!(text(&edited), Some(after));
    }
}

#[test]
fn other_spellings_go_and_parts_stay() {
    let before = r#"{"auths":{"https://h/v2/":{}, "h/team":{},"https://h":{} ,"*":{},"H":{}}}"#;
    let edited = log_in().apply(Some(before.as_bytes())).unwrap();
    assert_eq!(
        text(&edited),
        Some(r#"{"auths":{ "h/team":{},"*":{},"h":{"auth":"QTpw"}}}"#)
    );
    assert_eq!(edited.hosts[0].host, "h");
    assert_eq!(edited.hosts[0].removed, ["https://h/v2/", "https://h", "H"]);

    let edited = log_out().apply(Some(before.as_bytes())).unwrap();
    assert_eq!(text(&edited), Some(r#"{"auths":{ "h/team":{},"*":{}}}"#));
}

#[test]
fn what_is_there_is_not_written_again() {
    for contents in [
        r#"{"auths":{"h":{"auth":"QTpw"}}}"#,
        "{ \"auths\" : {\n \"h\" :{ \"\\u0061uth\":\t\"QT\\u0070w\"} } }\n\n",
    ] {
        let edited = log_in().apply(Some(contents.as_bytes())).unwrap();
        assert_eq!(text(&edited), None);
    }
    let edited = log_in()
        .apply(Some(br#"{"auths":{"h":{"auth":"QTpw","email":"a@b"}}}"#))
        .unwrap();
    assert_eq!(text(&edited), Some(r#"{"auths":{"h":{"auth":"QTpw"}}}"#));
}

#[test]
fn logouts_leave_an_empty_map_or_nothing_to_do() {
    for (before, after, is_gone) in [
        (None, None, false),
        (Some("{}"), None, false),
        (Some(r#"{"auths":null}"#), None, false),
        (Some(r#"{"auths":{"g":{}}}"#), None, false),
        (
            Some("{\n\t\"auths\": {\n\t\t\"h\": {}\n\t}\n}\n"),
            Some("{\n\t\"auths\": {}\n}\n"),
            true,
        ),
        (
            Some(r#"{"auths":{"h":{},"g":{}}}"#),
            Some(r#"{"auths":{"g":{}}}"#),
            true,
        ),
        (
            Some("{\"auths\":{\n\"g\":{},\n\"h\":{}\n}}"),
            Some("{\"auths\":{\n\"g\":{}\n}}"),
            true,
        ),
    ] {
        let edited = log_out().apply(before.map(str::as_bytes)).unwrap();
        assert_eq!(text(&edited), after);
        assert_eq!(!edited.hosts[0].removed.is_empty(), is_gone);
    }
}

#[test]
fn several_changes_are_one_edit_and_the_last_of_a_host_counts() {
    let edit = log_out()
        .log_in(login("i", "q"))
        .log_out("i")
        .unwrap()
        .log_in(login("j", "r"));
    let edited = edit
        .apply(Some(br#"{"auths":{"h":{},"i":{},"k":{}}}"#))
        .unwrap();
    assert_eq!(
        text(&edited),
        Some(r#"{"auths":{"k":{},"j":{"auth":"QTpy"}}}"#)
    );
    let hosts: Vec<&str> = edited.hosts.iter().map(|it| it.host.as_str()).collect();
    assert_eq!(hosts, ["h", "i", "j"]);
}

#[test]
fn a_logout_is_of_a_bare_host() {
    for host in ["", "https://h", "h/team", "*.h"] {
        let refused = DockerConfigEdit::new().log_out(host).unwrap_err();
        let message = format!("{host:?} is not the bare host of a registry (host or host:port)");
        assert_eq!(refused.to_string(), message);
    }
    assert!(DockerConfigEdit::new().log_out("h:5000").is_ok());
}

/// A file that is refused is refused for a logout, too.
#[test]
fn files_that_could_be_read_in_two_ways_stay_as_they_are() {
    for (contents, cause) in [
        (&b"[]"[..], "not a JSON object"),
        (
            b"{\"auths\":{}} x",
            "not JSON: trailing characters at line 1 column 14",
        ),
        (b"{\"auths\":{},\"auths\":{}}", "\"auths\" is there twice"),
        (b"{\"auths\":{\"h\":{},\"h\":{}}}", "\"h\" is there twice"),
        (b"\xff", "not UTF-8 from byte 0 on"),
        (
            b"\xef\xbb\xbf{}",
            "begins with a byte order mark, which docker refuses: save it as UTF-8 without one",
        ),
    ] {
        for edit in [log_in(), log_out()] {
            let refused = edit.apply(Some(contents)).unwrap_err();
            assert_eq!(refused.to_string(), "it is no docker config");
            let source = std::error::Error::source(&refused).unwrap();
            assert_eq!(source.to_string(), cause);
            assert_eq!(refused.fault(), FaultKind::Configuration);
        }
    }
    let refused = log_in().apply(Some(br#"{"auths":"secret"}"#)).unwrap_err();
    assert_eq!(refused.to_string(), "\"auths\" is not an object");
    let refused = log_in().apply(Some(br#"{"AUTHS":{}}"#)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "docker reads \"AUTHS\" as \"auths\", not all tools do: rename it"
    );
}

#[test]
fn neither_an_edit_nor_its_result_shows_a_password() {
    let edit = DockerConfigEdit::new().log_in(login("h", "hunter2"));
    let edited = edit.apply(None).unwrap();
    assert_eq!(
        format!("{edit:?}"),
        "DockerConfigEdit { changes: [LogIn(RegistryLogin { host: \"h\", username: \"A\", .. })] }"
    );
    assert_eq!(
        format!("{edited:?}"),
        "EditedDockerConfig { bytes: Some(57), hosts: [EditedHost { host: \"h\", removed: [] }] }"
    );
}

fn log_in() -> DockerConfigEdit {
    DockerConfigEdit::new().log_in(login("h", "p"))
}

fn log_out() -> DockerConfigEdit {
    DockerConfigEdit::new().log_out("h").unwrap()
}

fn login(host: &str, password: &str) -> RegistryLogin {
    RegistryLogin::new(host, "A", password.into()).unwrap()
}

fn text(edited: &EditedDockerConfig) -> Option<&str> {
    let contents = edited.contents.as_ref()?;
    Some(str::from_utf8(contents).unwrap())
}
