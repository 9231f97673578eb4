use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::time::SystemTime;

use crate::laboratory::Laboratory;

fn arguments<'a>(verb: &'a str, files: &'a [String]) -> Vec<&'a str> {
    let files = files.iter().map(String::as_str);
    ["creds", verb].into_iter().chain(files).collect()
}

#[test]
fn process_prints_one_document_and_nothing_else() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let run = laboratory.run(&arguments("process", &files)).ok();
    assert_eq!(run.stderr, "");
    assert!(!run.stdout.ends_with('\n'));
    let document: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["Version"], 1);
    let expiration = document["Expiration"].as_str().unwrap();
    let expiration: jiff::Timestamp = expiration.parse().unwrap();
    assert!(SystemTime::from(expiration) > SystemTime::UNIX_EPOCH);
    // The order of the members is that of the official helper.
    let order: Vec<usize> = [
        "Version",
        "AccessKeyId",
        "SecretAccessKey",
        "SessionToken",
        "Expiration",
    ]
    .iter()
    .map(|name| run.stdout.find(&format!("\"{name}\"")).unwrap())
    .collect();
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn check_says_who_it_is() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let text = laboratory.run(&arguments("check", &files)).ok();
    let json = laboratory
        .run(&[&arguments("check", &files)[..], &["--output", "json"]].concat())
        .ok();
    laboratory.filters().bind(|| {
        insta::assert_snapshot!("creds-check", text);
        insta::assert_snapshot!("creds-check-json", json.stdout);
    });
}

#[test]
fn file_writes_the_seeds_file() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let run = laboratory.run(&arguments("file", &files)).ok();
    assert_eq!(run.stdout, "");
    let path = laboratory.path(".aws/credentials");
    let lines: Vec<String> = laboratory
        .read(".aws/credentials")
        .split_inclusive('\n')
        .map(|line| {
            line.split_once('=')
                .map_or_else(|| line.to_owned(), |(key, _)| format!("{key}=…\n"))
        })
        .collect();
    let expected = [
        "[default]\n",
        "aws_access_key_id=…\n",
        "aws_secret_access_key=…\n",
        "aws_session_token=…\n",
    ];
    assert_eq!(lines, expected);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        path.parent()
            .unwrap()
            .metadata()
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o700
    );
}

#[test]
fn file_leaves_everything_else_alone() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let before = "# mine\r\n[other]\r\naws_access_key_id = AKIA\r\n\r\n[ci]\nregion=eu-west-1\n";
    let path = laboratory.write("credentials", before);
    let options = [
        "--credentials-file",
        &path,
        "--profile",
        "ci",
        "--config-file",
        "config",
    ];
    laboratory
        .run(&[&arguments("file", &files)[..], &options].concat())
        .ok();
    let after = laboratory.read("credentials");
    let is_ours = |line: &&str| line.starts_with("aws_") && !line.contains("AKIA");
    let kept: Vec<&str> = after
        .split_inclusive('\n')
        .filter(|line| !is_ours(line))
        .collect();
    assert_eq!(kept.concat(), before);
    assert_eq!(after.matches("aws_session_token=").count(), 1, "{after}");
    assert_eq!(
        laboratory.read("config"),
        "[profile ci]\nregion=us-east-1\n"
    );
}

#[test]
fn without_a_home_the_error_names_the_flag() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    for home in [None, Some("/"), Some("")] {
        let mut command = laboratory.command(&arguments("file", &files));
        match home {
            None => command.env_remove("HOME"),
            Some(home) => command.env("HOME", home),
        };
        let run = crate::run::Run::of(&mut command);
        assert_eq!(run.code, Some(2), "{run}");
        assert!(
            run.stderr
                .contains("hint: name the file: --credentials-file FILE"),
            "{run}"
        );
        // Nobody was asked for a session that could not be written.
        assert!(
            laboratory
                .sandbox
                .requests()
                .count(iamra_sandbox::Operation::CreateSession)
                == 0
        );
    }
}

#[test]
fn eight_writers_on_eight_profiles_lose_nothing() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let children: Vec<_> = (0..8)
        .map(|number| {
            let profile = format!("p{number}");
            let arguments = [&arguments("file", &files)[..], &["--profile", &profile]].concat();
            laboratory.command(&arguments).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let text = laboratory.read(".aws/credentials");
    for number in 0..8 {
        assert!(
            text.contains(&format!("[p{number}]\naws_access_key_id=ASIA")),
            "{text}"
        );
    }
    assert_eq!(text.matches("aws_session_token=").count(), 8);
}

#[test]
fn another_owner_or_mode_is_not_kept_wide() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    std::fs::create_dir(laboratory.path(".aws")).unwrap();
    let path = laboratory.write(".aws/credentials", "[default]\nregion=x\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    laboratory.run(&arguments("file", &files)).ok();
    let metadata = std::fs::metadata(&path).unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o600);
    let wide = [&arguments("file", &files)[..], &["--file-mode", "0644"]].concat();
    let run = laboratory.run(&wide);
    assert_eq!(run.code, Some(2), "{run}");
}

#[test]
fn a_config_file_that_fails_is_told_apart_from_credentials_that_are_there() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    laboratory.write("config", "[broken\n");
    let options = [
        "--credentials-file",
        "credentials",
        "--config-file",
        "config",
    ];
    let run = laboratory.run(&[&arguments("file", &files)[..], &options].concat());
    assert_eq!(run.code, Some(6), "{run}");
    assert!(run.stderr.contains("that file was not changed"), "{run}");
    assert!(run.stderr.contains("event=\"hand-out\""), "{run}");
    assert!(
        laboratory
            .read("credentials")
            .contains("aws_session_token=")
    );
    assert_eq!(laboratory.read("config"), "[broken\n");
}

#[test]
fn a_tilde_is_the_home_folder() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let mut command = laboratory.command(&arguments("file", &files));
    crate::run::Run::of(command.env("AWS_SHARED_CREDENTIALS_FILE", "~/x/credentials")).ok();
    assert!(laboratory.path("x/credentials").exists());
    assert!(!laboratory.path("~").exists());
}
