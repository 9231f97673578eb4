use std::ffi::OsString;
use std::process::Command;

use crate::Failure;
use crate::failure::Result;

use super::proxy::Proxy;

/// Counts the requests and connections of one cold run of `command`, from
/// outside: between it and the sandbox stand two counting proxies.
pub(crate) fn print(command: &[OsString]) -> Result {
    let Some((program, args)) = command.split_first() else {
        return Err(Failure::new("nothing to count"));
    };
    let vault = Proxy::before("VAULT_ADDR")?;
    let aws = Proxy::before("AWS_ENDPOINT_URL_ROLESANYWHERE")?;
    let output = Command::new(program)
        .args(args)
        .env("VAULT_ADDR", &vault.address)
        .env("AWS_ENDPOINT_URL_ROLESANYWHERE", &aws.address)
        .output()
        .map_err(|error| Failure::new(format!("{}: {error}", program.display())))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("{}: {complaint}", output.status)));
    }
    let requests = vault.requests() + aws.requests();
    let mark = if requests <= BUDGET { "✓" } else { "✗" };
    println!(
        "round trips, Vault login to session: {requests}, budget {BUDGET} {mark} \
         (Vault {} on {} connections, AWS {} on {})",
        vault.requests(),
        vault.connections(),
        aws.requests(),
        aws.connections(),
    );
    Ok(())
}

/// Login, certificate, session.
const BUDGET: usize = 3;
