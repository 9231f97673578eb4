//! Where the cases are run: an account, or the sandbox.

use serde::Deserialize;

/// What is there: the outputs of the template, as `aws cloudformation` prints them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Place {
    pub(crate) trust_anchor: String,
    /// One of another root.
    pub(crate) other_trust_anchor: String,
    pub(crate) profile: String,
    pub(crate) disabled_profile: String,
    /// Trusts the anchor and the name, and the profile lists it.
    pub(crate) role: String,
    /// The same, and no profile lists it.
    pub(crate) unlisted_role: String,
    /// `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME`.
    pub(crate) repository: String,
    /// A second region, whose ECR is asked, too.
    pub(crate) second_region: String,
    /// Not AWS, but this.
    #[serde(default)]
    pub(crate) endpoint: Option<String>,
}

impl Place {
    pub(crate) fn is_sandbox(&self) -> bool {
        self.endpoint.is_some()
    }

    /// The account, which no result names.
    pub(crate) fn account(&self) -> &str {
        self.role.split(':').nth(4).unwrap()
    }
}
