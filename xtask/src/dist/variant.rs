use std::fmt;
use std::str::FromStr;

use crate::toolchain::Recipe;

/// One of the binaries that we hand out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Variant {
    /// As its archive is called.
    pub(super) name: &'static str,
    pub(super) system: System,
    pub(super) machine: Machine,
    pub(super) recipe: Recipe,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum System {
    Linux,
    Darwin,
    Windows,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Machine {
    Amd64,
    Arm64,
}

impl Variant {
    /// Whether it runs on any Linux: what packages hold.
    pub(super) fn is_static(&self) -> bool {
        self.system == System::Linux && self.recipe.glibc.is_none()
    }

    /// The binary's name.
    pub(super) fn program(&self) -> &'static str {
        match self.system {
            System::Windows => "iamra.exe",
            System::Linux | System::Darwin => "iamra",
        }
    }

    const fn of(
        name: &'static str,
        system: System,
        machine: Machine,
        target: &'static str,
    ) -> Self {
        let recipe = Recipe {
            target,
            glibc: None,
            features: &[],
        };
        Self {
            name,
            system,
            machine,
            recipe,
        }
    }

    /// With what a static binary cannot do: load a library.
    const fn with_pkcs11(name: &'static str, machine: Machine, target: &'static str) -> Self {
        let mut variant = Self::of(name, System::Linux, machine, target);
        variant.recipe.glibc = Some(GLIBC);
        variant.recipe.features = &["pkcs11"];
        variant
    }
}

impl Machine {
    /// As Debian has it.
    pub(super) fn debian(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// As rpm and compilers have it.
    pub(super) fn rpm(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = ALL
            .iter()
            .find(|it| it.name == text || it.recipe.target == text);
        found.copied().ok_or_else(|| {
            let names: Vec<_> = ALL.iter().map(|it| it.name).collect();
            format!("it must be one of {}", names.join(", "))
        })
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What `dist` builds unasked.
pub(super) const DEFAULT: [&str; 4] = [
    "linux-amd64",
    "linux-arm64",
    "linux-amd64-pkcs11",
    "linux-arm64-pkcs11",
];

pub(super) const ALL: [Variant; 7] = {
    use Machine::{Amd64, Arm64};
    use System::{Darwin, Linux, Windows};
    [
        Variant::of("linux-amd64", Linux, Amd64, "x86_64-unknown-linux-musl"),
        Variant::of("linux-arm64", Linux, Arm64, "aarch64-unknown-linux-musl"),
        Variant::with_pkcs11("linux-amd64-pkcs11", Amd64, "x86_64-unknown-linux-gnu"),
        Variant::with_pkcs11("linux-arm64-pkcs11", Arm64, "aarch64-unknown-linux-gnu"),
        Variant::of("windows-amd64", Windows, Amd64, "x86_64-pc-windows-gnu"),
        Variant::of("darwin-amd64", Darwin, Amd64, "x86_64-apple-darwin"),
        Variant::of("darwin-arm64", Darwin, Arm64, "aarch64-apple-darwin"),
    ]
};

/// What Rust's own library asks for: an older one would not do, and a newer one would
/// shut out machines whose security module has no newer driver.
const GLIBC: &str = "2.17";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_has_two_names() {
        for variant in ALL {
            assert_eq!(variant.name.parse(), Ok(variant));
            assert_eq!(variant.recipe.target.parse(), Ok(variant));
        }
        let error = "linux-mips".parse::<Variant>().unwrap_err();
        assert!(error.contains("linux-amd64-pkcs11"), "{error}");
        assert!(DEFAULT.iter().all(|name| name.parse::<Variant>().is_ok()));
    }

    #[test]
    fn only_a_static_binary_is_packaged() {
        let packaged = ALL.iter().filter(|it| it.is_static());
        let names: Vec<_> = packaged.map(|it| it.name).collect();
        assert_eq!(names, ["linux-amd64", "linux-arm64"]);
    }
}
