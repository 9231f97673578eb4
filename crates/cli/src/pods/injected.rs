use k8s_sinks::kubernetes::{PodContainer, PodFacts};
use pod_identity::{AnnotationDomain, SkippedContainers};

use super::ADDRESSES;
use crate::output::one_line;

/// What a webhook has made of a pod, by its containers.
pub(crate) struct Injected<'a> {
    pod: &'a PodFacts,
    audience: &'a str,
    left_alone: SkippedContainers,
}

impl<'a> Injected<'a> {
    /// A pod whose token is to be for this audience.
    pub(crate) fn new(pod: &'a PodFacts, audience: &'a str, domain: &AnnotationDomain) -> Self {
        let ours = domain.annotation("skip-containers");
        let left_alone = pod.annotations.get(&ours);
        let left_alone = left_alone.or_else(|| pod.annotations.get(EKS));
        Self {
            pod,
            audience,
            left_alone: left_alone
                .map(|it| SkippedContainers::parse(it))
                .unwrap_or_default(),
        }
    }

    /// The containers from which an SDK finds the agent.
    pub(crate) fn fit(&self) -> Vec<&'a str> {
        let fit = self.pod.containers.iter();
        let fit = fit.filter(|it| self.obstacle(it).is_none());
        fit.map(|it| &*it.name).collect()
    }

    /// What is in the way in the others, a line each.
    pub(crate) fn obstacles(&self) -> Vec<String> {
        let all = self.pod.containers.iter();
        let told = all.filter_map(|it| {
            let obstacle = self.obstacle(it)?;
            Some(one_line(&format!("{}: {obstacle}", it.name)))
        });
        told.collect()
    }

    /// What cannot be told of the containers from which an SDK finds the agent, a
    /// line each.
    pub(crate) fn doubts(&self) -> Vec<String> {
        let unknown = self.pod.containers.iter().filter(|it| it.takes_others);
        let fit = unknown.filter(|it| self.obstacle(it).is_none());
        let told = fit.map(|it| {
            let doubt = format!("{}: it takes variables from elsewhere (envFrom)", it.name);
            let stronger = FIRST.join(", ");
            one_line(&format!(
                "{doubt}; one of {stronger} among them is stronger"
            ))
        });
        told.collect()
    }

    fn obstacle(&self, container: &PodContainer) -> Option<String> {
        let others = FIRST
            .iter()
            .find(|name| container.variables.iter().any(|it| it == *name));
        let Some(uri) = &container.credentials_uri else {
            return Some(if self.left_alone.contains(&container.name) {
                "it is left alone, as skip-containers says".to_owned()
            } else {
                format!("it has no {FULL_URI}: no webhook has seen the pod as it was made")
            });
        };
        if !asks_agent(uri) {
            return Some(format!("it asks somebody else: {uri}"));
        }
        if let Some(other) = others {
            return Some(format!("{other} is stronger for SDKs, and set"));
        }
        match &container.token_file {
            None => Some(format!("it has no {TOKEN_FILE}")),
            Some(file) if !self.is_mounted(container, file) => Some(format!(
                "{file} is no token for {}: no such volume is mounted there",
                self.audience
            )),
            Some(_) => None,
        }
    }

    /// Whether a token for the agent is at this path.
    fn is_mounted(&self, container: &PodContainer, file: &str) -> bool {
        let tokens = self.pod.token_volumes.iter();
        let mut tokens = tokens.filter(|it| it.audience.as_deref() == Some(self.audience));
        tokens.any(|token| {
            let mut mounts = container
                .mounts
                .iter()
                .filter(|it| it.volume == token.volume);
            mounts.any(|mount| {
                let folder = mount.path.trim_end_matches('/');
                file.strip_prefix(folder)
                    .and_then(|rest| rest.strip_prefix('/'))
                    == Some(&*token.path)
            })
        })
    }
}

