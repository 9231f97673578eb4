use std::process::Command;

use super::{Ecr, HOST, json};
use crate::run::Run;

const CONFIG: &str = ".docker/config.json";

/// A home with a file of docker's.
fn with_config(text: &str) -> Ecr {
    let ecr = Ecr::new();
    std::fs::create_dir(ecr.laboratory.path(".docker")).unwrap();
    ecr.laboratory.write(CONFIG, text);
    ecr
}

#[test]
fn a_first_login_makes_dockers_file() {
    let ecr = Ecr::new();
    let run = ecr.run(&["login"]).ok();
    ecr.snapshot("login", &run);
    let file = ecr.laboratory.read(CONFIG);
    let password = ecr.run(&["token", "-o", "authorization"]).ok().stdout;
    let auth = password.trim().rsplit(' ').next().unwrap();
    let expected = format!(
        "{{\n\t\"auths\": {{\n\t\t\"{HOST}\": {{\n\t\t\t\"auth\": \"{auth}\"\n\t\t}}\n\t}}\n}}"
    );
    assert_eq!(file.trim_end(), expected);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |name| {
            let metadata = ecr.laboratory.path(name).metadata().unwrap();
            metadata.permissions().mode() & 0o777
        };
        assert_eq!((mode(CONFIG), mode(".docker")), (0o600, 0o700));
    }
    // The same token once more: nothing to write.
    let before = ecr
        .laboratory
        .path(CONFIG)
        .metadata()
        .unwrap()
        .modified()
        .unwrap();
    ecr.run(&["login"]).ok();
    let after = ecr
        .laboratory
        .path(CONFIG)
        .metadata()
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(before, after);
}

#[test]
fn what_else_is_in_the_file_stays_and_old_spellings_go() {
    let text = "{\r\n  \"HttpHeaders\": {\"x\": 1e400},\r\n  \"auths\": {\r\n    \"https://[HOST]/v2/\": {\"auth\": \"QVdTOm9sZA==\"},\r\n    \"[HOST]/team\": {\"auth\": \"bW9yZQ==\"},\r\n    \"ghcr.io\": {\"auth\": \"Z2hjcg==\"}\r\n  },\r\n  \"psFormat\": \"table\\u0020x\"\r\n}\r\n";
    let text = text.replace("[HOST]", HOST);
    let ecr = with_config(&text);
    let run = ecr.run(&["login", "--log-level", "info"]).ok();
    assert!(run.stderr.contains("took the login of https://"), "{run}");
    let file = ecr.laboratory.read(CONFIG);
    assert!(!file.contains("/v2/"), "{file}");
    for kept in [
        "{\r\n  \"HttpHeaders\": {\"x\": 1e400},\r\n  \"auths\": {\r\n",
        "\"ghcr.io\": {\"auth\": \"Z2hjcg==\"}",
        &format!("\"{HOST}/team\": {{\"auth\": \"bW9yZQ==\"}}"),
        "},\r\n  \"psFormat\": \"table\\u0020x\"\r\n}\r\n",
    ] {
        assert!(file.contains(kept), "{kept}: {file}");
    }
    ecr.laboratory
        .run(&["ecr", "logout", "--registry", HOST])
        .ok();
    let after = ecr.laboratory.read(CONFIG);
    assert!(!after.contains(&format!("\"{HOST}\"")), "{after}");
    assert!(
        after.contains("ghcr.io") && after.contains("/team"),
        "{after}"
    );
}

#[test]
fn each_tool_has_its_own_place() {
    let ecr = Ecr::new();
    let home = ecr.laboratory.home().display().to_string();
    for (more, variables, file) in [
        (
            &["--tool", "podman"][..],
            &[("XDG_RUNTIME_DIR", "run")][..],
            "run/containers/auth.json",
        ),
        (
            &["--tool", "podman"],
            &[("REGISTRY_AUTH_FILE", "a.json")],
            "a.json",
        ),
        (
            &["--tool", "helm"],
            &[],
            ".config/helm/registry/config.json",
        ),
        (
            &["--tool", "helm"],
            &[("HELM_REGISTRY_CONFIG", "h.json")],
            "h.json",
        ),
        (
            &["--tool", "oras"],
            &[("DOCKER_CONFIG", "d")],
            "d/config.json",
        ),
        (&["--auth-file", "f/x.json"], &[], "f/x.json"),
    ] {
        let mut command = ecr.command(&[&["login"], more].concat());
        for (name, value) in variables {
            command.env(name, format!("{home}/{value}"));
        }
        Run::of(&mut command).ok();
        assert!(json(&ecr.laboratory.read(file))["auths"][HOST].is_object());
    }
}

