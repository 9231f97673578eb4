use std::sync::Arc;

use aws_partition::{Endpoint, Region};
use destination::{Destination, HttpClient};
use refresh::{Clock, Retry};
use rolesanywhere::{ClockSkewPolicy, EndpointUrl, Error, RolesAnywhere, Sts};

use super::{clock_skew_policy, custom_endpoint, destination, endpoint_variant, retry};
use crate::context::Context;
use crate::failure::Failure;

/// How Roles Anywhere and STS are reached and asked, in whichever region.
pub(crate) struct AwsConnection {
    destination: Destination,
    variant: Endpoint,
    retry: Retry,
    policy: ClockSkewPolicy,
    clock: Arc<dyn Clock>,
    /// STS's place, if that is not the region's own.
    sts: Option<EndpointUrl>,
}

impl AwsConnection {
    /// From the settings; connects to nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        Ok(Self {
            variant: endpoint_variant(settings)?,
            sts: custom_endpoint(settings, "sts-endpoint")?,
            destination: destination(settings)?,
            retry: retry(settings)?,
            policy: clock_skew_policy(settings)?,
            clock: Arc::clone(&context.clock),
        })
    }

    /// Connections, which clients may share.
    pub(crate) fn http(&self) -> Result<Arc<HttpClient>, Failure> {
        let client = HttpClient::new(self.destination.clone());
        Ok(Arc::new(client.map_err(Error::from)?))
    }

    /// Where a service is in a region, if no `custom` endpoint takes its place.
    pub(crate) fn endpoint(
        &self,
        custom: Option<EndpointUrl>,
        service: &str,
        region: &Region,
    ) -> Result<EndpointUrl, Failure> {
        let own = || EndpointUrl::of_service(self.variant, service, region);
        let endpoint = custom.map_or_else(own, Ok);
        Ok(endpoint.map_err(Error::from)?)
    }

    /// STS's place, if that is not the region's own.
    #[cfg(feature = "ecr")]
    pub(crate) fn custom_sts_endpoint(&self) -> Option<&EndpointUrl> {
        self.sts.as_ref()
    }

    /// STS's place for who is in `region`.
    pub(crate) fn sts_endpoint(&self, region: &Region) -> Result<EndpointUrl, Failure> {
        self.endpoint(self.sts.clone(), "sts", region)
    }

    /// Roles Anywhere at that endpoint.
    pub(crate) fn roles_anywhere(
        &self,
        http: Arc<HttpClient>,
        endpoint: EndpointUrl,
    ) -> RolesAnywhere {
        RolesAnywhere::new(http)
            .with_endpoint(endpoint)
            .with_clock(Arc::clone(&self.clock))
            .with_retry(self.retry)
            .with_clock_skew_policy(self.policy)
    }

    /// STS at its place for who is in `region`.
    pub(crate) fn sts(&self, http: Arc<HttpClient>, region: Region) -> Result<Sts, Failure> {
        let endpoint = self.sts_endpoint(&region)?;
        Ok(Sts::new(http, region)
            .with_endpoint(endpoint)
            .with_clock(Arc::clone(&self.clock))
            .with_retry(self.retry)
            .with_clock_skew_policy(self.policy))
    }
}
