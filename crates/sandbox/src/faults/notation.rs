use std::str::FromStr;
use std::time::Duration;

use super::{Fault, FaultEffect, FaultTarget};

/// A fault that could not be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text:?} is no fault: {part}")]
pub struct InvalidFault {
    text: String,
    part: &'static str,
}

/// Reads `TARGET=EFFECT` or `TARGET=EFFECT*TIMES`; without a number, every
/// request is disturbed.
///
/// Targets: `vault-login`, `vault-token`, `vault-pki`, `id-token`,
/// `roles-anywhere`, `sts`, `ecr`, `registry`, `imds`, `kubernetes`. Effects: `throttle`,
/// `throttle:SECONDS`, `status:CODE`, `slow:SECONDS`, `hang`, `close`, `sealed`, `expired`,
/// `skew:SECONDS`, `html:CODE`, `endless`, `redirect:URL`.
///
/// ```
/// use iamra_sandbox::{Fault, FaultEffect, FaultTarget};
///
/// let fault: Fault = "sts=status:503*2".parse()?;
/// let effect = FaultEffect::ServerError { status: 503 };
/// assert_eq!(fault, Fault::times(FaultTarget::Sts, effect, 2));
/// # Ok::<(), iamra_sandbox::InvalidFault>(())
/// ```
impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let invalid = |part| InvalidFault {
            text: text.to_owned(),
            part,
        };
        let (target, rest) = text
            .split_once('=')
            .ok_or_else(|| invalid("there is no ="))?;
        let target = target_of(target).ok_or_else(|| invalid("unknown target"))?;
        let (effect, times) = match rest.rsplit_once('*') {
            Some((effect, times)) => {
                let times = times
                    .parse()
                    .map_err(|_| invalid("not a number of times"))?;
                (effect, Some(times))
            }
            None => (rest, None),
        };
        let effect = effect_of(effect).ok_or_else(|| invalid("unknown effect"))?;
        Ok(Self {
            target,
            effect,
            times,
        })
    }
}

fn target_of(name: &str) -> Option<FaultTarget> {
    match name {
        "vault-login" => Some(FaultTarget::VaultLogin),
        "vault-token" => Some(FaultTarget::VaultToken),
        "id-token" => Some(FaultTarget::IdToken),
        "vault-pki" => Some(FaultTarget::VaultPki),
        "roles-anywhere" => Some(FaultTarget::RolesAnywhere),
        "sts" => Some(FaultTarget::Sts),
        "ecr" => Some(FaultTarget::Ecr),
        "registry" => Some(FaultTarget::Registry),
        "imds" => Some(FaultTarget::Imds),
        "kubernetes" => Some(FaultTarget::Kubernetes),
        _ => None,
    }
}

fn effect_of(text: &str) -> Option<FaultEffect> {
    let (name, value) = match text.split_once(':') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let seconds = |value: &str| value.parse().ok().map(Duration::from_secs);
    let status = |value: &str| value.parse().ok().filter(|code| (100..600).contains(code));
    let effect = match (name, value) {
        ("throttle", None) => FaultEffect::Throttle { retry_after: None },
        ("throttle", Some(value)) => FaultEffect::Throttle {
            retry_after: Some(seconds(value)?),
        },
        ("status", Some(value)) => FaultEffect::ServerError {
            status: status(value)?,
        },
        ("slow", Some(value)) => FaultEffect::Slow(seconds(value)?),
        ("hang", None) => FaultEffect::Hang,
        ("close", None) => FaultEffect::Close,
        ("sealed", None) => FaultEffect::Sealed,
        ("expired", None) => FaultEffect::Expired,
        ("skew", Some(value)) => FaultEffect::ClockSkew {
            seconds: value.parse().ok()?,
        },
        ("html", Some(value)) => FaultEffect::HtmlPage {
            status: status(value)?,
        },
        ("endless", None) => FaultEffect::EndlessBody,
        ("redirect", Some(value)) => FaultEffect::Redirect {
            location: value.to_owned(),
        },
        _ => return None,
    };
    Some(effect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_effect_has_a_notation() {
        let target = FaultTarget::VaultPki;
        for (text, effect) in [
            ("throttle", FaultEffect::Throttle { retry_after: None }),
            (
                "throttle:7",
                FaultEffect::Throttle {
                    retry_after: Some(Duration::from_secs(7)),
                },
            ),
            ("status:502", FaultEffect::ServerError { status: 502 }),
            ("slow:3", FaultEffect::Slow(Duration::from_secs(3))),
            ("hang", FaultEffect::Hang),
            ("close", FaultEffect::Close),
            ("sealed", FaultEffect::Sealed),
            ("expired", FaultEffect::Expired),
            ("skew:-600", FaultEffect::ClockSkew { seconds: -600 }),
            ("html:403", FaultEffect::HtmlPage { status: 403 }),
            ("endless", FaultEffect::EndlessBody),
            (
                "redirect:http://192.0.2.1/",
                FaultEffect::Redirect {
                    location: "http://192.0.2.1/".into(),
                },
            ),
        ] {
            let always = format!("vault-pki={text}").parse();
            assert_eq!(always, Ok(Fault::always(target, effect.clone())));
            let twice = format!("vault-pki={text}*2").parse();
            assert_eq!(twice, Ok(Fault::times(target, effect, 2)));
        }
    }

    #[test]
    fn every_target_has_a_notation() {
        for (name, target) in [
            ("vault-login", FaultTarget::VaultLogin),
            ("vault-token", FaultTarget::VaultToken),
            ("vault-pki", FaultTarget::VaultPki),
            ("id-token", FaultTarget::IdToken),
            ("roles-anywhere", FaultTarget::RolesAnywhere),
            ("sts", FaultTarget::Sts),
            ("ecr", FaultTarget::Ecr),
            ("registry", FaultTarget::Registry),
            ("imds", FaultTarget::Imds),
            ("kubernetes", FaultTarget::Kubernetes),
        ] {
            let fault = format!("{name}=hang").parse();
            assert_eq!(fault, Ok(Fault::always(target, FaultEffect::Hang)));
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (text, message) in [
            ("hang", r#""hang" is no fault: there is no ="#),
            ("s3=hang", r#""s3=hang" is no fault: unknown target"#),
            ("sts=sleep", r#""sts=sleep" is no fault: unknown effect"#),
            (
                "sts=status:99",
                r#""sts=status:99" is no fault: unknown effect"#,
            ),
            ("sts=hang:1", r#""sts=hang:1" is no fault: unknown effect"#),
            (
                "sts=hang*x",
                r#""sts=hang*x" is no fault: not a number of times"#,
            ),
        ] {
            let error = text.parse::<Fault>().unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}
