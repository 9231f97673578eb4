use std::collections::BTreeMap;

use k8s_sinks::kubernetes::AccountFacts;
use pod_identity::{AnnotationDomain, Association, Associations, ServiceAccount};

use super::directory;
use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::Access;

/// Which service account has which role, for people: as agents would read it.
pub(crate) struct Roles {
    domain: AnnotationDomain,
    listed: Associations,
}

impl Roles {
    /// Reads the list, if there is one.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let file = settings.path("associations")?;
        let listed = file
            .map(|file| directory::associations(&file))
            .transpose()?;
        Ok(Self {
            domain: settings.parse("annotation-domain")?.unwrap_or_default(),
            listed: listed.unwrap_or_default(),
        })
    }

    /// Of all accounts of the cluster, those that have one.
    pub(crate) async fn all(
        &self,
        access: &Access,
    ) -> Result<BTreeMap<ServiceAccount, Association>, Failure> {
        let annotated = access
            .cluster
            .service_accounts(None, |facts| self.annotated(&facts));
        let annotated = access.told(annotated.await).await?;
        let listed = self.listed.iter();
        let listed = listed.map(|(account, role)| (account.clone(), role.clone()));
        // What is listed wins.
        Ok(annotated.into_iter().chain(listed).collect())
    }

    /// Of one account, and where that is said.
    pub(crate) fn of(&self, facts: &AccountFacts) -> Option<(Association, &'static str)> {
        let account = ServiceAccount::new(&facts.namespace, &facts.name).ok()?;
        match self.listed.of(&account) {
            Some(listed) => Some((listed.clone(), "by --associations")),
            None => Some((self.annotated(facts)?.1, "by its annotations")),
        }
    }

    /// The domain of the annotations.
    pub(crate) fn domain(&self) -> &AnnotationDomain {
        &self.domain
    }

    fn annotated(&self, facts: &AccountFacts) -> Option<(ServiceAccount, Association)> {
        let account = ServiceAccount::new(&facts.namespace, &facts.name).ok()?;
        let role = Association::of_annotations(&facts.annotations, &self.domain)?;
        Some((account, role))
    }
}