/// Whether that is the agent's address, with or without its path.
fn asks_agent(uri: &str) -> bool {
    let Ok(uri) = uri.parse::<http::Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let address = host.parse().ok();
    let is_plain = uri.scheme_str() == Some("http") && uri.port_u16().unwrap_or(80) == 80;
    is_plain && address.is_some_and(|it| ADDRESSES.contains(&it))
}

const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// What every SDK looks at before it asks an agent.
const FIRST: [&str; 3] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
];
const EKS: &str = "eks.amazonaws.com/skip-containers";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A pod whose one container has these variables, and the token's volume.
    fn pod(variables: &[(&str, &str)], mount: &Value) -> PodFacts {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        let object = json!({
            "metadata": {"annotations": {"iamra.dev/skip-containers": "proxy"}},
            "spec": {
                "containers": [
                    {"name": "app", "env": variables, "volumeMounts": [mount]},
                    {"name": "proxy"},
                ],
                "volumes": [{"name": "token", "projected": {"sources": [{
                    "serviceAccountToken": {"audience": "pods", "path": "t"},
                }]}}],
            },
        });
        serde_json::from_value(object).unwrap()
    }

    fn told(variables: &[(&str, &str)], mount: &Value) -> (usize, String) {
        let pod = pod(variables, mount);
        let domain = AnnotationDomain::default();
        let injected = Injected::new(&pod, "pods", &domain);
        (injected.fit().len(), injected.obstacles().join("\n"))
    }

    #[test]
    fn variables_from_elsewhere_are_a_doubt() {
        let mount = json!({"name": "token", "mountPath": "/token"});
        let uri = (FULL_URI, "http://169.254.170.23/v1/credentials");
        let mut pod = pod(&[uri, (TOKEN_FILE, "/token/t")], &mount);
        let doubts =
            |pod: &PodFacts| Injected::new(pod, "pods", &AnnotationDomain::default()).doubts();
        assert!(doubts(&pod).is_empty());
        for container in &mut pod.containers {
            container.takes_others = true;
        }
        let told = doubts(&pod);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("app: it takes variables from elsewhere"));
    }

    #[test]
    fn an_sdk_finds_the_agent_or_it_is_said_why_not() {
        let mount = json!({"name": "token", "mountPath": "/token/"});
        let uri = (FULL_URI, "http://169.254.170.23/v1/credentials");
        let v6 = (FULL_URI, "http://[fd00:ec2::23]/v1/credentials");
        let file = (TOKEN_FILE, "/token/t");
        for good in [uri, v6] {
            let (fit, others) = told(&[good, file], &mount);
            assert_eq!(
                (fit, &*others),
                (1, "proxy: it is left alone, as skip-containers says")
            );
        }
        let elsewhere = json!({"name": "token", "mountPath": "/elsewhere"});
        for (variables, mount, expected) in [
            (
                &[][..],
                &mount,
                "app: it has no AWS_CONTAINER_CREDENTIALS_FULL_URI",
            ),
            (
                &[(FULL_URI, "http://127.0.0.1:9911/"), file],
                &mount,
                "app: it asks somebody else",
            ),
            (
                &[(FULL_URI, "http://169.254.170.23:8080/"), file],
                &mount,
                "app: it asks somebody else",
            ),
            (
                &[(FULL_URI, "https://169.254.170.23/"), file],
                &mount,
                "app: it asks somebody else",
            ),
            (
                &[uri],
                &mount,
                "app: it has no AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            ),
            (
                &[uri, file],
                &elsewhere,
                "app: /token/t is no token for pods",
            ),
            (
                &[uri, (TOKEN_FILE, "/token/other")],
                &mount,
                "app: /token/other is no token",
            ),
            (
                &[uri, file, ("AWS_ACCESS_KEY_ID", "x")],
                &mount,
                "app: AWS_ACCESS_KEY_ID is stronger",
            ),
        ] {
            let (fit, others) = told(variables, mount);
            assert!(fit == 0 && others.starts_with(expected), "{others}");
        }
    }
}
