use std::sync::Arc;
use std::time::Duration;

use k8s_sinks::kubernetes::{BoundPod, PodFacts};
use pod_identity::{Association, ServiceAccount};
use refresh::FaultKind;
use secrecy::SecretString;

use super::Doctor;
use crate::explanation::pods as explained;
use crate::failure::Failure;
use crate::k8s::Access;
use crate::output::one_line;
use crate::pods::{Injected, Known, POD_AUDIENCE, Rehearsal, Roles, Said, Survey, agents};
use crate::resolved::Sourced;
use crate::setting::with_named;
use crate::settings;

/// What is read beside the settings of everybody.
pub(super) fn with_settings(command: clap::Command) -> clap::Command {
    let groups = [&settings::POD, &settings::POD_VIEW, &settings::CLUSTER];
    let command = crate::setting::with_more(command, &groups);
    with_named(command, NAMED)
}

/// As agents are told.
const NAMED: &[&str] = &[
    "cluster-name",
    "pod-audience",
    "associations",
    "annotation-domain",
];

impl Doctor<'_> {
    /// From a pod to its role, one step after the other.
    pub(super) async fn examine_pod(&mut self, named: &Sourced<String>) -> Result<(), Failure> {
        let context = self.context;
        let (namespace, name) = parts(named)?;
        let audience = context.settings.text("pod-audience")?;
        let audience = audience.unwrap_or_else(|| POD_AUDIENCE.to_owned());
        if self.offline {
            return self.walk.skip("pod", "not tried: offline");
        }
        let open = async {
            let access = Access::new(context).await?;
            let place = access.place.clone();
            Ok((access, place))
        };
        let Some(access) = self.walk.step("cluster", "", open).await? else {
            return Ok(());
        };
        let roles = Roles::new(context)?;
        let found = async { pod(&access, namespace, name).await };
        let Some(pod) = self.walk.step("pod", &*named.value, found).await? else {
            return Ok(());
        };
        let injected = async { injected(&pod, &audience, &roles) };
        self.walk.step("injected", "", injected).await?;
        let account = ServiceAccount::new(namespace, &pod.service_account);
        let account = account.map_err(|error| named.origin.invalid(&error.to_string()))?;
        let asked = async { role(&access, &roles, &account).await };
        let role = self.walk.step("role", account.to_string(), asked).await?;
        let node = pod.node.as_deref();
        self.agent(&access, node, &account).await?;
        let Some(role) = role else {
            return self.walk.skip("token", "not tried: there is no role");
        };
        let bound = BoundPod::new(name, &pod.uid);
        Box::pin(self.rehearse(&access, (&account, &role), (&audience, &bound))).await
    }

    /// The agent on the pod's node, and what it says of the account.
    async fn agent(
        &mut self,
        access: &Access,
        node: Option<&str>,
        account: &ServiceAccount,
    ) -> Result<(), Failure> {
        let Some(node) = node else {
            return self
                .walk
                .skip("agent", "not looked for: the pod is on no node yet");
        };
        let find = async {
            let all = agents(access).await?;
            let here = all
                .into_iter()
                .filter(|it| it.node.as_deref() == Some(node));
            let here = here.max_by_key(|it| it.is_ready);
            let here = here.ok_or_else(|| no_agent(node, &access.own_namespace))?;
            if !here.is_ready {
                return Err(unready(node, &here.name));
            }
            let detail = here.name.clone();
            Ok((here, detail))
        };
        let Some(agent) = self.walk.step("agent", node, find).await? else {
            return Ok(());
        };
        let told = async {
            let survey = Survey::begin(self.context, access).await?;
            survey.of(&agent).await
        };
        match told.await {
            Err(failure) => {
                let why = format!("what it knows is not seen: {failure}");
                self.walk.skip("account", &why)
            }
            Ok(roster) => {
                let known = roster.accounts.into_iter().find(|it| it.is_of(account));
                let stands = async { stands(known) };
                self.walk.step("account", "", stands).await?;
                Ok(())
            }
        }
    }

    /// What an agent would do, with a token of ours for the pod.
    async fn rehearse(
        &mut self,
        access: &Access,
        (account, role): (&ServiceAccount, &Association),
        (audience, bound): (&str, &BoundPod),
    ) -> Result<(), Failure> {
        let context = self.context;
        let rehearsal = match Rehearsal::new(context) {
            Ok(rehearsal) => rehearsal,
            // Whoever looks from outside need not have an agent's settings.
            Err(failure) if failure.code() == "config.missing" => {
                let why = format!("not tried: {failure}");
                return self.walk.skip("token", &why);
            }
            Err(failure) => {
                let wrong = async { Err::<((), String), _>(failure) };
                self.walk.step("settings", "", wrong).await?;
                return Ok(());
            }
        };
        let make = async { token(access, account, audience, bound).await };
        let Some(token) = self.walk.step("token", audience, make).await? else {
            return Ok(());
        };
        let pipeline = async {
            let pipeline = rehearsal.pipeline(context, &token)?;
            let names = pipeline.request.names.common_name.clone();
            Ok((pipeline, names.unwrap_or_default()))
        };
        let Some(pipeline) = self.walk.step("name", "", pipeline).await? else {
            return Ok(());
        };
        let identity = self.walk_vault(&pipeline).await?;
        pipeline.finish().await;
        let Some(identity) = identity else {
            return self
                .walk
                .skip("session", "not tried: there is no certificate");
        };
        let identity = Arc::new(identity);
        let open = async {
            let session = rehearsal.session(&identity, role).await?;
            let detail = format!("{} until {}", session.assumed_role_arn, session.expiration);
            Ok(((), detail))
        };
        self.walk.step("session", &*role.role_arn, open).await?;
        Ok(())
    }
}

