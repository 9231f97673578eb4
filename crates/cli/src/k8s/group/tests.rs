use std::path::Path;

use super::*;
use crate::environment::Environment;
use crate::resolved::Resolved;
use crate::setting::with_settings;
use crate::settings;

/// The groups of a config file, by their titles; or what is wrong.
fn read(flags: &[&str], text: &str) -> Result<Vec<String>, String> {
    let environment = [("IAMRA_CONFIG", "c.toml")].into_iter().collect();
    let environment: Environment = environment;
    let command = with_settings(clap::Command::new("x"), settings::ALL);
    let matches = command.get_matches_from([&["x"], flags].concat());
    let read = |_: &Path| Ok(format!("schema = 1\nregion = 'eu-west-1'\n{text}"));
    let resolved = Resolved::new(&matches, &environment, None, read).unwrap();
    let context = Context::new(resolved);
    let groups = Group::all(&context, "own").map_err(|failure| failure.to_string())?;
    Ok(groups.iter().map(Group::title).collect())
}

#[test]
fn without_a_table_the_settings_are_the_group() {
    assert_eq!(read(&[], "").unwrap(), ["secret ecr-pull"]);
    let two = "[group.a]\nnamespace = 'a'\n[group.b]\nnamespace = 'b'";
    assert_eq!(read(&[], two).unwrap(), ["group a", "group b"]);
}

#[test]
fn what_is_wrong_with_a_group_is_said_with_its_place() {
    for (text, why) in [
        ("group = 1", "group: it must be [group.NAME]"),
        ("[group]\na = 1", "group: it must be [group.NAME]"),
        (
            "[group.a_b]\nnamespace = 'a'",
            "[group.a_b]: a name is of a-z, 0-9 and -",
        ),
        (
            "[group.a]\nnamespac = 'a'",
            "[group.a]: there is no setting \"namespac\"; did you mean \"namespace\"?",
        ),
        (
            "[group.a]\nkubeconfig = 'a'",
            "[group.a]: kubeconfig does not belong there",
        ),
        (
            "[group.a]\nconcurrency = 'a'",
            "[group.a]: concurrency does not belong there",
        ),
        (
            "[group.a]\nconfig-name = 'a'",
            "[group.a]: config-name does not belong there",
        ),
    ] {
        assert_eq!(read(&[], text).unwrap_err(), format!("c.toml: {why}"));
    }
    let wrong = "[group.a]\non-foreign = 'take'";
    let failure = read(&[], wrong).unwrap_err();
    assert!(
        failure.starts_with("c.toml: [group.a] (on-foreign): "),
        "{failure}"
    );
}

#[test]
fn a_flag_that_a_group_would_outvote_is_refused() {
    let text = "secret-name = 'c'\n[group.a]\nsecret-name = 'b'";
    assert_eq!(
        read(&["--secret-name", "a"], text).unwrap_err(),
        "--secret-name: [group.a] of c.toml says so too, and would count"
    );
    // What is said for all is there to be said otherwise, and a flag for what no
    // group says is for all of them.
    read(&["--on-foreign", "refuse"], text).unwrap();
}

#[test]
fn what_marks_our_secrets_is_ours_alone() {
    for flag in ["--secret-label", "--secret-annotation"] {
        for pair in ["iamra.dev/registries=x", "app.kubernetes.io/managed-by=x"] {
            let failure = read(&[flag, pair], "").unwrap_err();
            assert!(failure.contains("mark what iamra wrote"), "{failure}");
        }
        read(&[flag, "example.test/team=a"], "").unwrap();
    }
}

#[test]
fn a_name_with_a_dot_would_be_taken_for_a_group() {
    assert_eq!(
        read(&["--config-name", "a.b"], "").unwrap_err(),
        "--config-name: with a dot in it, it cannot be told from a group of another one"
    );
    read(&["--config-name", "a-b"], "").unwrap();
}

#[test]
fn two_groups_do_not_write_one_secret() {
    for (first, second, place) in [
        ("namespace = 'x'", "namespace = 'x'", Some("namespace x")),
        ("namespace = 'x'", "namespace = 'y'", None),
        (
            "namespace = 'team-x'",
            "namespace-glob = 'team-*'",
            Some("namespace team-x"),
        ),
        (
            "namespace-glob = 'team-*'",
            "namespace = 'team-x'",
            Some("namespace team-x"),
        ),
        (
            "namespace = 'team-x'",
            "namespace-glob = 'team-*'\nexclude-namespace = 'team-x'",
            None,
        ),
        ("namespace = 'kube-system'", "namespace-glob = '*'", None),
        (
            "namespace-glob = ['a', 'team-*']",
            "namespace-glob = 'team-*'",
            Some("the namespaces team-*"),
        ),
        (
            "namespace-glob = 'team-*'",
            "namespace-glob = 'team-x-*'",
            Some("the namespaces that are team-* and team-x-*"),
        ),
        (
            "namespace-glob = 'team-*'\nexclude-namespace = 'team-x*'",
            "namespace-glob = 'team-x-*'",
            None,
        ),
        (
            "namespace-selector = 'a=b'",
            "namespace-selector = 'a=b'",
            Some("the namespaces with a=b"),
        ),
        ("namespace-selector = 'a=b'", "namespace-glob = '*'", None),
    ] {
        let text = |more: &str| format!("[group.a]\n{first}\n[group.b]\n{second}\n{more}");
        let refused = read(&[], &text("")).err();
        let expected = place
            .map(|place| format!("group a and group b both write the secret ecr-pull in {place}"));
        assert_eq!(refused, expected, "{first} {second}");
        read(&[], &text("secret-name = 'other'")).unwrap();
    }
}
