use std::{io, net::IpAddr, time::Duration};

use refresh::{Fault, FaultKind};

use crate::LinkName;

/// Why the link is not as it should be.
///
/// `Display` says what is wrong at this level, with the facts; the kernel's own
/// words are the `source()`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Linux accepts no link of this name.
    #[error("{name:?} is not a name for a link: 1 to 15 bytes, without / : % and space")]
    NotALinkName {
        /// The name as it was given.
        name: String,
    },
    /// We lack `CAP_NET_ADMIN` in the network namespace.
    #[error("not permitted to {action}")]
    NotPermitted {
        /// What was attempted, such as `"make link pod-id-link0"`.
        action: String,
    },
    /// A link of another kind has the name.
    #[error("{name} is {}, not a dummy link", describe(.kind.as_deref()))]
    NameTaken {
        /// The name.
        name: LinkName,
        /// The kind of the link that has it, such as `veth`; none is a device.
        kind: Option<String>,
    },
    /// The main table has a route of the address that leads elsewhere.
    #[error("the route of {address} leads to {}, not to {name}", .link.as_deref().unwrap_or("no link"))]
    RouteElsewhere {
        /// The address.
        address: IpAddr,
        /// The link that the route leads to; none where it discards.
        link: Option<String>,
        /// The link that it should lead to.
        name: LinkName,
    },
    /// The kernel has neither dummy links nor bridges, not as modules either.
    #[error("this kernel has no dummy links (module dummy) and no bridges to make {name} of")]
    NoKindOfLink {
        /// The link that was to be made.
        name: LinkName,
    },
    /// The kernel did not answer for as long as we were willing to wait.
    #[error("cannot {action}: no answer from the kernel, waited {} s", .waited.as_secs())]
    NoAnswer {
        /// What was attempted.
        action: String,
        /// How long we waited.
        waited: Duration,
    },
    /// The kernel refused for another reason, or its answer made no sense
    /// (`InvalidData`).
    #[error("cannot {action}")]
    Kernel {
        /// What was attempted.
        action: String,
        /// The kernel's answer.
        source: io::Error,
    },
    /// Links can only be made on Linux.
    #[error("links for pods are made on Linux only")]
    OtherSystem,
}

impl Fault for Error {
    fn fault(&self) -> FaultKind {
        match self {
            Self::NoAnswer { .. } => FaultKind::Unavailable,
            Self::Kernel { .. } => FaultKind::Failed,
            _ => FaultKind::Configuration,
        }
    }
}

fn describe(kind: Option<&str>) -> String {
    kind.map_or_else(|| "a device".to_owned(), |kind| format!("a {kind} link"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_is_in_the_way() {
        let name: LinkName = "pod-id-link0".parse().unwrap();
        let address = "169.254.170.23".parse().unwrap();
        for (error, text) in [
            (
                Error::NameTaken {
                    name: name.clone(),
                    kind: Some("veth".to_owned()),
                },
                "pod-id-link0 is a veth link, not a dummy link",
            ),
            (
                Error::NameTaken {
                    name: name.clone(),
                    kind: None,
                },
                "pod-id-link0 is a device, not a dummy link",
            ),
            (
                Error::RouteElsewhere {
                    address,
                    link: Some("eth1".to_owned()),
                    name: name.clone(),
                },
                "the route of 169.254.170.23 leads to eth1, not to pod-id-link0",
            ),
            (
                Error::RouteElsewhere {
                    address,
                    link: None,
                    name,
                },
                "the route of 169.254.170.23 leads to no link, not to pod-id-link0",
            ),
        ] {
            assert_eq!(error.to_string(), text);
            assert_eq!(error.fault(), FaultKind::Configuration);
        }
    }

    #[test]
    fn only_silence_is_worth_another_try() {
        let silence = Error::NoAnswer {
            action: "list routes".to_owned(),
            waited: Duration::from_secs(5),
        };
        assert_eq!(silence.fault(), FaultKind::Unavailable);
        let refusal = Error::Kernel {
            action: "list routes".to_owned(),
            source: io::ErrorKind::InvalidData.into(),
        };
        assert_eq!(refusal.fault(), FaultKind::Failed);
    }
}
