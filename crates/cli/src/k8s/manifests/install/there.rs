//! The settings as a pod will have them: without what is of this machine.

use std::collections::BTreeMap;

use super::super::carried::STAYS_HERE;
use crate::context::Context;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::resolved::{Overlay, Resolved};

/// The variables that count there: our own. In the sandbox, there are those of
/// the sandbox.
pub(in crate::k8s::manifests) fn variables(here: &Resolved<'_>) -> Result<Environment, Failure> {
    let ours = here.environment().ours();
    if !here.switch("sandbox")? {
        return Ok(ours);
    }
    let sandbox = ("AWS_REGION".into(), SANDBOX_REGION.into());
    let ours = ours
        .all()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(ours.chain([sandbox]).collect())
}

/// The settings with these variables alone.
pub(in crate::k8s::manifests) fn context<'b>(
    here: &Context<'b>,
    variables: &'b Environment,
) -> Context<'b> {
    let mut values: BTreeMap<String, Vec<String>> = STAYS_HERE
        .into_iter()
        .map(|name| (name.to_owned(), Vec::new()))
        .collect();
    // Without a name, they would be those of this machine's user.
    for name in ["aws-config-file", "credentials-file"] {
        values.insert(name.to_owned(), vec![NO_FILE.to_owned()]);
    }
    here.within(variables).overlaid(Overlay {
        place: "the pod".to_owned(),
        values,
    })
}

const NO_FILE: &str = "/nonexistent";
const SANDBOX_REGION: &str = "eu-central-1";
