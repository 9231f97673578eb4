use super::Side;
use crate::{FaultTarget, Operation, RequestParts};
use crate::{ecr, imds, kubernetes, registry, roles_anywhere, sts, vault};

/// What a request asks for, and which disturbances apply.
pub(crate) fn classify(side: Side, request: &RequestParts) -> (Operation, Option<FaultTarget>) {
    let operation = match side {
        Side::Vault => vault::operation(&request.path),
        Side::Aws => aws_operation(request),
        Side::Kubernetes => kubernetes::operation(request),
    };
    (operation, target(operation))
}

/// Paths tell the services apart, and of those that have none, a header.
fn aws_operation(request: &RequestParts) -> Operation {
    if request.path == "/sessions" {
        return Operation::CreateSession;
    }
    roles_anywhere::operation(request)
        .or_else(|| registry::operation(request))
        .or_else(|| imds::operation(request))
        .or_else(|| ecr::operation(request))
        .unwrap_or_else(|| sts::operation(request))
}

fn target(operation: Operation) -> Option<FaultTarget> {
    Some(match operation {
        Operation::VaultLogin => FaultTarget::VaultLogin,
        Operation::VaultLookup
        | Operation::VaultRenew
        | Operation::VaultToken
        | Operation::VaultUnwrap => FaultTarget::VaultToken,
        Operation::VaultSign
        | Operation::VaultIssue
        | Operation::VaultRevoke
        | Operation::VaultRead => FaultTarget::VaultPki,
        Operation::IdToken => FaultTarget::IdToken,
        Operation::CreateSession | Operation::GetTrustAnchor | Operation::GetProfile => {
            FaultTarget::RolesAnywhere
        }
        Operation::CallerIdentity
        | Operation::AssumeRole
        | Operation::AssumeRoleWithWebIdentity => FaultTarget::Sts,
        Operation::EcrToken | Operation::EcrPublicToken => FaultTarget::Ecr,
        Operation::RegistryCheck
        | Operation::RegistryTags
        | Operation::RegistryManifest
        | Operation::RegistryBlob
        | Operation::RegistryOther => FaultTarget::Registry,
        Operation::ImdsToken | Operation::ImdsCredentials => FaultTarget::Imds,
        Operation::KubernetesTokenReview
        | Operation::KubernetesKeys
        | Operation::KubernetesRead
        | Operation::KubernetesWatch
        | Operation::KubernetesTokenRequest
        | Operation::KubernetesPodProxy
        | Operation::KubernetesOther => FaultTarget::Kubernetes,
        Operation::VaultOther => return None,
    })
}
