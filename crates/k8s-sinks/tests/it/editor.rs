//! What becomes of a file: one case for each thing that a file can have.

use k8s_sinks::{Problem, Warning, file::ProfileFile, file::Setting};

use crate::oracle::{edit, expected, keys, put};

/// The three keys of generation 7, as a new profile has them.
const NEW: &str =
    "aws_access_key_id=ASIA7\naws_secret_access_key=secret/7+\naws_session_token=token7==\n";

/// A name, a file, and what it becomes when `default` gets generation 7.
/// `@` stands for the three lines of a new profile.
const CASES: [(&str, &str, &str); 24] = [
    ("missing file", "", "[default]\n@"),
    (
        "another profile",
        "[dev]\na = 1\n",
        "[dev]\na = 1\n\n[default]\n@",
    ),
    (
        "no newline at the end",
        "[dev]\na = 1",
        "[dev]\na = 1\n\n[default]\n@",
    ),
    (
        "blank line at the end",
        "[dev]\na = 1\n\n",
        "[dev]\na = 1\n\n[default]\n@",
    ),
    (
        "comments only",
        "# mine\n; and mine\n",
        "# mine\n; and mine\n\n[default]\n@",
    ),
    (
        "a commented header",
        "# [default]\n",
        "# [default]\n\n[default]\n@",
    ),
    ("no keys yet", "[default]\n", "[default]\n@"),
    ("a bare header at the end", "[default]", "[default]\n@"),
    (
        "other keys keep",
        "[default]\nregion=x\noutput=y",
        "[default]\n@region=x\noutput=y",
    ),
    (
        "keys in place, in the file's order and style",
        "[default]\naws_session_token = 1\n# c\n\naws_secret_access_key  =2\naws_access_key_id= 3\nz=1",
        "[default]\naws_session_token = token7==\n# c\n\naws_secret_access_key  =secret/7+\naws_access_key_id= ASIA7\nz=1",
    ),
    (
        "a missing key goes below ours, in our style",
        "[default]\naws_access_key_id = 1\naws_secret_access_key = 2\nz=1\n",
        "[default]\naws_access_key_id = ASIA7\naws_secret_access_key = secret/7+\naws_session_token = token7==\nz=1\n",
    ),
    (
        "capitals are the same key",
        "[default]\nAWS_ACCESS_KEY_ID=1\nAws_Secret_Access_Key=2\naws_session_token=3\n",
        "[default]\nAWS_ACCESS_KEY_ID=ASIA7\nAws_Secret_Access_Key=secret/7+\naws_session_token=token7==\n",
    ),
    (
        "a longer name is another key",
        "[default]\naws_access_key_id_old=1\n",
        "[default]\n@aws_access_key_id_old=1\n",
    ),
    ("spaces in the header", "[ default ]\n", "[ default ]\n@"),
    (
        "a comment behind the header",
        "[default] # mine\n",
        "[default] # mine\n@",
    ),
    (
        "a comment behind a value moves: the AWS CLI reads it as the value",
        "[default]\naws_access_key_id = 1 # old\n",
        "[default]\n# old\naws_access_key_id = ASIA7\naws_secret_access_key = secret/7+\naws_session_token = token7==\n",
    ),
    (
        "a value of several lines is one value",
        "[default]\naws_session_token=1\n  23\n\n  # why\n\t45\naws_access_key_id=1\naws_secret_access_key=2\n",
        "[default]\n\n# why\naws_session_token=token7==\naws_access_key_id=ASIA7\naws_secret_access_key=secret/7+\n",
    ),
    (
        "nested properties are not ours",
        "[default]\ns3 =\n  aws_access_key_id = 10\n  a = b\nregion = x\n",
        "[default]\naws_access_key_id = ASIA7\naws_secret_access_key = secret/7+\naws_session_token = token7==\ns3 =\n  aws_access_key_id = 10\n  a = b\nregion = x\n",
    ),
    (
        "every line of a repeated key",
        "[default]\naws_access_key_id=1\naws_access_key_id=2\n",
        "[default]\naws_access_key_id=ASIA7\naws_access_key_id=ASIA7\naws_secret_access_key=secret/7+\naws_session_token=token7==\n",
    ),
    (
        "every section of a repeated profile",
        "[default]\na=1\n[dev]\nb=2\n[default]\nc=3\n",
        "[default]\n@a=1\n[dev]\nb=2\n[default]\n@c=3\n",
    ),
    (
        "windows line ends",
        "[dev]\r\na=1\r\n[default]\r\naws_access_key_id=1\r\n",
        "[dev]\r\na=1\r\n[default]\r\naws_access_key_id=ASIA7\r\naws_secret_access_key=secret/7+\r\naws_session_token=token7==\r\n",
    ),
    (
        "a profile appended with windows line ends",
        "[dev]\r\na=1",
        "[dev]\r\na=1\r\n\r\n[default]\r\naws_access_key_id=ASIA7\r\naws_secret_access_key=secret/7+\r\naws_session_token=token7==\r\n",
    ),
    (
        "a byte order mark",
        "\u{feff}[dev]\n",
        "\u{feff}[dev]\n\n[default]\n@",
    ),
    (
        "trailing spaces and tabs",
        "[default]\t\nregion\t=\tx  \n",
        "[default]\t\naws_access_key_id = ASIA7\naws_secret_access_key = secret/7+\naws_session_token = token7==\nregion\t=\tx  \n",
    ),
];

