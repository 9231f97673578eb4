use super::{Sandbox, setup};
use crate::VaultProfile;

/// See [`Sandbox::environment`].
pub(super) fn environment(sandbox: &Sandbox) -> Vec<(String, String)> {
    let services = sandbox.services();
    let profile = services.vault_profile;
    let token = match profile {
        VaultProfile::Standard => sandbox.exposed_token(),
        VaultProfile::Seed => String::new(),
    };
    let mut variables = vec![
        ("VAULT_ADDR", sandbox.vault_url()),
        ("VAULT_TOKEN", token),
        (
            "VAULT_ROLE",
            services.vault.logins.kubernetes_role.name.clone(),
        ),
        ("VAULT_CERT_CN", profile.common_name().into()),
        (role_variable(profile), profile.certificate_name().into()),
        ("ANCHOR_ARN", sandbox.trust_anchor_arn().into()),
        ("PROFILE_ARN", sandbox.profile_arn().into()),
        ("ROLE_ARN", sandbox.role_arn().into()),
        ("AWS_REGION", setup::REGION.into()),
        // What botocore reads instead.
        ("AWS_DEFAULT_REGION", setup::REGION.into()),
        ("AWS_ENDPOINT_URL_ROLESANYWHERE", sandbox.aws_url()),
        ("AWS_ENDPOINT_URL_STS", sandbox.aws_url()),
        ("AWS_ENDPOINT_URL_ECR", sandbox.aws_url()),
        ("AWS_ENDPOINT_URL_ECR_PUBLIC", sandbox.aws_url()),
    ];
    let namespace = &services.vault.namespaces.pki;
    if !namespace.is_empty() {
        variables.push(("VAULT_NAMESPACE", namespace.clone()));
    }
    let owned = |(name, value): (&str, String)| (name.to_owned(), value);
    variables.into_iter().map(owned).collect()
}

/// The recipe's own variable where the recipe is tried out.
fn role_variable(profile: VaultProfile) -> &'static str {
    match profile {
        VaultProfile::Standard => "IAMRA_PKI_ROLE",
        VaultProfile::Seed => "VAULT_CERT_NAME",
    }
}
