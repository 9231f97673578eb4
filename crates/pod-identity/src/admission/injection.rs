use aws_partition::Region;
use serde_json::{Value, json};

use super::pod::{Container, Pod};
use super::{AccountAnnotations, PodAnnotations, PodPatch, SkippedContainers, Warning};

mod agent;
mod sidecar;

pub use agent::{AgentForm, TokenVolume};
pub use sidecar::SidecarForm;

/// What a pod needs to have the role of its service account.
#[derive(Clone, Debug, PartialEq)]
pub struct Injection {
    /// The region of `AWS_REGION` and `AWS_DEFAULT_REGION`, where the container
    /// has neither.
    pub region: Option<Region>,
    /// Whether `AWS_STS_REGIONAL_ENDPOINTS` is `regional`, where the container
    /// does not have it: for SDKs of before 2022.
    pub regional_sts: bool,
    /// Whether pods that get credentials are labelled `eks.amazonaws.com/pod-identity:
    /// enabled`, as the EKS webhook does.
    ///
    /// By default they are: it is how injected pods are listed, and selected by
    /// the network policies and dashboards that were written for EKS, which is
    /// also why the label keeps that name.
    pub label: bool,
    /// Where credentials come from.
    pub form: Form,
}

/// Where the credentials of a pod come from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Form {
    /// An agent on the node.
    Agent(AgentForm),
    /// A container in the pod.
    Sidecar(SidecarForm),
}

impl Injection {
    /// The same with what annotations say of it: a pod's come first, then its
    /// service account's. `random`, from 0 to 1, is for the
    /// [jitter](super::TokenExpiration::jittered).
    ///
    /// Of a sidecar the token is the caller's, who has prepared it.
    #[must_use]
    pub fn annotated(
        &self,
        account: &AccountAnnotations,
        pod: &PodAnnotations,
        random: f64,
    ) -> Self {
        let mut injection = self.clone();
        injection.regional_sts = account.regional_sts.unwrap_or(self.regional_sts);
        if let Form::Agent(AgentForm { token, .. }) = &mut injection.form {
            let annotated = pod.token_expiration.or(account.token_expiration);
            token.expiration = annotated.unwrap_or(token.expiration).jittered(random);
            if let Some(audience) = &account.audience {
                token.audience.clone_from(audience);
            }
        }
        injection
    }

    /// What is missing in `pod`. A pod that has it all gets no operation, so a
    /// webhook may be asked again.
    pub fn patch(&self, pod: &Value, skipped: &SkippedContainers) -> PodPatch {
        let pod = Pod::new(pod);
        let mut patch = PodPatch::default();
        let mut wanted: Vec<_> = pod
            .containers()
            .filter(|it| !skipped.contains(it.name()) && !self.form.is_own(it))
            .map(|container| {
                let credentials = self.form.credentials(pod, &container);
                let credentials = credentials.unwrap_or_else(|warning| {
                    patch.warnings.push(warning);
                    Credentials::default()
                });
                (container, credentials)
            })
            .collect();
        if wanted.iter().any(|(_, it)| it.are_wanted())
            && let Some(obstacle) = self.form.obstacle(pod)
        {
            patch.warnings.push(obstacle);
            for (_, credentials) in &mut wanted {
                *credentials = Credentials::default();
            }
        }
        for (container, credentials) in &wanted {
            self.add_to_container(container, credentials, &mut patch);
        }
        let credentials: Vec<_> = wanted.into_iter().map(|(_, it)| it).collect();
        self.form.add_to_pod(pod, &credentials, &mut patch);
        if self.label && credentials.iter().any(Credentials::are_wanted) {
            patch.insert(pod.metadata(), "labels", LABEL);
        }
        patch
    }

    /// The order of the variables is that of the EKS webhook.
    fn add_to_container(
        &self,
        container: &Container<'_>,
        credentials: &Credentials,
        patch: &mut PodPatch,
    ) {
        let mut variables = Vec::new();
        if self.regional_sts && container.variable(REGIONAL_STS).is_none() {
            variables.push(variable(REGIONAL_STS, "regional"));
        }
        if let Some(region) = &self.region
            && !container.has_any_variable(&REGIONS)
        {
            variables.extend(REGIONS.map(|name| variable(name, region.as_str())));
        }
        variables.extend_from_slice(&credentials.variables);
        patch.append(container.at(), "env", variables);
        patch.append(container.at(), "volumeMounts", credentials.mounts.clone());
    }
}

/// An agent on the node, with EKS's defaults.
impl Default for Injection {
    fn default() -> Self {
        Self {
            region: None,
            regional_sts: false,
            label: true,
            form: Form::Agent(AgentForm::default()),
        }
    }
}

impl Form {
    /// Whether the container is one of ours, which needs nothing.
    fn is_own(&self, container: &Container<'_>) -> bool {
        match self {
            Self::Agent(_) => false,
            Self::Sidecar(sidecar) => container.name() == sidecar.name(),
        }
    }

    /// What the container lacks for credentials; or why it goes without them.
    fn credentials(&self, pod: Pod<'_>, container: &Container<'_>) -> Result<Credentials, Warning> {
        match self {
            Self::Agent(agent) => agent.credentials(pod, container),
            Self::Sidecar(sidecar) => Ok(sidecar.credentials(container)),
        }
    }

    /// Why no container of the pod can have credentials.
    fn obstacle(&self, pod: Pod<'_>) -> Option<Warning> {
        match self {
            Self::Agent(agent) => agent.obstacle(pod),
            Self::Sidecar(sidecar) => sidecar.obstacle(pod),
        }
    }

    fn add_to_pod(&self, pod: Pod<'_>, wanted: &[Credentials], patch: &mut PodPatch) {
        match self {
            Self::Agent(agent) => agent.add_to_pod(pod, wanted, patch),
            Self::Sidecar(sidecar) => sidecar.add_to_pod(pod, wanted, patch),
        }
    }
}

/// What a container lacks for credentials.
#[derive(Debug, Default)]
struct Credentials {
    variables: Vec<Value>,
    mounts: Vec<Value>,
}

impl Credentials {
    fn are_wanted(&self) -> bool {
        !self.variables.is_empty() || !self.mounts.is_empty()
    }
}

fn variable(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

/// The variables by which SDKs find a container's credentials: a pod that has
/// one of them has its own.
const CREDENTIALS: [&str; 4] = [FULL_URI, RELATIVE_URI, TOKEN_FILE, TOKEN];
const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";

const REGIONS: [&str; 2] = ["AWS_DEFAULT_REGION", "AWS_REGION"];
const REGIONAL_STS: &str = "AWS_STS_REGIONAL_ENDPOINTS";
const LABEL: (&str, &str) = ("eks.amazonaws.com/pod-identity", "enabled");

#[cfg(test)]
mod tests;
