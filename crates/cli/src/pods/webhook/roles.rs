use std::convert::Infallible;
use std::time::Duration;

use k8s_sinks::kubernetes::Cluster;
use pod_identity::{
    AccountAnnotations, AnnotationDomain, Association, Associations, ServiceAccount,
    UpstreamIdentities, Warning,
};
use refresh::Clock;

use super::form::InjectedForm;
use crate::context::Context;
use crate::failure::Failure;
use crate::pods::watched::Watched;

/// Knows which service accounts have a role: those that are listed, else those
/// whose annotations say so.
pub(super) struct Roles {
    cluster: Cluster,
    domain: AnnotationDomain,
    listed: Watched<Associations>,
    identities: Watched<UpstreamIdentities>,
}

/// What is known of an account.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) has_role: bool,
    pub(super) annotations: AccountAnnotations,
    /// Of annotations that cannot be read.
    pub(super) warnings: Vec<Warning>,
}

impl Roles {
    /// From the settings; asks nobody.
    pub(super) fn new(
        context: &Context<'_>,
        (cluster, domain): (&Cluster, &AnnotationDomain),
        form: &InjectedForm,
    ) -> Result<Self, Failure> {
        let settings = &context.settings;
        let identities = settings.path("container-credentials-config")?;
        if identities.is_some() && form.needs_role() {
            let message = "--container-credentials-config names no roles, and a sidecar has to be \
                           told its role: name them in --associations";
            return Err(Failure::configuration("config.invalid", message));
        }
        let listed = settings.path("associations")?;
        Ok(Self {
            cluster: cluster.clone(),
            domain: domain.clone(),
            listed: Watched::new(listed, "associations", |document| {
                Associations::parse(document).map_err(|error| error.to_string())
            })?,
            identities: Watched::new(identities, "identities", read_identities)?,
        })
    }

    /// Reads the lists again, for as long as this is awaited.
    pub(super) async fn keep(&self, clock: &dyn Clock) -> Infallible {
        tokio::select! {
            never = self.listed.keep(clock) => never,
            never = self.identities.keep(clock) => never,
        }
    }

    /// What is known of an account. An error says why its annotations, which it
    /// needs, could not be read.
    pub(super) async fn of(&self, account: &ServiceAccount) -> Result<Found, String> {
        if let Some(listed) = self.listed.current().of(account) {
            return Ok(Found::listed(listed));
        }
        let annotated = self.annotated(account).await;
        if !self.identities.current().contains(account) {
            return annotated;
        }
        let annotated = annotated.unwrap_or_else(|why| {
            tracing::warn!(%account, "the annotations of an identity are not heeded: {why}");
            Found::default()
        });
        Ok(annotated.identified())
    }

    /// What the annotations of an account say. They are asked for each time: they may
    /// have been written a moment before the pod.
    async fn annotated(&self, account: &ServiceAccount) -> Result<Found, String> {
        let (namespace, name) = (account.namespace(), account.name());
        let asked = self.cluster.service_account(namespace, name);
        let Ok(asked) = tokio::time::timeout(PATIENCE, asked).await else {
            return Err(format!("no answer within {} s", PATIENCE.as_secs()));
        };
        let facts = asked.map_err(|error| error.to_string())?;
        let annotations = facts.map(|facts| facts.annotations).unwrap_or_default();
        let (annotations, warnings) = AccountAnnotations::parse(&self.domain, &annotations);
        Ok(Found {
            has_role: annotations.role_arn.is_some(),
            annotations,
            warnings,
        })
    }
}

impl Found {
    /// Whoever lists the roles has read the ARNs.
    fn listed(association: &Association) -> Self {
        let profile = association.profile_arn.as_ref();
        Self {
            has_role: true,
            annotations: AccountAnnotations {
                role_arn: association.role_arn.parse().ok(),
                profile_arn: profile.and_then(|profile| profile.parse().ok()),
                ..AccountAnnotations::default()
            },
            warnings: Vec::new(),
        }
    }

    /// That of an account that the EKS webhook's file names. As there, annotations say
    /// how long its tokens are valid and which STS is asked, and not whom they are for.
    fn identified(self) -> Self {
        Self {
            has_role: true,
            annotations: AccountAnnotations {
                token_expiration: self.annotations.token_expiration,
                regional_sts: self.annotations.regional_sts,
                ..AccountAnnotations::default()
            },
            warnings: self.warnings,
        }
    }
}

fn read_identities(document: &[u8]) -> Result<UpstreamIdentities, String> {
    let read = UpstreamIdentities::parse(document).map_err(|error| error.to_string())?;
    for invalid in read.ignored() {
        tracing::debug!(%invalid, "an identity is ignored");
    }
    Ok(read)
}

/// API servers wait ten seconds for us, if nobody says otherwise.
const PATIENCE: Duration = Duration::from_secs(3);
