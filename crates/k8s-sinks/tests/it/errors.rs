//! Every error and warning as a user reads it.

use std::{error::Error as _, io, path::PathBuf};

use k8s_sinks::{Error, Problem, Warning};

fn chain(error: &Error) -> String {
    let mut lines = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        lines.push(format!("  because: {cause}"));
        source = cause.source();
    }
    lines.join("\n")
}

#[test]
fn errors_read_well() {
    let path = || PathBuf::from("/home/me/.aws/credentials");
    let problems = [
        Problem::OutsideSection,
        Problem::UnclosedHeader,
        Problem::NoEquals,
        Problem::NoKey,
        Problem::StrayContinuation,
        Problem::CarriageReturn,
        Problem::Colon,
    ];
    let unparsable = problems.into_iter().map(|problem| Error::NotEdited {
        path: path(),
        source: Box::new(Error::Unparsable { line: 3, problem }),
    });
    let full = private_file::Error::DiskFull {
        path: path(),
        source: io::Error::new(io::ErrorKind::StorageFull, "No space left on device"),
    };
    let others = [
        Error::BadProfileName {
            name: "a]b".to_owned(),
        },
        Error::BadKey {
            key: "Region".to_owned(),
        },
        Error::BadValue {
            key: "aws_session_token".to_owned(),
        },
        Error::NotWritten {
            path: path(),
            source: full,
        },
        Error::NotWritten {
            path: path(),
            source: private_file::Error::MountedFile { path: path() },
        },
        Error::NotEncodable {
            label: "CERTIFICATE",
        },
        Error::BadKeyStorePassword,
        Error::BadFriendlyName {
            name: String::new(),
        },
        Error::UnknownLayout {
            name: "flat".to_owned(),
        },
    ];
    let texts: Vec<String> = unparsable
        .chain(others)
        .map(|error| chain(&error))
        .collect();
    insta::assert_snapshot!("errors", texts.join("\n"));
}

#[test]
fn warnings_read_well() {
    let warnings = [
        Warning::CompetingKey {
            line: 3,
            key: "role_arn",
        },
        Warning::RepeatedSection { line: 3 },
        Warning::RepeatedKey { line: 3 },
        Warning::UnusualHeader { line: 3 },
        Warning::UnusualName,
        Warning::ByteOrderMark,
        Warning::NotUtf8,
    ];
    let texts: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!("warnings", texts.join("\n"));
}
