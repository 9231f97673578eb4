use std::fmt;
use std::str::FromStr;

use crate::InvalidSetting;

/// The kind of key that a certificate is asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeyType {
    /// P-256, or whatever else the role says that it wants.
    #[default]
    Auto,
    /// Elliptic curve P-256.
    EcP256,
    /// Elliptic curve P-384.
    EcP384,
    /// RSA, 2048 bits.
    Rsa2048,
    /// RSA, 3072 bits.
    Rsa3072,
    /// RSA, 4096 bits.
    Rsa4096,
}

impl KeyType {
    /// The kind to try next, where a role refused this one with `demand`.
    ///
    /// Each step goes to a kind that was not tried yet, so that it ends.
    pub(crate) fn next(self, demand: &KeyDemand) -> Option<Self> {
        match (self, demand) {
            (Self::Auto | Self::EcP256 | Self::EcP384, KeyDemand::Rsa) => Some(Self::Rsa2048),
            (_, KeyDemand::Bits(bits)) => NAMES
                .iter()
                .map(|(key_type, _)| *key_type)
                .find(|next| next.bits() >= *bits && next.is_rsa() == self.is_rsa())
                .filter(|next| next.bits() > self.bits()),
            _ => None,
        }
    }

    /// As Vault's parameter `key_type`; absent where the role decides.
    pub(crate) fn vault_name(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::EcP256 | Self::EcP384 => Some("ec"),
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => Some("rsa"),
        }
    }

    /// The length of the key; that of [`KeyType::Auto`]'s first try.
    pub(crate) fn bits(self) -> u32 {
        match self {
            Self::Auto | Self::EcP256 => 256,
            Self::EcP384 => 384,
            Self::Rsa2048 => 2048,
            Self::Rsa3072 => 3072,
            Self::Rsa4096 => 4096,
        }
    }

    fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096)
    }
}

impl FromStr for KeyType {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NAMES
            .iter()
            .chain(&[(Self::Auto, AUTO)])
            .find(|(_, name)| *name == text)
            .map(|(key_type, _)| *key_type)
            .ok_or_else(|| {
                let names: Vec<&str> = NAMES.iter().map(|(_, name)| *name).collect();
                let reason = format!("it must be {AUTO}, {}", names.join(", "));
                InvalidSetting::new("the key type", reason)
            })
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(key_type, _)| key_type == self);
        f.write_str(name.map_or(AUTO, |(_, name)| name))
    }
}

/// What a role says about the keys that it signs.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeyDemand {
    /// Only RSA.
    Rsa,
    /// Only elliptic curves.
    Ec,
    /// Only a kind that this program does not make.
    Other(String),
    /// At least so many bits.
    Bits(u32),
}

const AUTO: &str = "auto";

/// In the order of their strength.
const NAMES: [(KeyType, &str); 5] = [
    (KeyType::EcP256, "ec-p256"),
    (KeyType::EcP384, "ec-p384"),
    (KeyType::Rsa2048, "rsa-2048"),
    (KeyType::Rsa3072, "rsa-3072"),
    (KeyType::Rsa4096, "rsa-4096"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for name in [
            "auto", "ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096",
        ] {
            assert_eq!(name.parse::<KeyType>().unwrap().to_string(), name);
        }
        let error = "ed25519".parse::<KeyType>().unwrap_err().to_string();
        assert!(error.contains("ec-p256"), "{error}");
    }

    #[test]
    fn the_role_decides_what_comes_next() {
        use KeyType::{Auto, EcP256, EcP384, Rsa2048, Rsa3072, Rsa4096};
        for (refused, demand, next) in [
            (Auto, KeyDemand::Rsa, Some(Rsa2048)),
            (EcP384, KeyDemand::Rsa, Some(Rsa2048)),
            (Rsa2048, KeyDemand::Rsa, None),
            (Auto, KeyDemand::Bits(384), Some(EcP384)),
            (EcP256, KeyDemand::Bits(384), Some(EcP384)),
            (Auto, KeyDemand::Bits(521), None),
            (Auto, KeyDemand::Bits(224), None),
            (Rsa2048, KeyDemand::Bits(3072), Some(Rsa3072)),
            (Rsa2048, KeyDemand::Bits(4096), Some(Rsa4096)),
            (Rsa4096, KeyDemand::Bits(8192), None),
            (Auto, KeyDemand::Ec, None),
            (Auto, KeyDemand::Other("ed25519".to_owned()), None),
        ] {
            assert_eq!(refused.next(&demand), next, "{refused} {demand:?}");
        }
    }
}