#[test]
fn files_become_what_they_should() {
    for (name, before, after) in CASES {
        let after = after.replace('@', NEW);
        let edited = put(before.as_bytes(), "default", 7).unwrap();
        assert_eq!(String::from_utf8_lossy(&edited.contents), after, "{name}");
        let again = put(&edited.contents, "default", 7).unwrap();
        assert_eq!(
            again.contents.as_slice(),
            after.as_bytes(),
            "{name}: twice is once"
        );
        // The SDK does not read past a byte order mark; that is warned of.
        if !before.starts_with('\u{feff}') {
            let read = keys(ProfileFile::Credentials, &edited.contents, "default");
            assert_eq!(read, expected(7), "{name}: as the SDK reads it");
        }
    }
}

#[test]
fn config_sections_have_their_prefix() {
    let region = || vec![Setting::new("region", "eu-west-1".into()).unwrap()];
    for (profile, before, after) in [
        ("dev", "", "[profile dev]\nregion=eu-west-1\n"),
        ("default", "", "[default]\nregion=eu-west-1\n"),
        (
            "dev",
            "[profile dev]\nregion = x\n",
            "[profile dev]\nregion = eu-west-1\n",
        ),
        (
            "dev",
            "[dev]\nregion = x\n",
            "[dev]\nregion = x\n\n[profile dev]\nregion=eu-west-1\n",
        ),
        (
            "dev",
            "[profile 'dev']\nregion = x\n",
            "[profile 'dev']\nregion = eu-west-1\n",
        ),
        (
            "default",
            "[default]\nregion=x\n[profile default]\noutput=y\n",
            "[default]\nregion=eu-west-1\n[profile default]\nregion=eu-west-1\noutput=y\n",
        ),
        (
            "dev",
            "[sso-session dev]\nregion=x\n[profile dev]\ns3 =\n  region = y\n",
            "[sso-session dev]\nregion=x\n[profile dev]\nregion=eu-west-1\ns3 =\n  region = y\n",
        ),
    ] {
        let edited = edit(ProfileFile::Config, profile, region(), before.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&edited.contents),
            after,
            "{before:?}"
        );
    }
}

