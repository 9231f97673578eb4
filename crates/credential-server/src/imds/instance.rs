use serde::Serialize;

use super::ImdsPath;

/// What the metadata service tells a caller about "its instance".
///
/// What is not known is not there (404). Nothing is made up: an agent that finds
/// an instance id believes that it runs on EC2.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Instance {
    /// The role below `iam/security-credentials/`. The real service has one, and
    /// SDKs take all of the listing for its name. Empty: none is listed.
    pub role: String,
    /// `placement/region`, and the identity document's.
    pub region: Option<String>,
    /// `placement/availability-zone`, and the identity document's.
    pub availability_zone: Option<String>,
    /// The identity document's `accountId`.
    pub account_id: Option<String>,
    /// `iam/info`'s `InstanceProfileArn`; without it there is no `iam/info`.
    pub instance_profile_arn: Option<String>,
    /// `iam/info`'s `InstanceProfileId`.
    pub instance_profile_id: Option<String>,
    /// `instance-id`, and the identity document's.
    pub instance_id: Option<String>,
}

impl Instance {
    pub(super) fn text(&self, path: &ImdsPath<'_>) -> Option<String> {
        match path {
            ImdsPath::MetaData => list(&[
                ("iam/", self.has_iam()),
                ("instance-id", self.instance_id.is_some()),
                ("placement/", self.has_placement()),
            ]),
            ImdsPath::Iam => list(&[
                ("info", self.instance_profile_arn.is_some()),
                ("security-credentials/", !self.role.is_empty()),
            ]),
            ImdsPath::Placement => list(&[
                ("availability-zone", self.availability_zone.is_some()),
                ("region", self.region.is_some()),
            ]),
            ImdsPath::IamInfo => self.iam_info(),
            ImdsPath::Roles => (!self.role.is_empty()).then(|| self.role.clone()),
            ImdsPath::InstanceId => self.instance_id.clone(),
            ImdsPath::Region => self.region.clone(),
            ImdsPath::AvailabilityZone => self.availability_zone.clone(),
            ImdsPath::IdentityDocument => self.identity_document(),
            _ => None,
        }
    }

    fn has_iam(&self) -> bool {
        !self.role.is_empty() || self.instance_profile_arn.is_some()
    }

    fn has_placement(&self) -> bool {
        self.region.is_some() || self.availability_zone.is_some()
    }

    fn iam_info(&self) -> Option<String> {
        let info = IamInfo {
            code: "Success",
            instance_profile_arn: self.instance_profile_arn.as_deref()?,
            instance_profile_id: self.instance_profile_id.as_deref(),
        };
        serde_json::to_string_pretty(&info).ok()
    }

    /// SDKs look for their region here.
    fn identity_document(&self) -> Option<String> {
        let document = IdentityDocument {
            account_id: self.account_id.as_deref(),
            availability_zone: self.availability_zone.as_deref(),
            instance_id: self.instance_id.as_deref(),
            region: self.region.as_deref()?,
            version: "2017-09-30",
        };
        serde_json::to_string_pretty(&document).ok()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct IamInfo<'a> {
    code: &'a str,
    instance_profile_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_profile_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IdentityDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    availability_zone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<&'a str>,
    region: &'a str,
    version: &'a str,
}

/// One a line, without a line's end behind the last. An empty folder is none.
fn list(entries: &[(&str, bool)]) -> Option<String> {
    let present: Vec<&str> = entries
        .iter()
        .filter_map(|(name, present)| present.then_some(*name))
        .collect();
    (!present.is_empty()).then(|| present.join("\n"))
}