#[test]
fn what_is_no_auth_file_is_refused_and_untouched() {
    for (name, text) in [
        ("cut", "{\"auths\": {"),
        ("array", "[]"),
        ("twice", "{\"auths\": {}, \"auths\": {}}"),
        ("auths", "{\"auths\": \"x\"}"),
    ] {
        let ecr = with_config(text);
        let run = ecr.run(&["login"]);
        assert_eq!(run.code, Some(2), "{run}");
        ecr.snapshot(&format!("login-corrupt-{name}"), &run);
        assert_eq!(ecr.laboratory.read(CONFIG), text);
        assert_eq!(ecr.asked(), 0, "and nobody is asked");
    }
}

#[cfg(unix)]
#[test]
fn a_helper_of_the_file_is_given_the_login() {
    let helper = "#!/bin/sh\nset -e\ncat > \"$HOME/told-$1\"\n[ \"$1\" != erase ] || exit 0\n";
    let ecr = with_config("{\"credsStore\": \"mine\", \"auths\": {}}");
    install(&ecr, "docker-credential-mine", helper);
    let run = path(&ecr, &["login", "-o", "json", "--log-level", "info"]).ok();
    let done = json(&run.stdout);
    assert_eq!(done[0]["keptBy"], "docker-credential-mine");
    // The helper was told, and the client's file was left alone.
    let is_said = |word: &str| run.stderr.contains(word);
    assert!(is_said("handed out") && !is_said(CONFIG), "{run}");
    let told = json(&ecr.laboratory.read("told-store"));
    assert_eq!(told["ServerURL"], HOST);
    assert_eq!(told["Username"], "AWS");
    let file = ecr.laboratory.read(CONFIG);
    assert_eq!(file, "{\"credsStore\": \"mine\", \"auths\": {}}");
    let mut logout = ecr
        .laboratory
        .command(&["ecr", "logout", "--registry", HOST]);
    Run::of(on_path(&ecr, &mut logout)).ok();
    assert_eq!(ecr.laboratory.read("told-erase"), HOST);
    // One that leaves an agent behind, which holds the output for longer than
    // a helper may take, has ended nevertheless; and the agent stays.
    let agent = "#!/bin/sh\nsleep 300 2> /dev/null &\necho $! > \"$HOME/agent\"\n";
    install(&ecr, "docker-credential-mine", agent);
    path(&ecr, &["login"]).ok();
    let agent = ecr.laboratory.read("agent");
    let ended = Command::new("kill").arg(agent.trim()).status().unwrap();
    assert!(ended.success(), "the agent is gone");
    // One that fails after many words has failed.
    let loud = "#!/bin/sh\ncat > /dev/null; head -c 100000 /dev/zero | tr '\\0' x; exit 1\n";
    install(&ecr, "docker-credential-mine", loud);
    assert_eq!(path(&ecr, &["login"]).code, Some(1));
    // One that repeats what it was told does not show the password.
    install(
        &ecr,
        "docker-credential-mine",
        "#!/bin/sh\ntee \"$HOME/told-$1\"; exit 1\n",
    );
    let run = path(&ecr, &["login"]);
    assert_eq!(run.code, Some(1), "{run}");
    ecr.snapshot("login-helper-repeats", &run);
    // Whatever is said is cut: of a password, its pieces count.
    let told = ecr.laboratory.read("told-store");
    let password = json(&told)["Secret"].as_str().unwrap().to_owned();
    let mut pieces = password.as_bytes().windows(12);
    let is_shown = pieces.any(|piece| run.stderr.contains(str::from_utf8(piece).unwrap()));
    assert!(!is_shown, "{run}");
    // One that cannot is said by its name, with what it says.
    install(
        &ecr,
        "docker-credential-mine",
        "#!/bin/sh\necho locked; exit 1\n",
    );
    let run = path(&ecr, &["login"]);
    assert_eq!(run.code, Some(1), "{run}");
    ecr.snapshot("login-helper-fails", &run);
}

