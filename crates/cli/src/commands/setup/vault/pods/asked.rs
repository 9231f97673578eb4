use pod_identity::{ClusterName, ServiceAccount};

use super::{Broker, Pods};
use crate::commands::setup::host_name::is_host_name;
use crate::commands::setup::pods::{are_meant, cluster, common_name};
use crate::commands::setup::vault::login::Audience;
use crate::failure::Failure;
use crate::resolved::{Origin, Resolved};

impl Pods {
    /// Those of the settings, if `--pods` is among them.
    pub(in crate::commands::setup::vault) fn asked_for(
        settings: &Resolved<'_>,
    ) -> Result<Option<Self>, Failure> {
        if !are_meant(settings, &["brokers"], &FOR_WORKLOADS)? {
            return Ok(None);
        }
        if settings.switch("allow-issue")? {
            let message = "--allow-issue: with --pods, Vault makes no keys: leave it out";
            return Err(Failure::configuration("config.invalid", message));
        }
        let cluster = cluster(settings)?;
        let audience: Option<Audience> = settings.parse("pod-audience")?;
        Ok(Some(Self {
            audience: audience.unwrap_or_else(Audience::of_pods),
            auth_role: role(settings, "auth-role")?,
            pki_role: role(settings, "pki-role")?,
            broker: broker(settings, &cluster)?,
            cluster,
        }))
    }
}

/// And why not.
const FOR_WORKLOADS: [(&str, &str); 3] = [
    ("workload", "all accounts of the cluster are set up"),
    ("workload-auth", "the cluster's tokens log in"),
    ("audience", "tokens are made for --pod-audience"),
];

/// What a role is called. Variables that are there for other tools name roles of
/// other certificates, which would be written over.
fn role(settings: &Resolved<'_>, name: &'static str) -> Result<String, Failure> {
    let sourced = settings.sourced(name)?;
    let is_foreign =
        |origin: &Origin| matches!(origin, Origin::Variable(name) if !name.starts_with("IAMRA_"));
    match sourced.filter(|sourced| !is_foreign(&sourced.origin)) {
        None => Ok("pods".to_owned()),
        Some(role) if is_host_name(&role.value, LONGEST_ROLE) => Ok(role.value),
        Some(role) => Err(role
            .origin
            .invalid("it must be lower-case letters, digits, `-` and `.`")),
    }
}

const LONGEST_ROLE: usize = 64;

fn broker(settings: &Resolved<'_>, cluster: &ClusterName) -> Result<Option<Broker>, Failure> {
    let named: Option<ServiceAccount> = settings.parse("broker-account")?;
    if !settings.switch("brokers")? {
        let origin = settings
            .sourced("broker-account")?
            .map(|named| named.origin);
        return match origin {
            Some(flag @ Origin::Flag(_)) => Err(flag.invalid("it is for --brokers: leave it out")),
            _ => Ok(None),
        };
    }
    let account = match named {
        Some(account) => account,
        None => ServiceAccount::new("iamra-system", "iamra-broker")
            .map_err(|error| Failure::configuration("config.invalid", error.to_string()))?,
    };
    Ok(Some(Broker {
        common_name: common_name(&account, cluster)?,
        account,
    }))
}
