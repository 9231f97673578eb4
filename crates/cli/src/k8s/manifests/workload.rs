use serde_json::{Value, json};

use super::install::Form;
use super::{Document, Install, Part, pod};
use crate::exit::Exit;

/// What runs by itself: all the time, or now and then.
pub(super) fn document(install: &Install) -> Document {
    match install.form {
        Form::CronJob => cron_job(install),
        _ => deployment(install),
    }
}

fn deployment(install: &Install) -> Document {
    // Without a Lease, the next one must not begin before the last has ended.
    let strategy = if install.scope().leader_election {
        "RollingUpdate"
    } else {
        "Recreate"
    };
    Document::new(
        Part::Workload,
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": install.metadata(),
            "spec": {
                "replicas": install.replicas,
                "strategy": {"type": strategy},
                "selector": {"matchLabels": install.labels()},
                "template": template(install),
            },
        }),
    )
}

/// Two replicas on one node end together with it.
fn template(install: &Install) -> Value {
    let mut template = pod::template(install);
    if install.replicas > 1 {
        template["spec"]["topologySpreadConstraints"] = json!([{
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": install.labels()},
        }]);
    }
    template
}

fn cron_job(install: &Install) -> Document {
    let name = install.scope().name();
    let namespace = &install.scope().own_namespace;
    let mut template = pod::template(install);
    template["spec"]["restartPolicy"] = json!("Never");
    let document = json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": install.metadata(),
        "spec": {
            "schedule": format!("{} */4 * * *", minute(&install.scope().user())),
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"spec": {
                "backoffLimit": 6,
                "activeDeadlineSeconds": 1800,
                "podFailurePolicy": {"rules": failures()},
                "template": template,
            }},
        },
    });
    Document::new(Part::Workload, document).with_comment(format!(
        "A token is valid for 12 hours: two runs may fail before one ends. The first run is\n\
         hours away; for one now:\n\
         kubectl create job --from=cronjob/{name} {name}-first --namespace {namespace}"
    ))
}

/// What another pod would not do better ends the job at once; a node that goes
/// away is nobody's failure.
///
/// [Pod failure policy](https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy)
fn failures() -> Value {
    let in_vain = [Exit::Configuration, Exit::Denied, Exit::Unfit].map(Exit::code);
    json!([
        {
            "action": "FailJob",
            "onExitCodes": {"containerName": "iamra", "operator": "In", "values": in_vain},
        },
        {
            "action": "Ignore",
            "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
        },
    ])
}

/// Not everybody in the same minute: it differs from one installation to the
/// next, and stays what it is.
fn minute(user: &str) -> u32 {
    let sum = user.bytes().map(u32::from).sum::<u32>();
    sum % 60
}
