use std::borrow::Cow;

use refresh::FaultKind;

use super::auth_method::AuthMethod;
use super::login::LoginKind;
use super::plan::{Authority, Plan};
use super::resource::{FromFile, Method, Part, Resource};
use crate::failure::Failure;

/// A script for `sh` that makes everything with `bao` or `vault`. Run again, it
/// keeps what is there.
pub(super) fn script(plan: &Plan, resources: &[Resource]) -> Result<String, Failure> {
    let mut script = header(plan);
    for part in resources.chunk_by(|one, next| one.part == next.part) {
        let commands: Result<String, Failure> = part.iter().map(described).collect();
        script += &once(plan, part[0].part, &commands?);
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
    let must = match &plan.method {
        Some(AuthMethod::Cluster { .. }) => {
            "# REVIEWER_JWT_FILE names the file with the token that asks the cluster about others.\n"
                .to_owned()
        }
        Some(_) => String::new(),
        None => format!(
            "# The auth method must be there{configure}: bao auth enable -path={} {method}\n",
            plan.login.mount
        ),
    };
    format!(
        "#!/bin/sh
# Sets Vault or OpenBao up for iamra. Log in first: VAULT_ADDR, VAULT_TOKEN.
{must}# It may be run again: mount, key and CA are kept, the rest is written as below.
set -eu
vault=$(command -v bao || command -v vault) || {{
  echo 'neither bao nor vault is on the PATH: install one of them' >&2
  exit 1
}}
"
    )
}

/// The commands that make a part, of what is made only where it is not there.
fn once(plan: &Plan, part: Part, commands: &str) -> String {
    let mount = &plan.mount;
    let (login, method) = (&plan.login.mount, plan.login.kind.name());
    match part {
        Part::Workloads => commands.to_owned(),
        Part::AuthMethod => format!(
            "
type=$(\"$vault\" read -field=type sys/auth/{login} 2>/dev/null) || type=
if [ \"$type\" = {method} ]; then
  echo 'kept the auth method {login}, which was there' >&2
else
{commands}
fi
"
        ),
        // Whose tokens count is not changed behind anybody's back.
        Part::AuthConfiguration => format!(
            "
if \"$vault\" read auth/{login}/config >/dev/null 2>&1; then
  echo 'kept the configuration of {login}, which was there' >&2
else
{commands}
fi
"
        ),
        // Another kind of engine is no reason to keep it: Vault then refuses.
        Part::Mount => format!(
            "
type=$(\"$vault\" read -field=type sys/mounts/{mount} 2>/dev/null) || type=
if [ \"$type\" = pki ]; then
  echo 'kept the mount {mount}, which was there' >&2
else
{commands}
fi
"
        ),
        // Where Vault does not say, the script ends: no second CA by accident.
        Part::Authority => {
            let request = match plan.authority {
                Authority::Requested => request(plan),
                Authority::Existing | Authority::SignedBy { .. } => String::new(),
            };
            format!(
                "
issuer=$(\"$vault\" read -field=default {mount}/config/issuers)
if [ -n \"$issuer\" ]; then
  echo 'kept the CA of {mount}, which was there' >&2
else
{commands}{request}
fi
"
            )
        }
    }
}

/// What cannot be done by this script.
fn request(plan: &Plan) -> String {
    format!(
        "
# Have the request signed by your CA, as a CA with path length 0, and put the
# certificate into the mount:
#   \"$vault\" write {}/intermediate/set-signed certificate=@signed.pem
printf '%s\\n' \"$request\"
",
        plan.mount
    )
}

/// What is left to do.
fn footer(plan: &Plan) -> String {
    let mount = &plan.mount;
    let mut footer = String::new();
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

fn described(resource: &Resource) -> Result<String, Failure> {
    Ok(format!("\n# {}.\n{}\n", resource.what, command(resource)?))
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
                .map(|field| match &field.within {
                    // Names of hosts and of identities: a shell reads nothing
                    // in them but the variable.
                    Some(text) => format!(" \\\n  {}=\"{text}\"", field.key),
                    None => format!(" {}=\"${}\"", field.key, field.returned.name),
                })
                .collect();
            let fields = fields.concat();
            let file = resource.file.map(|FromFile { key, variable }| {
                format!(" {key}=@\"${{{variable}:?it names the file with {key}}}\"")
            });
            let file = file.unwrap_or_default();
            // The body is read from stdin, in which the shell expands nothing:
            // the quotes around the delimiter see to that.
            format!(
                "\"$vault\" write{field} {path}{fields}{file} - <<'JSON'\n{}\nJSON",
                json(resource)?
            )
        }
    };
    let Some(returned) = returned else {
        return Ok(command);
    };
    let assignment = format!("{}=$({command}\n)", returned.name);
    Ok(match &resource.found_at {
        Some(found_at) => format!(
            "{}=$(\"$vault\" read{field} {} 2>/dev/null) ||\n{assignment}",
            returned.name,
            quoted(found_at)?
        ),
        None => assignment,
    })
}

fn json(resource: &Resource) -> Result<String, Failure> {
    serde_json::to_string_pretty(&resource.body)
        .map_err(|error| Failure::new("output.failed", FaultKind::Failed, error))
}

fn quoted(word: &str) -> Result<Cow<'_, str>, Failure> {
    shlex::try_quote(word).map_err(|error| Failure::new("output.failed", FaultKind::Failed, error))
}
