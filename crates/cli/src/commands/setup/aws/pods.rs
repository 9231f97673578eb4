use pod_identity::{ClusterName, ServiceAccount};

use super::workload::{Account, LONGEST_ROLE, Workload};
use crate::commands::setup::pods::{are_meant, cluster, common_name};
use crate::context::Context;
use crate::failure::Failure;

/// The service accounts of a cluster that have roles.
#[derive(Debug)]
pub(super) struct Pods {
    cluster: ClusterName,
}

impl Pods {
    /// Those of the settings, if `--pods` is among them.
    pub(super) fn asked_for(context: &Context<'_>) -> Result<Option<Self>, Failure> {
        let settings = &context.settings;
        let for_workloads = [("workload", "--pod-role names who has which role")];
        if !are_meant(settings, &["pod-role"], &for_workloads)? {
            return Ok(None);
        }
        let cluster = cluster(settings)?;
        Ok(Some(Self { cluster }))
    }

    /// The profile of all of them: an agent needs no other.
    pub(super) fn profile(&self) -> String {
        format!("pods-{}", self.cluster.as_str().replace('.', "_"))
    }

    /// Each account as a workload, with the role that is named for it.
    pub(super) fn workloads(
        &self,
        context: &Context<'_>,
        prefix: &str,
    ) -> Result<Vec<Workload>, Failure> {
        let mut workloads: Vec<Workload> = Vec::new();
        for text in &context.settings.list("pod-role")? {
            let workload = self.workload(text, prefix)?;
            if let Some(other) = workloads.iter().find(|other| is_twice(other, &workload)) {
                let message = format!(
                    "--pod-role {text:?}: {} has the role {} already: each account has one role, and each role one account",
                    other.common_name, other.role
                );
                return Err(Failure::configuration("config.invalid", message));
            }
            workloads.push(workload);
        }
        if workloads.is_empty() {
            let failure = Failure::configuration("config.missing", "--pod-role is missing");
            return Err(failure.with_hint(EXAMPLE));
        }
        Ok(workloads)
    }

    fn workload(&self, text: &str, prefix: &str) -> Result<Workload, Failure> {
        let invalid = |reason: &str| {
            let message = format!("--pod-role {text:?}: {reason}");
            Failure::configuration("config.invalid", message).with_hint(EXAMPLE)
        };
        let (account, role) = text
            .split_once('=')
            .ok_or_else(|| invalid("the role is missing: NAMESPACE/ACCOUNT=ROLE"))?;
        let account: ServiceAccount = account
            .parse()
            .map_err(|error: pod_identity::InvalidName| invalid(&error.to_string()))?;
        let role = format!("{prefix}{role}");
        if !is_role_name(&role) {
            return Err(invalid(
                "a role's name must be 1 to 64 letters, digits, `+`, `.`, `@`, `_` and `-`, the first a letter or digit",
            ));
        }
        let common_name = common_name(&account, &self.cluster)?;
        Ok(Workload {
            label: common_name.clone(),
            common_name,
            role,
            account: Some(Account {
                namespace: account.namespace().to_owned(),
                name: account.name().to_owned(),
            }),
        })
    }
}

const EXAMPLE: &str = "for example: --pod-role shop/web=web";

/// Whether both are of one account or of one role; IAM compares the names of
/// roles without regard to capitals.
fn is_twice(one: &Workload, other: &Workload) -> bool {
    one.common_name == other.common_name || one.role.eq_ignore_ascii_case(&other.role)
}

/// What names of roles may consist of, without `=` and `,`, which AWS takes, too,
/// and its CLI reads otherwise.
fn is_role_name(text: &str) -> bool {
    text.len() <= LONGEST_ROLE
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+.@_-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::setup::aws::workload::ROLE_ANNOTATION;

    #[test]
    fn a_role_is_called_as_iam_shell_and_cli_take_it() {
        for (text, expected) in [
            ("web", true),
            ("Shop.web_1@team+x-y", true),
            ("", false),
            ("-web", false),
            ("a/b", false),
            ("a=b", false),
            ("a,b", false),
            ("$(id)", false),
            (&*"a".repeat(64), true),
            (&*"a".repeat(65), false),
        ] {
            assert_eq!(is_role_name(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_annotation_is_that_which_agents_read() {
        let expected = pod_identity::AnnotationDomain::default().annotation("role-arn");
        assert_eq!(ROLE_ANNOTATION, expected);
    }

    #[test]
    fn an_account_is_a_workload_of_its_certificates_name() {
        let pods = Pods {
            cluster: "c1.example".parse().unwrap(),
        };
        let workload = pods.workload("shop/web=Team_web", "eu-").unwrap();
        assert_eq!(workload.common_name, "web.shop.pods.c1.example");
        assert_eq!(workload.role, "eu-Team_web");
        assert_eq!(workload.underscored(), "web_shop_pods_c1_example");
        assert_eq!(pods.profile(), "pods-c1_example");
        let other = pods.workload("bank/web=EU-TEAM_WEB", "").unwrap();
        assert!(is_twice(&workload, &other));
    }
}
