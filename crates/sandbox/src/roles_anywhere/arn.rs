use super::{Refusal, RolesAnywhereState};

/// The parts of an ARN that are checked.
pub(super) struct ParsedArn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    pub(super) account: &'a str,
    resource: &'a str,
}

/// Which of the three ARNs of a request.
#[derive(Clone, Copy)]
pub(super) enum ArnKind {
    TrustAnchor,
    Profile,
    Role,
}

impl ArnKind {
    fn parameter(self) -> &'static str {
        match self {
            Self::TrustAnchor => "trustAnchorArn",
            Self::Profile => "profileArn",
            Self::Role => "roleArn",
        }
    }

    fn fits(self, arn: &ParsedArn<'_>) -> bool {
        let (service, prefix) = match self {
            Self::TrustAnchor => ("rolesanywhere", "trust-anchor/"),
            Self::Profile => ("rolesanywhere", "profile/"),
            Self::Role => ("iam", "role/"),
        };
        let account = arn.account.len() == 12 && arn.account.bytes().all(|b| b.is_ascii_digit());
        let named = arn
            .resource
            .strip_prefix(prefix)
            .is_some_and(|id| !id.is_empty());
        account && named && arn.service == service
    }
}

impl<'a> ParsedArn<'a> {
    /// Reads an ARN and compares it with where the request was sent.
    pub(super) fn parse(
        arn: &'a str,
        kind: ArnKind,
        state: &RolesAnywhereState,
    ) -> Result<Self, Refusal> {
        let parameter = kind.parameter();
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        let ["arn", partition, service, region, account, resource] = parts[..] else {
            return Err(Refusal::ArnMalformed { parameter });
        };
        let parsed = Self {
            partition,
            service,
            region,
            account,
            resource,
        };
        if !kind.fits(&parsed) {
            return Err(Refusal::ArnMalformed { parameter });
        }
        if parsed.partition != state.partition {
            return Err(Refusal::PartitionMismatch { parameter });
        }
        let expected = match kind {
            ArnKind::Role => "",
            ArnKind::TrustAnchor | ArnKind::Profile => &state.region,
        };
        if parsed.region != expected {
            return Err(Refusal::RegionMismatch { parameter });
        }
        Ok(parsed)
    }

    /// The last part of the resource: a role's name without its path.
    pub(super) fn name(&self) -> &'a str {
        self.resource.rsplit('/').next().unwrap_or(self.resource)
    }
}
