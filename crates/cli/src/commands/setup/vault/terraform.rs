use std::collections::BTreeMap;

use serde_json::Value;

use super::plan::{Authority, Plan};
use super::resource::{Resource, Returned};

/// A module of Terraform or `OpenTofu` that makes everything.
pub(super) fn module(plan: &Plan, resources: &[Resource]) -> String {
    let mut module = HEADER.to_owned();
    for resource in resources {
        module += &match resource.terraform.kind {
            "" => own_ca(plan),
            _ => block(resource, resources),
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

/// What Terraform cannot do by itself.
const REQUEST: &str = "
# Have it signed by your CA, as a CA with path length 0, and give the certificate
# to a vault_pki_secret_backend_intermediate_set_signed.
output \"request\" {
  value = vault_pki_secret_backend_intermediate_cert_request.iamra_ca.csr
}
";

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

fn block(resource: &Resource, all: &[Resource]) -> String {
    let mut arguments: BTreeMap<&str, String> = BTreeMap::new();
    if let (true, Value::Object(body)) = (resource.terraform.has_body, &resource.body) {
        arguments.extend(body.iter().map(|(name, value)| (name.as_str(), hcl(value))));
    }
    for (name, value) in &resource.terraform.arguments {
        arguments.insert(name, argument(resource, (name, value), all));
    }
    for (name, field) in &resource.fields {
        arguments.insert(name, reference(*field, all));
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
fn argument(resource: &Resource, (name, value): (&str, &Value), all: &[Resource]) -> String {
    let makes = |other: &&Resource| other.terraform.kind == "vault_mount";
    let mount = all.iter().find(makes).map(|mount| &mount.path);
    let is_inside = name == "backend"
        && resource.terraform.kind.starts_with("vault_pki_")
        && mount.is_some_and(|path| path.strip_prefix("sys/mounts/") == value.as_str());
    if is_inside {
        "vault_mount.iamra_mount.path".to_owned()
    } else {
        hcl(value)
    }
}

fn reference(returned: Returned, all: &[Resource]) -> String {
    let found = all.iter().find(|other| other.returns == Some(returned));
    let kind = match found.map_or("", |found| found.terraform.kind) {
        "" => "data.vault_pki_secret_backend_issuer",
        kind => kind,
    };
    format!("{kind}.iamra_ca.{}", returned.field)
}

fn hcl(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(hcl).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// A quoted text, in which HCL replaces nothing: templates begin with `${` or
/// `%{`, and an escaped character begins none.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|character| match character {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\n' => "\\n".to_owned(),
            '$' | '%' => format!("\\u{:04x}", u32::from(character)),
            control if control.is_control() => format!("\\u{:04x}", u32::from(control)),
            other => other.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_read_by_hcl() {
        for (text, expected) in [
            ("plain", r#""plain""#),
            (r#"a"b\c"#, r#""a\"b\\c""#),
            (
                "${file(\"/etc/passwd\")}",
                r#""\u0024{file(\"/etc/passwd\")}""#,
            ),
            ("$${x} %{if x}", r#""\u0024\u0024{x} \u0025{if x}""#),
            ("a\nb\u{7}", r#""a\nb\u0007""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
