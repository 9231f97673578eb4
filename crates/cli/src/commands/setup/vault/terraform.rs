use std::collections::BTreeMap;

use serde_json::Value;

use super::auth_method::AuthMethod;
use super::plan::{Authority, CA, Plan};
use super::resource::{Field, Part, Resource, Returned};
use crate::commands::setup::hcl::{self, quoted};

/// A module of Terraform or `OpenTofu` that makes everything.
pub(super) fn module(plan: &Plan, resources: &[Resource]) -> String {
    let mut module = match plan.method {
        Some(_) => HEADER.replace(" The auth method must be there.", ""),
        None => HEADER.to_owned(),
    };
    if matches!(plan.method, Some(AuthMethod::Cluster { .. })) {
        module += REVIEWER;
    }
    for resource in resources {
        if resource.terraform.kind.is_empty() && resource.part == Part::AuthMethod {
            continue;
        }
        module += &match resource.terraform.kind {
            "" => data(plan, resource),
            _ => block(resource, (plan, resources)),
        };
    }
    if matches!(plan.authority, Authority::Requested) {
        module += REQUEST;
    }
    module
}

const HEADER: &str = "\
# Sets Vault or OpenBao up for iamra. The auth method must be there.
terraform {
  required_providers {
    vault = {
      source = \"hashicorp/vault\"
    }
  }
}
";

/// The token by which Vault asks the cluster about others.
const REVIEWER: &str = "
variable \"token_reviewer_jwt\" {
  type      = string
  sensitive = true
}
";

/// What Terraform cannot do by itself.
const REQUEST: &str = "
# Have it signed by your CA, as a CA with path length 0, and give the certificate
# to a vault_pki_secret_backend_intermediate_set_signed.
output \"request\" {
  value = vault_pki_secret_backend_intermediate_cert_request.iamra_ca.csr
}
";

/// What is read, and not made.
fn data(plan: &Plan, resource: &Resource) -> String {
    if resource.returns == Some(CA) {
        return own_ca(plan);
    }
    if plan.method.is_some() {
        return String::new();
    }
    format!(
        "\n# {}.\ndata \"vault_auth_backend\" \"iamra_auth\" {{\n  path = {}\n}}\n",
        resource.what,
        quoted(plan.login.mount.as_str())
    )
}

/// What the mount's CA is known by to those who log in with its certificates.
fn own_ca(plan: &Plan) -> String {
    let depends = match plan.authority {
        Authority::Existing => "",
        _ => "  depends_on = [vault_pki_secret_backend_intermediate_set_signed.iamra_ca]\n",
    };
    format!(
        "\ndata \"vault_pki_secret_backend_issuer\" \"iamra_ca\" {{
  backend    = {}
  issuer_ref = \"default\"\n{depends}}}\n",
        quoted(plan.mount.as_str())
    )
}

fn block(resource: &Resource, (plan, all): (&Plan, &[Resource])) -> String {
    let mut arguments: BTreeMap<&str, String> = BTreeMap::new();
    if let (true, Value::Object(body)) = (resource.terraform.has_body, &resource.body) {
        arguments.extend(
            body.iter()
                .map(|(name, value)| (name.as_str(), hcl::value(value))),
        );
    }
    for (name, value) in &resource.terraform.arguments {
        arguments.insert(name, argument(resource, (name, value), (plan, all)));
    }
    for field in &resource.fields {
        arguments.insert(field.key, input(field, (plan, all)));
    }
    if let Some(file) = resource.file {
        arguments.insert(file.key, format!("var.{}", file.key));
    }
    let width = arguments.keys().map(|name| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = arguments
        .iter()
        .map(|(name, value)| format!("  {name:width$} = {value}\n"))
        .collect();
    format!(
        "\n# {}.\nresource \"{}\" \"{}\" {{\n{}}}\n",
        resource.what,
        resource.terraform.kind,
        resource.terraform.label,
        lines.concat()
    )
}

/// What stands in the mount that is made here waits for it.
fn argument(
    resource: &Resource,
    (name, value): (&str, &Value),
    (plan, all): (&Plan, &[Resource]),
) -> String {
    let kind = resource.terraform.kind;
    let is_login = kind.contains("_auth_backend_") && name == "backend";
    if is_login && plan.method.is_some() {
        return AuthMethod::terraform(plan.login.kind).to_owned();
    }
    let makes = |other: &&Resource| other.terraform.kind == "vault_mount";
    let mount = all.iter().find(makes).map(|mount| &mount.path);
    let is_inside = name == "backend"
        && resource.terraform.kind.starts_with("vault_pki_")
        && mount.is_some_and(|path| path.strip_prefix("sys/mounts/") == value.as_str());
    if is_inside {
        "vault_mount.iamra_mount.path".to_owned()
    } else {
        hcl::value(value)
    }
}

fn input(field: &Field, (plan, all): (&Plan, &[Resource])) -> String {
    let Some(text) = &field.within else {
        return reference(field.returned, all);
    };
    let kind = match plan.method {
        Some(_) => "vault_auth_backend",
        None => "data.vault_auth_backend",
    };
    let variable = format!("${{{}}}", field.returned.name);
    let expression = format!("${{{kind}.iamra_auth.{}}}", field.returned.field);
    format!("[\"{}\"]", text.replace(&variable, &expression))
}

fn reference(returned: Returned, all: &[Resource]) -> String {
    let found = all.iter().find(|other| other.returns == Some(returned));
    let kind = match found.map_or("", |found| found.terraform.kind) {
        "" => "data.vault_pki_secret_backend_issuer",
        kind => kind,
    };
    format!("{kind}.iamra_ca.{}", returned.field)
}
