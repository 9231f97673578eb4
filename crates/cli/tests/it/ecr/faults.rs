use iamra_sandbox::{EcrAction, EcrDenial, Operation};

use super::{Ecr, HOST};
use crate::run::Run;

#[test]
fn each_failure_of_ecr_has_its_exit_code_and_its_hint() {
    for (name, fault, code) in [
        ("throttled", "ecr=throttle", 4),
        ("server-error", "ecr=status:500", 4),
        ("closed", "ecr=close", 4),
        ("silent", "ecr=hang", 4),
        ("html", "ecr=html:403", 1),
        ("endless", "ecr=endless", 1),
        ("expired", "ecr=expired", 1),
        ("clock-skew", "ecr=skew:3600", 3),
    ] {
        for (kind, registry) in [("", HOST), ("public-", "public.ecr.aws")] {
            let ecr = Ecr::new();
            ecr.fault(fault);
            let run = ecr.run(&["token", "--aws-timeout", "2", "--registry", registry]);
            assert_eq!(
                (run.code, run.stdout.as_str()),
                (Some(code), ""),
                "{name}: {run}"
            );
            ecr.snapshot(&format!("fault-{kind}{name}"), &run);
        }
    }
}

#[test]
fn what_passes_is_tried_again() {
    for (fault, registry) in [
        ("ecr=status:500*2", HOST),
        ("ecr=throttle*2", HOST),
        ("ecr=close*2", "public.ecr.aws"),
    ] {
        let ecr = Ecr::new();
        ecr.fault(fault);
        ecr.run(&["token", "--registry", registry]).ok();
    }
}

#[test]
fn a_denial_names_the_policy_to_add() {
    for (name, action, registry) in [
        ("private", EcrAction::GetAuthorizationToken, HOST),
        (
            "public",
            EcrAction::GetPublicAuthorizationToken,
            "public.ecr.aws",
        ),
        ("bearer", EcrAction::GetServiceBearerToken, "public.ecr.aws"),
    ] {
        let ecr = Ecr::new();
        ecr.laboratory.sandbox.configure_ecr(|settings| {
            settings.denials.push(EcrDenial {
                principal_arn: ecr.laboratory.sandbox.role_arn().to_owned(),
                action,
            });
        });
        let run = ecr.run(&["token", "--registry", registry]);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(3), ""),
            "{name}: {run}"
        );
        ecr.snapshot(&format!("denied-{name}"), &run);
        let requests = ecr.laboratory.sandbox.requests();
        let asked = requests.count(Operation::EcrToken) + requests.count(Operation::EcrPublicToken);
        assert_eq!(asked, 1, "a refusal is not tried again");
    }
}

#[test]
fn without_a_network_it_says_whom_it_could_not_reach() {
    let ecr = Ecr::new();
    let mut command = ecr.command(&["token", "--aws-timeout", "2"]);
    let run = Run::of(command.env("AWS_ENDPOINT_URL_ECR", "http://127.0.0.1:1"));
    assert_eq!(run.code, Some(4), "{run}");
    ecr.snapshot("no-network", &run);
}
