//! Files of all shapes: nothing is lost, twice is once, and the SDK agrees.

use k8s_sinks::file::{Document, ProfileFile};
use proptest::{
    collection::vec,
    prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest},
    sample::select,
};

use crate::oracle::{expected, keys, put, read};

/// Lines that a section can have, the awkward ones too.
const LINES: [&str; 19] = [
    "",
    "  ",
    "# comment",
    "; aws_access_key_id = commented",
    "region = eu-west-1",
    "region=us-east-1 # nearest",
    "output =\tjson  ",
    "aws_access_key_id = OLD",
    "AWS_Access_Key_Id=OLD # c",
    "aws_secret_access_key =",
    "aws_session_token = old",
    "aws_session_token = old ; c\n  more\n\n  # and\n\tmore",
    "aws_access_key_id_old = keep",
    "s3 =\n  aws_session_token = nested\n  max = 10",
    "name = grüße",
    "long = a\n  b\n# between\n  c",
    "aws_security_token = x",
    "in valid = x",
    "region = #not empty",
];

const HEADERS: [&str; 9] = [
    "[default]",
    "[ default ]",
    "[default] # mine",
    "[dev]",
    "[default2]",
    "[profile default]",
    "[prod]; x",
    "[my profile]",
    "[Default]",
];

/// Sections of a file, each a header with lines.
fn sections() -> impl Strategy<Value = Vec<String>> {
    let section = (select(HEADERS.to_vec()), vec(select(LINES.to_vec()), 0..6));
    vec(
        section.prop_map(|(header, lines)| [vec![header], lines].concat().join("\n")),
        0..5,
    )
}

fn text() -> impl Strategy<Value = (String, Vec<String>)> {
    let shape = (
        sections(),
        select(vec!["\n", "\r\n"]),
        any::<bool>(),
        any::<bool>(),
    );
    shape.prop_map(|(sections, end, is_ended, has_preamble)| {
        let mut parts: Vec<String> = sections
            .iter()
            .map(|section| format!("{section}\n").replace('\n', end))
            .collect();
        if has_preamble {
            parts.insert(0, format!("# preamble{end}{end}"));
        }
        if let Some(last) = parts.last_mut().filter(|_| !is_ended) {
            last.truncate(last.len() - end.len());
        }
        (parts.concat(), parts)
    })
}

fn is_default(part: &str) -> bool {
    ["[default]", "[ default ]"]
        .iter()
        .any(|header| part.starts_with(header))
}

/// Bytes that come close to being a file, and any others.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = select(vec![
        "[a]", "\n", "\r\n", "\r", "=", "k", " ", "\t", "#", ";", "]", "[", "\u{feff}", ":",
    ]);
    let close = vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes());
    prop_oneof![close, vec(any::<u8>(), 0..200)]
}

proptest! {
    #[test]
    fn what_parses_is_kept_byte_for_byte(contents in bytes()) {
        if let Ok(document) = Document::parse(&contents) {
            let bytes = document.to_bytes();
            prop_assert_eq!(bytes.as_slice(), contents.as_slice());
        }
    }

    /// Ours refuses at least what the SDK refuses. (The SDK does not know the
    /// byte order mark, and takes lone carriage returns for text.)
    #[test]
    fn what_parses_the_sdk_parses_too(contents in bytes()) {
        let has_mark = contents.starts_with("\u{feff}".as_bytes());
        if Document::parse(&contents).is_ok() && !has_mark && str::from_utf8(&contents).is_ok() {
            prop_assert!(read(ProfileFile::Credentials, &contents).is_some());
        }
    }

    #[test]
    fn what_the_sdk_parses_parses_too(contents in bytes()) {
        let sdk = read(ProfileFile::Credentials, &contents).is_some();
        let lone_return = String::from_utf8_lossy(&contents).replace("\r\n", "").contains('\r');
        if sdk && !lone_return {
            prop_assert!(Document::parse(&contents).is_ok());
        }
    }

    #[test]
    fn an_edit_is_made_once_and_read_by_the_sdk((contents, _) in text(), generation in 1_u32..1000) {
        if let Ok(edited) = put(contents.as_bytes(), "default", generation) {
            prop_assert_eq!(
                keys(ProfileFile::Credentials, &edited.contents, "default"),
                expected(generation)
            );
            let again = put(&edited.contents, "default", generation).unwrap();
            prop_assert_eq!(again.contents, edited.contents);
        } else {
            prop_assert!(read(ProfileFile::Credentials, contents.as_bytes()).is_none());
        }
    }

    #[test]
    fn other_profiles_stay_byte_for_byte((contents, parts) in text()) {
        let Ok(edited) = put(contents.as_bytes(), "default", 7) else { return Ok(()) };
        let edited = String::from_utf8(edited.contents.to_vec()).unwrap();
        let mut rest = edited.as_str();
        for part in parts.iter().filter(|part| !is_default(part)) {
            let at = rest.find(part.as_str());
            prop_assert!(at.is_some(), "{:?} is not in {:?}", part, edited);
            rest = &rest[at.unwrap_or(0) + part.len()..];
        }
        if !parts.iter().any(|part| is_default(part)) {
            prop_assert!(edited.starts_with(&contents));
        }
    }

    /// Lines of the profile that are not ours stay, in their order.
    #[test]
    fn other_keys_of_the_profile_stay((contents, _) in text()) {
        let Ok(edited) = put(contents.as_bytes(), "default", 7) else { return Ok(()) };
        let value = |contents: &[u8], key: &str| -> Option<String> {
            Some(read(ProfileFile::Credentials, contents)?.get_profile("default")?.get(key)?.to_owned())
        };
        for key in ["output", "aws_access_key_id_old", "s3", "long", "name"] {
            prop_assert_eq!(value(&edited.contents, key), value(contents.as_bytes(), key), "{}", key);
        }
    }

    #[test]
    fn any_bytes_and_any_name_do_not_panic(contents in bytes(), name in ".{0,12}") {
        let Ok(name) = name.parse::<k8s_sinks::file::ProfileName>() else { return Ok(()) };
        let edited = put(&contents, name.as_str(), 1);
        if let Ok(edited) = edited {
            prop_assert!(Document::parse(&edited.contents).is_ok());
        }
    }
}
