use std::path::Path;

use super::*;
use crate::commands::{command, innermost};
use crate::environment::Environment;
use crate::resolved::Resolved;

/// The secret's name and the registries, or what is wrong.
fn read_from(words: &[&str], config: &str) -> Result<(Option<String>, Vec<String>), String> {
    let words = [&["iamra", "k8s", "sync"], words].concat();
    let matches = command().try_get_matches_from(words);
    let matches = matches.map_err(|error| error.to_string())?;
    let (_, matches) = innermost(&matches);
    let environment: Environment = [("IAMRA_CONFIG", "c.toml")].into_iter().collect();
    let file = |_: &Path| Ok(format!("schema = 1\n{config}"));
    let settings = Resolved::new(matches, &environment, None, file).unwrap();
    let context = read(matches, &Context::new(settings)).map_err(|error| error.to_string())?;
    let settings = &context.settings;
    Ok((
        settings.text("secret-name").unwrap(),
        settings.list("registry").unwrap(),
    ))
}

#[test]
fn the_words_are_settings() {
    let host = "123456789012.dkr.ecr.us-west-2.amazonaws.com";
    let url = format!("https://{host}");
    let server = format!("--docker-server={url}");
    let whole = [
        "awsecr",
        &server,
        "--docker-username=AWS",
        "--docker-password=QVdTOnNlY3JldA==",
        "--docker-email=me@example.test",
    ];
    let config = "secret-name = 'by-file'\nregistry = ['by-file']";
    let named = |name: &str| Some(name.to_owned());
    for (words, config, expected) in [
        (&whole[..], "", (named("awsecr"), vec![url.clone()])),
        (&whole, config, (named("awsecr"), vec![url.clone()])),
        (
            &["awsecr"],
            config,
            (named("awsecr"), vec!["by-file".to_owned()]),
        ),
        (
            &["--docker-server", host],
            config,
            (named("by-file"), vec![host.to_owned()]),
        ),
        (&["--docker-username", "AWS"], "", (None, vec![])),
        // As a shell leaves them where the variables are empty.
        (
            &["x", "--docker-password=", "--docker-email=", "-n", "a"],
            "",
            (named("x"), vec![]),
        ),
        (&[], "[group.a]\nsecret-name = 'x'", (None, vec![])),
    ] {
        assert_eq!(read_from(words, config), Ok(expected), "{words:?}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (words, config, expected) in [
        (
            &[
                "x",
                "--docker-username=ecruser",
                "--docker-password=hunter2",
            ][..],
            "",
            "--docker-username: it must be AWS",
        ),
        (
            &["x"],
            "[group.a]\nsecret-name = 'x'",
            "NAME and --docker-server: the config file has groups with their own",
        ),
        (&["x", "--secret-name", "y"], "", "cannot be used with"),
        (&["x", "y"], "", "unexpected argument 'y'"),
        (
            &["--docker-server=a", "--registry=b"],
            "",
            "cannot be used with",
        ),
    ] {
        let refused = read_from(words, config).unwrap_err();
        assert!(refused.contains(expected), "{refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}
