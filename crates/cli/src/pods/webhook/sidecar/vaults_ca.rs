use std::convert::Infallible;

use refresh::Clock;

use crate::context::Context;
use crate::failure::Failure;
use crate::pods::watched::Watched;

/// Whom the sidecar's command believes to be Vault: a private CA, which may be
/// followed by another one.
pub(super) enum VaultsCa {
    /// Nobody has said: as the system's roots have it.
    Usual,
    Said(String),
    File(Watched<String>),
}

impl VaultsCa {
    /// From the settings.
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let names = ["vault-cacert", "vault-cacert-bytes"];
        match context.settings.strongest(&names)? {
            None => Ok(Self::Usual),
            Some(("vault-cacert", _)) => {
                let file = context.settings.path("vault-cacert")?;
                let watched = Watched::new(file, "certificates of Vault's CA", pem)?;
                Ok(Self::File(watched))
            }
            Some((_, said)) => Ok(Self::Said(said.value)),
        }
    }

    /// Its certificates, as PEM.
    pub(super) fn pem(&self) -> Option<String> {
        match self {
            Self::Usual => None,
            Self::Said(pem) => Some(pem.clone()),
            Self::File(file) => Some(file.current().to_string()),
        }
    }

    /// Reads the file again and again, for as long as this is awaited.
    pub(super) async fn keep(&self, clock: &dyn Clock) -> Infallible {
        match self {
            Self::Usual | Self::Said(_) => std::future::pending().await,
            Self::File(file) => file.keep(clock).await,
        }
    }
}

fn pem(document: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(document).ok();
    let text = text.filter(|text| text.contains("-----BEGIN CERTIFICATE-----"));
    text.map(str::to_owned)
        .ok_or_else(|| "it is not PEM".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use private_file::{Options, Target};
    use refresh::ManualClock;

    use super::*;

    const BEGIN: &str = "-----BEGIN CERTIFICATE-----\n";

    #[tokio::test]
    async fn another_ca_is_that_of_the_pods_from_then_on() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let target = Target::new(&file, Options::new());
        let write = |text: &str| target.replace(text.as_bytes()).unwrap();
        let [old, new] = ["old", "new"].map(|text| format!("{BEGIN}{text}"));
        write(&old);
        let watched = Watched::new(Some(file.clone()), "CA", pem).unwrap();
        let ca = VaultsCa::File(watched);
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
        let until = async |expected: &str| {
            while ca.pem().as_deref() != Some(expected) {
                clock.advance(Duration::from_secs(10));
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let told = async {
            write(&new);
            until(&new).await;
            // One that is none changes nothing.
            write("soon");
            clock.advance(Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert_eq!(ca.pem().as_deref(), Some(&*new));
            write(&old);
            until(&old).await;
        };
        tokio::select! {
            () = told => {}
            never = ca.keep(&clock) => match never {},
            () = tokio::time::sleep(Duration::from_secs(30)) => panic!("it was not read again"),
        }
    }
}
