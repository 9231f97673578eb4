use super::{Ecr, HOST};
use crate::run::Run;

#[test]
fn what_docker_needs_is_printed() {
    let ecr = Ecr::new();
    let run = ecr
        .laboratory
        .run(&["ecr", "docker-config", "--registry", HOST, "--public"]);
    ecr.snapshot("docker-config", &run.ok());
    let run = ecr.laboratory.run(&["ecr", "docker-config"]);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("no registry is named"), "{run}");
}

#[test]
fn what_a_name_says_is_printed() {
    let ecr = Ecr::new();
    let mut all = String::new();
    for name in [
        HOST,
        "https://123456789012.dkr-ecr-fips.us-gov-west-1.on.aws/v2/",
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/app:1",
        "public.ecr.aws",
        "123456789012.dkr.ecr.us-west-2.amazonaws.com.cn",
        "docker.io/library/alpine",
        "12345.dkr.ecr.us-east-1.amazonaws.com",
    ] {
        let run = ecr.laboratory.run(&["ecr", "parse", name]);
        all += &format!("$ iamra ecr parse {name}\n{run}\n");
    }
    let run = Run {
        code: None,
        stdout: all,
        stderr: String::new(),
    };
    ecr.snapshot("parse", &run);
    let run = ecr
        .laboratory
        .run(&["ecr", "parse", HOST, "-o", "json"])
        .ok();
    let document = super::json(&run.stdout);
    assert_eq!(document["account"], "123456789012");
    assert_eq!(document["dualStack"], false);
}