fn parts(named: &Sourced<String>) -> Result<(&str, &str), Failure> {
    let parts = named.value.trim().split_once('/');
    let parts = parts.filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
    parts.ok_or_else(|| named.origin.invalid("it must be NAMESPACE/NAME"))
}

async fn pod(access: &Access, namespace: &str, name: &str) -> Result<(PodFacts, String), Failure> {
    let pod = access.cluster.pod(namespace, name).await;
    let pod = access.told(pod).await?.ok_or_else(|| {
        let message = format!("there is no pod {namespace}/{name}");
        Failure::configuration("pods.no-pod", message).with_hint(explained::NO_POD.fix)
    })?;
    let node = pod.node.as_deref().unwrap_or("no node yet");
    let network = if pod.is_host_network {
        ", on the network of its node"
    } else {
        ""
    };
    let detail = format!(
        "{} on {node}{network}, service account {}",
        pod.phase, pod.service_account
    );
    Ok((pod, detail))
}

fn injected(pod: &PodFacts, audience: &str, roles: &Roles) -> Result<((), String), Failure> {
    let injected = Injected::new(pod, audience, roles.domain());
    let fit = injected.fit();
    let obstacles = injected.obstacles();
    if fit.is_empty() {
        let failure = Failure::configuration("pods.not-injected", obstacles.join("; "));
        return Err(failure.with_hint(explained::NOT_INJECTED.fix));
    }
    let mut lines = vec![format!(
        "containers that find the agent: {}",
        fit.join(", ")
    )];
    let doubts = injected.doubts();
    let others = obstacles.iter().chain(&doubts);
    lines.extend(others.map(|other| format!("! {other}")));
    Ok(((), lines.join("\n")))
}

async fn role(
    access: &Access,
    roles: &Roles,
    account: &ServiceAccount,
) -> Result<(Association, String), Failure> {
    let facts = access
        .cluster
        .service_account(account.namespace(), account.name());
    let facts = access.told(facts.await).await?;
    let refused = |message| {
        let failure = Failure::configuration("pods.no-role", message);
        failure.with_hint(explained::NO_ROLE.fix)
    };
    let Some(facts) = facts else {
        return Err(refused(format!("there is no service account {account}")));
    };
    let Said { role, unread } = roles.of(account, &facts);
    let role = role.ok_or_else(|| {
        let domain = roles.domain();
        let none = format!("{account} has no annotation {domain}/role-arn, and is not listed");
        refused([&[none], &unread[..]].concat().join("; "))
    })?;
    let lines = unread.iter().map(|why| format!("\n! {}", one_line(why)));
    let detail = lines.fold(one_line(&role.role_arn), |detail, line| detail + &line);
    Ok((role, detail))
}

fn no_agent(node: &str, namespace: &str) -> Failure {
    let message = format!("no agent of the namespace {namespace} is on the node {node}");
    Failure::configuration("pods.no-agent", message).with_hint(explained::NO_AGENT.fix)
}

fn unready(node: &str, name: &str) -> Failure {
    let message = format!("the agent {name} on the node {node} is not ready");
    Failure::new("pods.no-agent", FaultKind::Unavailable, message)
        .with_hint(explained::UNREADY_AGENT.fix)
}

/// What the agent has come to with the account.
fn stands(known: Option<Known>) -> Result<((), String), Failure> {
    let Some(known) = known else {
        return Ok(((), "no pod of it has asked this agent".to_owned()));
    };
    if let Some(problem) = known.problem {
        let message = one_line(&format!("{}: {}", problem.code, problem.message));
        let failure = Failure::new("pods.not-served", FaultKind::Failed, message);
        return Err(failure.with_hint(explained::NOT_SERVED.fix));
    }
    let handed_out = known.handed_out.as_deref().unwrap_or("never");
    let ends = known.session_ends.as_deref().unwrap_or("there is none");
    Ok((
        (),
        format!("last hand-out {handed_out}; session until {ends}"),
    ))
}

async fn token(
    access: &Access,
    account: &ServiceAccount,
    audience: &str,
    bound: &BoundPod,
) -> Result<(SecretString, String), Failure> {
    let account = (account.namespace(), account.name());
    let token = access
        .cluster
        .request_token(account, (audience, TOKEN_LIFETIME), Some(bound));
    let token = access.told(token.await).await?;
    Ok((token, format!("bound to {}", bound.name)))
}

/// The least that Kubernetes gives.
const TOKEN_LIFETIME: Duration = Duration::from_secs(600);