#[test]
fn who_has_no_login_is_told_so() {
    let ecr = Ecr::new();
    let logout = ["ecr", "logout", "--registry", HOST];
    let run = ecr.laboratory.run(&logout).ok();
    ecr.snapshot("logout-nothing", &run);
    assert!(!ecr.laboratory.path(CONFIG).exists(), "nothing is made");
    let ecr = with_config("{\"auths\": {\"ghcr.io\": {\"auth\": \"Z2hjcg==\"}}}");
    let before = ecr.laboratory.read(CONFIG);
    let run = ecr.laboratory.run(&logout).ok();
    assert!(run.stdout.contains(" has no login in "), "{run}");
    assert_eq!(ecr.laboratory.read(CONFIG), before);
}

/// Of three registries, one helper cannot: the others are done, and reported.
#[cfg(unix)]
#[test]
fn what_one_helper_cannot_keeps_nothing_from_the_others() {
    let [a, b, c] = ["210987654321", "310987654321", "410987654321"]
        .map(|account| format!("{account}.dkr.ecr.us-east-1.amazonaws.com"));
    let text = format!(r#"{{"credHelpers":{{"{b}":"works","{c}":"gone"}}}}"#);
    let ecr = with_config(&text);
    install(
        &ecr,
        "docker-credential-works",
        "#!/bin/sh\ncat > /dev/null\n",
    );
    let registries = ["--registry", &a, "--registry", &b, "--registry", &c];
    let run = path(&ecr, &[&["login", "-o", "json"], &registries[..]].concat());
    assert_eq!(run.code, Some(6), "{run}");
    assert_eq!(json(&run.stdout).as_array().unwrap().len(), 2);
    assert!(json(&ecr.laboratory.read(CONFIG))["auths"][&a].is_object());
    // Of a helper that is gone, the file's own login goes all the same.
    let text = format!(r#"{{"credsStore":"gone","auths":{{"{a}":{{"auth":"QVdTOng="}}}}}}"#);
    let ecr = with_config(&text);
    let run = ecr.laboratory.run(&["ecr", "logout", "--registry", &a]);
    assert_eq!(run.code, Some(6), "{run}");
    assert!(!ecr.laboratory.read(CONFIG).contains("QVdT"), "{run}");
}

#[test]
fn our_own_helper_needs_no_login() {
    let text = format!("{{\"credHelpers\": {{\"{HOST}\": \"iamra\"}}}}");
    let ecr = with_config(&text);
    let run = ecr.run(&["login"]).ok();
    assert!(run.stdout.contains("needs no login"), "{run}");
    assert_eq!(ecr.laboratory.read(CONFIG), text);
    let run = ecr.run(&["login", "--registry", HOST]).ok();
    assert!(run.stdout.contains("needs no login"), "{run}");
    assert_eq!(
        ecr.asked(),
        1,
        "none is asked for where the registry is named"
    );
}

/// One region fails: the others are logged in to.
#[test]
fn the_others_are_done_where_one_fails() {
    let ecr = Ecr::new();
    ecr.run(&["token"]).ok();
    ecr.fault("ecr=status:500");
    let more = [
        "login",
        "--aws-timeout",
        "2",
        "--registry",
        HOST,
        "--public",
    ];
    let run = ecr.run(&more);
    assert_eq!(run.code, Some(6), "{run}");
    assert!(run.stdout.starts_with("logged in to 1234"), "{run}");
    assert!(json(&ecr.laboratory.read(CONFIG))["auths"][HOST].is_object());
}

#[cfg(unix)]
fn install(ecr: &Ecr, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = ecr.laboratory.path("bin");
    let _ = std::fs::create_dir(folder);
    let program = ecr.laboratory.write(&format!("bin/{name}"), script);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(program, executable).unwrap();
}

/// With what was installed on the `PATH`.
#[cfg(unix)]
fn path(ecr: &Ecr, arguments: &[&str]) -> Run {
    Run::of(on_path(ecr, &mut ecr.command(arguments)))
}

#[cfg(unix)]
fn on_path<'a>(ecr: &Ecr, command: &'a mut Command) -> &'a mut Command {
    let bin = ecr.laboratory.path("bin");
    command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
}
