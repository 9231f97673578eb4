use super::*;

fn line(given: &[&str]) -> Result<Option<String>, String> {
    let given = given.iter().map(OsString::from);
    let Some(flags) = flags(given).map_err(|failure| failure.to_string())? else {
        return Ok(None);
    };
    let words = translated(&flags).map_err(|failure| failure.to_string())?;
    let words: Vec<_> = words.iter().map(|word| word.to_str().unwrap()).collect();
    Ok(Some(words[3..].join(" ")))
}

#[test]
fn its_flags_are_settings() {
    let usual = "--secret-name=ecr-auth-cfg --secret-format=config-json --registry-scheme \
                 --auth-only --forget-tokens --token-interval=1200";
    let of = |from: &str, to: &str| usual.replace(from, to);
    for (given, expected) in [
        (&[][..], usual.to_owned()),
        // As in its own manifest.
        (
            &["-secretName=ecr-docker-secret", "-region=us-east-1"],
            of("ecr-auth-cfg", "ecr-docker-secret") + " --region=us-east-1",
        ),
        (
            &["-region", "us-east-1", "-profile", "123456789012"],
            format!("{usual} --region=us-east-1 --account=123456789012"),
        ),
        (&["--interval=300"], of("1200", "300")),
        (&["--interval", "1"], of("1200", "1")),
        (&["-interval=1000000"], of("1200", "43200")),
        (
            &["-secretType=kubernetes.io/dockerconfigjson"],
            of("config-json", "dockerconfigjson"),
        ),
        (
            &["-secretType", "kubernetes.io/dockercfg"],
            of("config-json", "dockercfg"),
        ),
        (&["-secretType=Opaque"], usual.to_owned()),
        // The next word is the value, and the last one counts.
        (&["-secretName", "-x"], of("ecr-auth-cfg", "-x")),
        (
            &["-secretName=a", "--secretName=b"],
            of("ecr-auth-cfg", "b"),
        ),
        (&["-secretName=a=b"], of("ecr-auth-cfg", "a=b")),
        (&["-profile=", "-region="], usual.to_owned()),
        // What is no flag ends them.
        (&["-interval=5", "word", "-nonsense"], of("1200", "5")),
        (&["--", "-nonsense"], usual.to_owned()),
        (&["-", "-nonsense"], usual.to_owned()),
    ] {
        assert_eq!(line(given), Ok(Some(expected)), "{given:?}");
    }
    for given in ["-h", "--h", "-help", "--help"] {
        assert_eq!(line(&["-region=x", given, "-nonsense"]), Ok(None));
    }
}

#[test]
fn what_is_wrong_is_named_by_its_flag() {
    for (given, expected) in [
        (&["-region"][..], "-region: it has no value"),
        (
            &["-interval=0"],
            "-interval: it must be a number of seconds, 1 or more",
        ),
        (
            &["-interval", "-5"],
            "-interval: it must be a number of seconds, 1 or more",
        ),
        (
            &["-interval=20m"],
            "-interval: it must be a number of seconds, 1 or more",
        ),
        (
            &["-secretType=Opaq"],
            "-secretType: it must be Opaque, kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg",
        ),
        (
            &["---region=x"],
            "there is no flag --region; ecr-k8s-secret-creator has -secretName, -secretType, -region, \
             -interval, -profile",
        ),
        (
            &["-secret-name=x"],
            "there is no flag -secret-name; ecr-k8s-secret-creator has -secretName, -secretType, \
             -region, -interval, -profile",
        ),
    ] {
        assert_eq!(line(given), Err(expected.to_owned()), "{given:?}");
    }
    let refused = line(&["-profile=production"]).unwrap_err();
    assert!(refused.starts_with("-profile: "), "{refused}");
}

/// Every word of it is one that `k8s run` knows.
#[test]
fn the_command_line_is_one_of_ours() {
    let given = ["-region=us-east-1", "-profile=123456789012"].map(OsString::from);
    let words = command_line(given.into_iter()).unwrap();
    let matches = crate::commands::command()
        .try_get_matches_from(words)
        .unwrap();
    let (names, matches) = crate::commands::innermost(&matches);
    assert_eq!(names, ["k8s", "run"]);
    let account = matches.get_many::<String>("account").unwrap();
    assert_eq!(account.collect::<Vec<_>>(), ["123456789012"]);
}