#[test]
fn what_the_sdks_do_not_understand_is_refused_with_its_line() {
    for (before, line, problem) in [
        ("test\n[default]\n", 1, Problem::NoEquals),
        ("a=1\n[default]\n", 1, Problem::OutsideSection),
        (" a=1\n[default]\n", 1, Problem::OutsideSection),
        ("[default]\n\n[dev\n", 3, Problem::UnclosedHeader),
        ("[default] junk\n", 1, Problem::UnclosedHeader),
        ("[default]\nhunter2\n", 2, Problem::NoEquals),
        ("[default]\n= hunter2\n", 2, Problem::NoKey),
        (
            "[default]\n  aws_access_key_id = 1\n",
            2,
            Problem::StrayContinuation,
        ),
        ("[default]\ns3 =\n  hunter2\n", 3, Problem::NoEquals),
        ("[default]\ns3 =\n  = hunter2\n", 3, Problem::NoKey),
        ("[default]\ra=1\n", 1, Problem::CarriageReturn),
        (
            "[default]\naws_access_key_id: hunter=2\n",
            2,
            Problem::Colon,
        ),
    ] {
        let error = put(before.as_bytes(), "default", 7).unwrap_err();
        let is_it = matches!(&error, k8s_sinks::Error::Unparsable { line: at, problem: what } if (*at, *what) == (line, problem));
        assert!(is_it, "{before:?}: {error}");
        assert!(!error.to_string().contains("hunter"), "{error}");
    }
}

#[test]
fn what_may_keep_a_reader_from_the_keys_is_warned_of() {
    let competing = |line, key| Warning::CompetingKey { line, key };
    for (profile, before, warnings) in [
        ("default", "[default]\nregion=x\n", vec![]),
        ("default", "[other]\nrole_arn=x\n", vec![]),
        (
            "default",
            "[default]\nAWS_security_token=x\n",
            vec![competing(2, "aws_security_token")],
        ),
        (
            "default",
            "[default]\n\ncredential_process=x\n",
            vec![competing(3, "credential_process")],
        ),
        (
            "default",
            "[default]\n[default]\n",
            vec![Warning::RepeatedSection { line: 2 }],
        ),
        (
            "default",
            "[default]\naws_access_key_id=1\nAWS_ACCESS_KEY_ID=2\n",
            vec![Warning::RepeatedKey { line: 3 }],
        ),
        (
            "default",
            "\n[ default ]\n",
            vec![Warning::UnusualHeader { line: 2 }],
        ),
        (
            "default",
            "[default] # see [x]\n",
            vec![Warning::UnusualHeader { line: 1 }],
        ),
        ("default", "[default] # fine\n", vec![]),
        ("my profile", "", vec![Warning::UnusualName]),
        ("default", "\u{feff}", vec![Warning::ByteOrderMark]),
    ] {
        let edited = put(before.as_bytes(), profile, 7).unwrap();
        assert_eq!(edited.warnings, warnings, "{before:?}");
    }
}

#[test]
fn a_config_key_that_is_no_credential_competes_with_nothing() {
    let before = b"[default]\nrole_arn = x\n";
    for (key, count) in [("region", 0), ("credential_process", 1)] {
        let settings = vec![Setting::new(key, "x".into()).unwrap()];
        let edited = edit(ProfileFile::Config, "default", settings, before).unwrap();
        assert_eq!(edited.warnings.len(), count, "{key}");
    }
}

#[test]
fn what_is_not_utf8_stays_as_it_is() {
    let before = b"# caf\xe9\n[dev]\nname = \xff\xfe\n[default]\n";
    let edited = put(before, "default", 7).unwrap();
    assert_eq!(
        edited.contents.as_slice(),
        [before.as_slice(), NEW.as_bytes()].concat()
    );
    assert_eq!(edited.warnings, [Warning::NotUtf8]);
}

#[test]
fn the_last_of_several_settings_with_one_key_counts() {
    let settings = ["x", "y"].map(|value| Setting::new("region", value.into()).unwrap());
    let edited = edit(ProfileFile::Config, "default", settings.into(), b"").unwrap();
    assert_eq!(edited.contents.as_slice(), b"[default]\nregion=y\n");
}

#[test]
fn the_result_is_shown_without_its_contents() {
    let edited = put(b"[ default ]\n", "default", 7).unwrap();
    let shown = "EditedProfile { bytes: 95, warnings: [UnusualHeader { line: 1 }] }";
    assert_eq!(format!("{edited:?}"), shown);
}
