use std::collections::BTreeMap;

use k8s_sinks::kubernetes::AccountFacts;
use pod_identity::{
    AccountAnnotations, AnnotationDomain, Association, Associations, ServiceAccount,
};

use super::directory;
use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::Access;

/// Which service account has which role, for people: as agents would read it.
pub(crate) struct Roles {
    domain: AnnotationDomain,
    listed: Associations,
}

/// What is said of the role of an account.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) role: Option<Association>,
    /// Annotations that cannot be read, a sentence each: they count as absent.
    pub(crate) unread: Vec<String>,
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

    /// Of all accounts of the cluster, those that have one, or were to have one.
    pub(crate) async fn all(
        &self,
        access: &Access,
    ) -> Result<BTreeMap<ServiceAccount, Said>, Failure> {
        let annotated = access.cluster.service_accounts(None, |facts| {
            let account = ServiceAccount::new(&facts.namespace, &facts.name).ok()?;
            let said = self.annotated(&facts);
            let says_something = said.role.is_some() || !said.unread.is_empty();
            says_something.then_some((account, said))
        });
        let annotated = access.told(annotated.await).await?;
        let listed = self.listed.iter();
        let listed = listed.map(|(account, role)| (account.clone(), Said::listed(role)));
        // What is listed wins.
        Ok(annotated.into_iter().chain(listed).collect())
    }

    /// Of one account.
    pub(crate) fn of(&self, account: &ServiceAccount, facts: &AccountFacts) -> Said {
        let listed = self.listed.of(account).map(Said::listed);
        listed.unwrap_or_else(|| self.annotated(facts))
    }

    /// The domain of the annotations.
    pub(crate) fn domain(&self) -> &AnnotationDomain {
        &self.domain
    }

    fn annotated(&self, facts: &AccountFacts) -> Said {
        let (read, unread) = AccountAnnotations::parse(&self.domain, &facts.annotations);
        Said {
            role: read.association(),
            unread: unread.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Said {
    fn listed(role: &Association) -> Self {
        Self {
            role: Some(role.clone()),
            unread: Vec::new(),
        }
    }
}
