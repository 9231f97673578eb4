use std::net::SocketAddr;

use credential_server::{ContainerAccess, Doors};

use crate::context::Context;
use crate::failure::Failure;

/// Who may have what: the rules about loopback, tokens and TLS.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own"
)]
pub(crate) struct Access {
    container: bool,
    imds: bool,
    /// Nobody has said what to serve.
    is_all: bool,
    has_tls: bool,
    is_insecure: bool,
    /// A sidecar's manifest and nothing else: no token on loopback.
    pub(super) is_sidecar: bool,
}

impl Access {
    /// From the settings.
    pub(crate) fn named(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let (mut container, mut imds) = (false, false);
        for protocol in settings.list("protocol")? {
            match protocol.as_str() {
                "container" => container = true,
                "imds" => imds = true,
                _ => {
                    let message = format!("--protocol {protocol:?}: it must be container or imds");
                    return Err(Failure::configuration("config.invalid", message));
                }
            }
        }
        let is_all = !container && !imds;
        Ok(Self {
            container: container || is_all,
            imds: imds || is_all,
            is_all,
            has_tls: settings.sourced("tls-certificate")?.is_some(),
            is_insecure: settings.switch("insecure")?,
            is_sidecar: is_sidecar(context)?,
        })
    }

    /// The same for a main role of this name. The metadata service lists roles
    /// by their names: without one, there is nothing that it could show.
    pub(super) fn for_role(self, name: &str) -> Result<Self, Failure> {
        match name.is_empty() {
            true if self.imds && !self.is_all => {
                let message = "the credentials of a container endpoint come without the name of a \
                               role, which the metadata service has to show";
                Err(Failure::configuration("config.invalid", message)
                    .with_hint("serve protocol = 'container' only"))
            }
            true => Ok(Self {
                imds: false,
                ..self
            }),
            false => Ok(self),
        }
    }

    /// For a single child: its container endpoint, on loopback.
    pub(crate) fn of_child() -> Self {
        Self {
            container: true,
            imds: false,
            is_all: false,
            has_tls: false,
            is_insecure: false,
            is_sidecar: false,
        }
    }

    /// As `--insecure` has it.
    #[cfg(test)]
    pub(super) fn insecure() -> Self {
        Self {
            is_insecure: true,
            ..Self::of_child()
        }
    }

    /// Whether anything asks for a token of a file.
    pub(crate) fn wants_token(self) -> bool {
        self.container && !self.is_sidecar
    }

    pub(crate) fn serves_container(self) -> bool {
        self.container
    }

    pub(crate) fn serves_imds(self) -> bool {
        self.imds
    }

    /// What is served at an address. The metadata service gives its tokens to
    /// whoever asks: it is for this machine.
    pub(super) fn at(self, address: SocketAddr) -> Result<Doors, Failure> {
        if address.ip().to_canonical().is_loopback() {
            return Ok(Doors {
                imds: self.imds,
                container: match (self.container, self.is_sidecar) {
                    (false, _) => ContainerAccess::Closed,
                    (true, true) => ContainerAccess::Open,
                    (true, false) => ContainerAccess::WithToken,
                },
            });
        }
        if !self.has_tls && !self.is_insecure {
            let message = format!(
                "--listen {address}: beyond this machine, credentials are served with TLS only"
            );
            return Err(Failure::configuration("config.invalid", message).with_hint(
                "give --tls-certificate and --tls-key, or say --insecure if nobody can listen in",
            ));
        }
        Ok(Doors {
            imds: self.imds && self.is_insecure,
            container: if self.container {
                ContainerAccess::WithToken
            } else {
                ContainerAccess::Closed
            },
        })
    }

    /// What is served on a Unix socket, whose peers the kernel names.
    pub(super) fn on_unix_socket(self) -> Doors {
        Doors {
            imds: self.imds,
            container: if self.container {
                ContainerAccess::Open
            } else {
                ContainerAccess::Closed
            },
        }
    }
}

/// Whether all that is said comes from a sidecar's manifest.
fn is_sidecar(context: &Context<'_>) -> Result<bool, Failure> {
    use crate::resolved::Origin;
    let settings = &context.settings;
    let is_word = |name: &str| name == "LISTEN";
    let listen = settings.sourced("listen")?;
    let listen = listen
        .is_none_or(|listen| matches!(&listen.origin, Origin::Variable(name) if is_word(name)));
    let token = settings.sourced("authorization-token-file")?.is_some();
    Ok(settings.reads_sidecar() && listen && !token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_service_needs_the_name_of_a_role() {
        let named = Access {
            imds: true,
            ..Access::of_child()
        };
        let default = Access {
            is_all: true,
            ..named
        };
        assert!(named.for_role("role").unwrap().serves_imds());
        assert!(default.for_role("role").unwrap().serves_imds());
        assert!(!default.for_role("").unwrap().serves_imds());
        assert!(named.for_role("").is_err());
        assert!(Access::of_child().for_role("").is_ok());
    }

    #[test]
    fn beyond_this_machine_there_is_tls_or_an_open_word() {
        let plain = Access {
            container: true,
            imds: true,
            is_all: true,
            has_tls: false,
            is_insecure: false,
            is_sidecar: false,
        };
        let tls = Access {
            has_tls: true,
            ..plain
        };
        let insecure = Access {
            is_insecure: true,
            ..plain
        };
        let sidecar = Access {
            is_sidecar: true,
            ..plain
        };
        for (access, address, imds, container) in [
            (plain, "127.0.0.1:1", true, ContainerAccess::WithToken),
            (plain, "[::1]:1", true, ContainerAccess::WithToken),
            (
                plain,
                "[::ffff:127.0.0.1]:1",
                true,
                ContainerAccess::WithToken,
            ),
            (tls, "10.0.0.1:1", false, ContainerAccess::WithToken),
            (insecure, "0.0.0.0:1", true, ContainerAccess::WithToken),
            (sidecar, "127.0.0.1:1", true, ContainerAccess::Open),
        ] {
            let doors = access.at(address.parse().unwrap()).unwrap();
            assert_eq!(
                (doors.imds, doors.container),
                (imds, container),
                "{address}"
            );
        }
        for address in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "169.254.170.2:80"] {
            assert!(plain.at(address.parse().unwrap()).is_err(), "{address}");
            assert!(sidecar.at(address.parse().unwrap()).is_err(), "{address}");
        }
    }
}
