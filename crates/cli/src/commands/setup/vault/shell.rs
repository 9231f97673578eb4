use std::borrow::Cow;

use refresh::FaultKind;

use super::login::LoginKind;
use super::plan::{Authority, Plan};
use super::resource::{Method, Resource};
use crate::failure::Failure;

/// A script for `sh` that makes everything with `bao` or `vault`.
pub(super) fn script(plan: &Plan, resources: &[Resource]) -> Result<String, Failure> {
    let mut script = header(plan);
    for resource in resources {
        script += &format!("\n# {}.\n{}\n", resource.what, command(resource)?);
    }
    script += &footer(plan);
    Ok(script)
}

fn header(plan: &Plan) -> String {
    let method = plan.login.kind.name();
    let configure = match plan.login.kind {
        LoginKind::Kubernetes | LoginKind::Jwt => ", and be configured",
        LoginKind::AppRole | LoginKind::Certificate => "",
    };
    format!(
        "#!/bin/sh
# Sets Vault or OpenBao up for iamra. Log in first: VAULT_ADDR, VAULT_TOKEN.
# The auth method must be there{configure}: bao auth enable -path={} {method}
set -eu
vault=$(command -v bao || command -v vault)
",
        plan.login.mount
    )
}

/// What cannot be done by this script.
fn footer(plan: &Plan) -> String {
    let mount = &plan.mount;
    let mut footer = String::new();
    if matches!(plan.authority, Authority::Requested) {
        footer += &format!(
            "
# Have the request signed by your CA, as a CA with path length 0, and put the
# certificate into the mount:
#   \"$vault\" write {mount}/intermediate/set-signed certificate=@signed.pem
printf '%s\\n' \"$request\"
"
        );
    }
    if plan.login.kind == LoginKind::AppRole {
        footer += &format!(
            "
# Each workload gets its role id, and a secret id that only it can unwrap:
#   \"$vault\" read -field=role_id auth/{0}/role/NAME/role-id
#   \"$vault\" write -wrap-ttl=5m -force auth/{0}/role/NAME/secret-id
",
            plan.login.mount
        );
    }
    footer
        + &format!(
            "
# Register with AWS what this prints:
#   iamra cert trust-anchor --pki-mount {mount}
"
        )
}

fn command(resource: &Resource) -> Result<String, Failure> {
    let path = quoted(&resource.path)?;
    let returned = resource.returns;
    let field = returned.map_or_else(String::new, |returned| {
        format!(" -field={}", returned.field)
    });
    let command = match resource.method {
        Method::Read => format!("\"$vault\" read{field} {path}"),
        Method::Write => {
            let fields = resource.fields.iter();
            let fields: Vec<String> = fields
                .map(|(key, returned)| format!(" {key}=\"${}\"", returned.name))
                .collect();
            let fields = fields.concat();
            // The body is read from stdin, in which the shell expands nothing:
            // the quotes around the delimiter see to that.
            format!(
                "\"$vault\" write{field} {path}{fields} - <<'JSON'\n{}\nJSON",
                json(resource)?
            )
        }
    };
    Ok(match returned {
        Some(returned) => format!("{}=$({command}\n)", returned.name),
        None => command,
    })
}

fn json(resource: &Resource) -> Result<String, Failure> {
    serde_json::to_string_pretty(&resource.body)
        .map_err(|error| Failure::new("output.failed", FaultKind::Failed, error))
}

fn quoted(word: &str) -> Result<Cow<'_, str>, Failure> {
    shlex::try_quote(word).map_err(|error| Failure::new("output.failed", FaultKind::Failed, error))
}
