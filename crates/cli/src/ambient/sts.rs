use aws_partition::{Partition, Region};
use rolesanywhere::{RoleArn, Sts};

use crate::aws::AwsConnection;
use crate::context::Context;
use crate::failure::{self, Failure};

/// The Security Token Service, whichever region a profile asks for: reached and
/// trusted as AWS is everywhere else.
pub(super) struct StsAccess {
    connection: AwsConnection,
    /// The region of the environment, which comes before a profile's.
    region: Option<String>,
}

impl StsAccess {
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let environment = context.settings.environment();
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        let region = region.iter().find_map(|name| environment.value(name));
        Ok(Self {
            connection: AwsConnection::new(context)?,
            region: region.map(|region| region.to_string_lossy().into_owned()),
        })
    }

    /// Where it is, if that is not the region's own.
    pub(super) fn endpoint(&self) -> String {
        let custom = self.connection.custom_sts_endpoint();
        custom.map_or_else(String::new, ToString::to_string)
    }

    /// A client for who assumes `role`.
    pub(super) fn client(&self, role: &RoleArn, of_profile: Option<&str>) -> Result<Sts, Failure> {
        let region = self.region(role, of_profile)?;
        self.connection.sts(self.connection.http()?, region)
    }

    /// STS is asked in a region. The oldest region has served all of its
    /// partition before there were others; other partitions have no such one.
    fn region(&self, role: &RoleArn, of_profile: Option<&str>) -> Result<Region, Failure> {
        let partition = role.arn().partition;
        let name = match self.region.as_deref().or(of_profile) {
            Some(region) => region,
            None if partition == Partition::Aws => "us-east-1",
            None => {
                let message = format!("{role}: there is no region to call STS of {partition} in");
                return Err(failure::ambient::invalid(message).with_hint("set AWS_REGION"));
            }
        };
        name.parse().map_err(|error: aws_partition::InvalidRegion| {
            failure::ambient::invalid(error.to_string())
        })
    }
}
