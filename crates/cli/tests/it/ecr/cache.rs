use std::process::{Child, Stdio};
use std::time::Duration;

use iamra_sandbox::Operation;

use super::{Ecr, HOST, json};
use crate::run::Run;

fn password(run: &Run) -> String {
    let text = run.stdout.clone();
    assert_eq!(run.code, Some(0), "{run}");
    json(&text)["Secret"].as_str().unwrap().to_owned()
}

/// What is kept, by name.
fn kept(ecr: &Ecr) -> Vec<String> {
    let entries = std::fs::read_dir(ecr.laboratory.path("tokens")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn fifty_processes_at_once_ask_once() {
    let ecr = Ecr::new();
    ecr.fault("ecr=slow:1");
    let input = ecr.laboratory.write("input", HOST);
    let start = |_| -> Child {
        let mut command = ecr.command(&["docker-credential", "get"]);
        command
            .stdin(std::fs::File::open(&input).unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<Child> = (0..50).map(start).collect();
    let runs = children.into_iter().map(Child::wait_with_output);
    let mut passwords: Vec<String> = runs.map(|run| password(&run.unwrap().into())).collect();
    passwords.dedup();
    assert_eq!(passwords.len(), 1);
    assert_eq!(ecr.asked(), 1);
    let requests = ecr.laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::CreateSession), 1);
}

/// Those who wait for it fail as the one that has asked.
#[test]
fn many_processes_at_once_ask_once_where_ecr_refuses_too() {
    let ecr = Ecr::new();
    ecr.laboratory.sandbox.configure_ecr(|settings| {
        settings.denials.push(iamra_sandbox::EcrDenial {
            principal_arn: ecr.laboratory.sandbox.role_arn().to_owned(),
            action: iamra_sandbox::EcrAction::GetAuthorizationToken,
        });
    });
    ecr.fault("roles-anywhere=slow:2");
    let start = |_| -> Child {
        let mut command = ecr.command(&["token"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let children: Vec<Child> = (0..20).map(start).collect();
    for child in children {
        let run: Run = child.wait_with_output().unwrap().into();
        assert_eq!(run.code, Some(3), "{run}");
        assert!(run.stderr.contains("ecr:GetAuthorizationToken"), "{run}");
    }
    assert_eq!(ecr.asked(), 1);
    // A miss of whenever keeps nobody from asking: the policy may have been mended.
    assert_eq!(ecr.run(&["token"]).code, Some(3));
    assert_eq!(ecr.asked(), 2);
}

#[test]
fn a_token_on_disk_asks_nobody() {
    let ecr = Ecr::new();
    let get = || password(&ecr.say(&["docker-credential", "get"], HOST));
    let first = get();
    let before = ecr.laboratory.sandbox.requests().len();
    assert_eq!(get(), first);
    assert_eq!(ecr.laboratory.sandbox.requests().len(), before);
    let names = kept(&ecr);
    assert_eq!(names.len(), 1, "{names:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = ecr.laboratory.path("tokens").join(&names[0]);
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }
}

/// The principal is the role and whom the certificate names, not the certificate.
#[test]
fn another_certificate_of_the_same_name_is_the_same_principal() {
    let ecr = Ecr::new();
    let get = |more: &[&str]| {
        let words = [&["docker-credential", "get"], more].concat();
        password(&ecr.say(&words, HOST))
    };
    let first = get(&[]);
    ecr.laboratory.key_files("iamra");
    assert_eq!(get(&[]), first);
    // A session that may do less is another one.
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let policy = ecr.laboratory.write("policy.json", policy);
    let chained = [
        "--chain-role-arn",
        "arn:aws:iam::210987654321:role/iamra-sandbox-next",
    ];
    assert_ne!(get(&chained), first);
    let less = [&chained[..], &["--session-policy", &policy]].concat();
    assert_ne!(get(&less), get(&chained));
    assert_eq!(ecr.asked(), 3);
}

#[test]
fn without_a_cache_everybody_asks() {
    let ecr = Ecr::new();
    // Amazon's helper heeds only whether its variable is there.
    let theirs = "AWS_ECR_DISABLE_CACHE";
    for (variable, value) in [
        ("IAMRA_NO_CACHE", "true"),
        (theirs, "yes"),
        (theirs, "false"),
    ] {
        let mut command = ecr.command(&["token"]);
        Run::of(command.env(variable, value)).ok();
    }
    ecr.run(&["token", "--no-cache"]).ok();
    assert_eq!(ecr.asked(), 4);
    assert!(!ecr.laboratory.path("tokens").exists());
}

#[test]
fn the_folder_is_the_services_or_the_users() {
    let ecr = Ecr::new();
    for (variables, folder) in [
        (
            &[("CACHE_DIRECTORY", "[HOME]/unit:[HOME]/other")][..],
            "unit",
        ),
        (&[("XDG_CACHE_HOME", "[HOME]/xdg")], "xdg/iamra"),
        (&[("AWS_ECR_CACHE_DIR", "[HOME]/theirs")], "theirs"),
    ] {
        let mut command = ecr.command(&["token"]);
        command.env_remove("IAMRA_CACHE_DIR");
        for (name, value) in variables {
            let home = ecr.laboratory.home().display().to_string();
            command.env(name, value.replace("[HOME]", &home));
        }
        Run::of(&mut command).ok();
        let entries = std::fs::read_dir(ecr.laboratory.path(folder)).unwrap();
        assert_eq!(entries.count(), 1, "{folder}");
    }
}

/// The sandbox's tokens live as long as it says.
fn short_lived(life: Duration) -> Ecr {
    Ecr::changed(|settings| settings.ecr.token_lifetime = life)
}

#[test]
fn past_its_half_a_token_is_replaced_and_kept_while_none_can_be_had() {
    // 21 minutes: past the half is what was asked for 10.5 minutes ago.
    let ecr = short_lived(Duration::from_secs(21 * 60));
    let token = || ecr.run(&["token", "-o", "json"]).ok();
    let first = token();
    ecr.age(Duration::from_secs(10 * 60));
    assert_eq!(json(&token().stdout)["source"], "cache", "10 min: not yet");
    ecr.age(Duration::from_secs(45));
    ecr.fault("ecr=status:500*3");
    let kept = token();
    assert_eq!(
        json(&kept.stdout)["password"],
        json(&first.stdout)["password"]
    );
    assert!(
        kept.stderr.contains("the last token is used, until"),
        "{kept}"
    );
    // Nobody tries again for a while.
    let asked = ecr.asked();
    token();
    assert_eq!(ecr.asked(), asked);
    std::fs::remove_file(ecr.noted_miss()).unwrap();
    let second = json(&token().stdout);
    assert_eq!(second["source"], "ecr");
    assert_ne!(second["password"], json(&first.stdout)["password"]);
}

#[test]
fn ten_minutes_before_its_end_a_token_is_used_no_more() {
    let ecr = short_lived(Duration::from_secs(3600));
    ecr.run(&["token"]).ok();
    ecr.age(Duration::from_secs(49 * 60));
    ecr.fault("ecr=status:500");
    ecr.run(&["token"]).ok();
    ecr.age(Duration::from_secs(2 * 60));
    let run = ecr.run(&["token", "--aws-timeout", "3"]);
    assert_eq!(run.code, Some(4), "{run}");
}

#[test]
fn a_damaged_file_is_moved_aside_and_not_trusted() {
    let ecr = Ecr::new();
    ecr.run(&["token"]).ok();
    let name = kept(&ecr).remove(0);
    let path = ecr.laboratory.path("tokens").join(&name);
    let whole = std::fs::read_to_string(&path).unwrap();
    ecr.laboratory
        .write(&format!("tokens/{name}"), &whole[..whole.len() / 2]);
    let run = ecr.run(&["token", "-o", "json"]).ok();
    ecr.snapshot("cache-damaged", &run);
    assert_eq!(kept(&ecr), [name.clone(), format!("{name}.damaged")]);
    assert_eq!(ecr.asked(), 2);
}

#[cfg(unix)]
#[test]
fn what_others_can_write_is_not_trusted() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let ecr = Ecr::new();
    ecr.run(&["token"]).ok();
    let path = ecr.laboratory.path("tokens").join(kept(&ecr).remove(0));
    let open = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(&path, open).unwrap();
    let run = ecr.run(&["token"]).ok();
    assert!(run.stderr.contains("is not used"), "{run}");
    assert_eq!(ecr.asked(), 2);
    let mode = path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "and it is replaced");
    // A link in a folder that is everybody's, and a file of somebody else there.
    let shared = ecr.laboratory.path("shared");
    std::fs::create_dir(&shared).unwrap();
    let everybody = std::fs::Permissions::from_mode(0o1777);
    std::fs::set_permissions(&shared, everybody).unwrap();
    symlink(&path, shared.join(path.file_name().unwrap())).unwrap();
    let run = ecr.run(&["token", "--cache-dir", "shared"]).ok();
    assert!(run.stderr.contains("is not used"), "{run}");
    assert_eq!(ecr.asked(), 3);
}

#[test]
fn a_folder_that_cannot_be_written_costs_a_call_and_no_more() {
    let ecr = Ecr::new();
    ecr.laboratory.write("file", "");
    let run = ecr.run(&["token", "--cache-dir", "file/below"]).ok();
    assert!(run.stderr.contains("cannot be kept on disk"), "{run}");
}

impl Ecr {
    /// Lets what is kept look older than it is: all its times are set back.
    fn age(&self, by: Duration) {
        for name in kept(self) {
            if name.ends_with(".missed") {
                continue;
            }
            let text = self.laboratory.read(&format!("tokens/{name}"));
            let mut document = json(&text);
            for end in ["start", "end"] {
                let time = &mut document["life"][end];
                let by = u64::try_from(by.as_millis()).unwrap();
                *time = (time.as_u64().unwrap() - by).into();
            }
            let text = document.to_string();
            self.laboratory.write(&format!("tokens/{name}"), &text);
        }
    }

    fn noted_miss(&self) -> std::path::PathBuf {
        let names = kept(self).into_iter();
        let mut missed = names.filter(|name| name.ends_with(".missed"));
        self.laboratory.path("tokens").join(missed.next().unwrap())
    }
}
