//! What is made for the pods of a cluster, whatever the form.

use serde_json::json;

use super::*;
use crate::commands::setup::vault::login::LoginKind;

fn pods() -> Pods {
    let account: ServiceAccount = "iamra-system/iamra-broker".parse().unwrap();
    let cluster: ClusterName = "c1".parse().unwrap();
    Pods {
        audience: Audience::of_pods(),
        auth_role: "pods".to_owned(),
        pki_role: "pods".to_owned(),
        broker: Some(Broker {
            common_name: account.common_name(&cluster).unwrap(),
            account,
        }),
        cluster,
    }
}

fn resources() -> Vec<Resource> {
    let login = Login {
        kind: LoginKind::Kubernetes,
        mount: MountPath::known("kubernetes"),
        audience: Audience::default(),
    };
    pods().resources(&MountPath::known("pki-aws"), &login)
}

fn body(path: &str) -> Value {
    let resources = resources();
    let found = resources.iter().find(|resource| resource.path == path);
    found.unwrap_or_else(|| panic!("{path}")).body.clone()
}

#[test]
fn the_only_domain_is_that_of_who_has_logged_in() {
    assert_eq!(
        pods().allowed_domain(),
        "{{identity.entity.aliases.${accessor}.metadata.service_account_name}}.\
         {{identity.entity.aliases.${accessor}.metadata.service_account_namespace}}.pods.c1"
    );
    let role = body("pki-aws/roles/pods");
    assert_eq!(role["allowed_domains"], Value::Null);
    assert_eq!(role["allowed_domains_template"], true);
    assert_eq!(role["allow_bare_domains"], true);
    for forbidden in [
        "allow_subdomains",
        "allow_glob_domains",
        "allow_localhost",
        "allow_ip_sans",
        "allow_wildcard_certificates",
        "allow_any_name",
        "server_flag",
        "use_csr_common_name",
        "use_csr_sans",
        "generate_lease",
    ] {
        assert_eq!(role[forbidden], false, "{forbidden}");
    }
    assert_eq!(role["cn_validations"], json!(["hostname"]));
}

#[test]
fn everybody_logs_in_and_only_by_tokens_for_pods() {
    let role = body("auth/kubernetes/role/pods");
    assert_eq!(role["audience"], "pods.eks.amazonaws.com");
    assert_eq!(role["bound_service_account_names"], json!(["*"]));
    assert_eq!(role["bound_service_account_namespaces"], json!(["*"]));
    assert_eq!(role["token_policies"], json!(["iamra/pki-aws/pods"]));
    assert_eq!(role["alias_name_source"], "serviceaccount_uid");
}

#[test]
fn a_broker_is_one_account_with_one_name() {
    let role = body("auth/kubernetes/role/pods-broker");
    assert_eq!(role["bound_service_account_names"], json!(["iamra-broker"]));
    assert_eq!(
        role["bound_service_account_namespaces"],
        json!(["iamra-system"])
    );
    assert_eq!(role["token_policies"], json!(["iamra/pki-aws/pods-broker"]));
    let role = body("pki-aws/roles/pods-broker");
    let name = "iamra-broker.iamra-system.pods.c1";
    assert_eq!(role["allowed_domains"], json!([name]));
    assert_eq!(role.get("allowed_domains_template"), None);
    assert_eq!(
        (&role["client_flag"], &role["server_flag"]),
        (&json!(true), &json!(true))
    );
    let policy = body("sys/policies/acl/iamra/pki-aws/pods-broker");
    let policy = policy["policy"].as_str().unwrap();
    assert_eq!(policy.matches("path ").count(), 1, "{policy}");
    assert!(policy.contains(&format!("[\"{name}\"]")), "{policy}");
}

#[test]
fn without_brokers_there_is_nothing_of_them() {
    let pods = Pods {
        broker: None,
        ..pods()
    };
    let login = Login {
        kind: LoginKind::Kubernetes,
        mount: MountPath::known("kubernetes"),
        audience: Audience::default(),
    };
    let resources = pods.resources(&MountPath::known("pki-aws"), &login);
    assert_eq!(resources.len(), 4);
    assert!(resources.iter().all(|one| !one.path.contains("broker")));
}
