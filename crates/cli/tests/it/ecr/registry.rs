use super::{Ecr, HOST, json};
use crate::passage::Passage;
use crate::run::Run;

const OTHER: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

/// With the registry at the sandbox's address.
fn at_registry(ecr: &Ecr, arguments: &[&str]) -> Run {
    let endpoint = ecr.laboratory.sandbox.aws_http_url();
    let endpoint = ["--registry-endpoint", &endpoint];
    ecr.run(&[arguments, &endpoint].concat())
}

#[test]
fn a_registry_that_takes_the_token_is_reported() {
    let ecr = Ecr::new();
    let run = at_registry(&ecr, &["check", "--repo", "team/app:1"]).ok();
    ecr.snapshot("check", &run);
    let run = at_registry(&ecr, &["check", "-o", "json", "--repo", "team/app"]).ok();
    let reports = json(&run.stdout);
    assert_eq!(reports[0]["registry"], HOST);
    assert_eq!(reports[0]["manifest"]["reference"], "latest");
    assert!(
        reports[0]["manifest"]["digest"]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
}

#[test]
fn a_refusal_is_explained() {
    for (name, arguments, fault, code) in [
        ("denied", &["check", "--repo", "forbidden:1"][..], "", 3),
        ("unknown", &["check", "--repo", "no/such"], "", 3),
        ("no-tag", &["check", "--repo", "team/app:9"], "", 3),
        ("expired", &["check"], "registry=expired", 3),
        ("html", &["check"], "registry=html:502", 4),
        ("throttled", &["tags", "team/app"], "registry=throttle", 4),
        ("tags-denied", &["tags", "forbidden"], "", 3),
        ("bad-name", &["tags", "Team/x"], "", 2),
        (
            "several",
            &["tags", "x", "--registry", HOST, "--registry", OTHER],
            "",
            2,
        ),
        ("no-host", &["tags", "docker.io/x"], "", 2),
    ] {
        let ecr = Ecr::new();
        if !fault.is_empty() {
            ecr.fault(fault);
        }
        let run = at_registry(&ecr, arguments);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(code), ""),
            "{name}: {run}"
        );
        ecr.snapshot(&format!("registry-{name}"), &run);
    }
}

/// A token of one region, and a registry of another.
#[test]
fn a_token_of_another_region_is_refused_and_explained() {
    let ecr = Ecr::new();
    ecr.run(&["token", "--region", "eu-central-1"]).ok();
    let folder = ecr.laboratory.path("tokens");
    // Somebody has put it where the other one is looked for.
    let names = |folder: &std::path::Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .collect::<Vec<_>>()
    };
    let foreign = std::fs::read_to_string(&names(&folder)[0]).unwrap();
    std::fs::remove_file(&names(&folder)[0]).unwrap();
    ecr.run(&["token"]).ok();
    let path = names(&folder).remove(0);
    let own = json(&std::fs::read_to_string(&path).unwrap());
    let mut planted = json(&foreign);
    planted["key"] = own["key"].clone();
    let name = path.file_name().unwrap().to_str().unwrap();
    ecr.laboratory
        .write(&format!("tokens/{name}"), &planted.to_string());
    let run = at_registry(&ecr, &["check", "--registry", HOST]);
    assert_eq!(run.code, Some(3), "{run}");
    ecr.snapshot("registry-other-region", &run);
}

#[test]
fn all_tags_are_listed_page_by_page() {
    let ecr = Ecr::new();
    let run = at_registry(&ecr, &["tags", "many"]).ok();
    let tags: Vec<_> = run.stdout.lines().collect();
    assert_eq!((tags.len(), tags[0], tags[249]), (250, "v001", "v250"));
    let named = format!("{HOST}/team/app");
    let run = at_registry(&ecr, &["tags", &named, "-o", "json"]).ok();
    let document = json(&run.stdout);
    assert_eq!(document["tags"], serde_json::json!(["1", "2", "latest"]));
    assert_eq!(document["repository"], "team/app");
}

/// What a name promises, an endpoint that somebody has named need not keep.
#[test]
fn an_endpoint_of_ones_own_need_not_be_what_a_name_promises() {
    let ecr = Ecr::new();
    let said = "which need not be FIPS or dual-stack";
    for (host, is_warned) in [
        (HOST, false),
        ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", true),
        ("123456789012.dkr-ecr.us-east-1.on.aws", true),
    ] {
        let run = ecr.run(&["token", "--registry", host]).ok();
        assert_eq!(run.stderr.contains(said), is_warned, "{host}: {run}");
    }
}

/// By the registry's real name, over TLS, through a proxy.
#[test]
fn a_registry_is_reached_by_its_name_through_a_proxy() {
    let ecr = Ecr::changed(|settings| settings.tls = true);
    let passage = Passage::to_sandbox(&ecr.laboratory.sandbox);
    let asked = passage.asked_while(|| {
        let mut command = ecr.command(&["check", "--registry", HOST, "--repo", "team/app:1"]);
        let run = Run::of(command.env("HTTPS_PROXY", passage.url())).ok();
        assert!(run.stdout.contains("team/app:1 is there"), "{run}");
    });
    assert_eq!(asked, [HOST]);
    // A FIPS name has its token from the FIPS API, a dual-stack name from that.
    for (host, api) in [
        (
            "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
            "api.ecr-fips.us-east-1.amazonaws.com",
        ),
        (
            "123456789012.dkr-ecr.us-east-1.on.aws",
            "ecr.us-east-1.api.aws",
        ),
        (
            "123456789012.dkr-ecr-fips.us-east-1.on.aws",
            "ecr-fips.us-east-1.api.aws",
        ),
        ("ecr-public.aws.com", "ecr-public.us-east-1.api.aws"),
        ("public.ecr.aws", "api.ecr-public.us-east-1.amazonaws.com"),
        (HOST, "api.ecr.us-east-1.amazonaws.com"),
    ] {
        let mut command = ecr.command(&["token", "--no-cache", "--registry", host]);
        command
            .env("HTTPS_PROXY", passage.url())
            .env_remove("AWS_ENDPOINT_URL_ECR")
            .env_remove("AWS_ENDPOINT_URL_ECR_PUBLIC");
        let asked = passage.asked_while(|| {
            Run::of(&mut command).ok();
        });
        assert_eq!(asked, [api], "{host}");
    }
}
