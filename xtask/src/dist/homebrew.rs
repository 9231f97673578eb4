use super::artifacts::Artifact;
use super::variant::{ALL, Machine, System, Variant};

/// The formula for a tap, with the archives that were made; `None` where Homebrew has
/// use for none of them.
///
/// [Formula Cookbook](https://docs.brew.sh/Formula-Cookbook)
pub(super) fn formula(version: &str, artifacts: &[Artifact]) -> Option<String> {
    let systems = [(System::Darwin, "macos"), (System::Linux, "linux")];
    let systems = systems.map(|(system, name)| (name, archives(system, version, artifacts)));
    let mut blocks = String::new();
    for (name, archives) in &systems {
        if !archives.is_empty() {
            blocks += &format!("\n  on_{name} do\n{archives}  end\n");
        }
    }
    if blocks.is_empty() {
        return None;
    }
    // Without an archive for a Mac, Homebrew says so itself.
    let only_linux = systems[0].1.is_empty();
    let only_linux = if only_linux {
        "\n  depends_on :linux\n"
    } else {
        ""
    };
    // Said, because the names end in figures, too.
    let version = format!("  version \"{version}\"\n");
    Some(format!("{HEAD}{version}{only_linux}{blocks}\n{TAIL}"))
}

fn archives(system: System, version: &str, artifacts: &[Artifact]) -> String {
    let plain = |it: &&Variant| it.system == system && it.recipe.features.is_empty();
    let mut text = String::new();
    for variant in ALL.iter().filter(plain) {
        let name = format!("iamra-{version}-{variant}.tar.gz");
        let Some(artifact) = artifacts.iter().find(|it| it.name == name) else {
            continue;
        };
        let machine = match variant.machine {
            Machine::Amd64 => "intel",
            Machine::Arm64 => "arm",
        };
        let (url, sum) = (url(version, &name), &artifact.sum);
        text +=
            &format!("    on_{machine} do\n      url \"{url}\"\n      sha256 \"{sum}\"\n    end\n");
    }
    text
}

/// Where a release's files are.
fn url(version: &str, name: &str) -> String {
    let repository = env!("CARGO_PKG_REPOSITORY");
    format!("{repository}/releases/download/v{version}/{name}")
}

const HEAD: &str = concat!(
    "class Iamra < Formula\n  desc \"Vault certificates into AWS credentials\"\n  homepage \"",
    env!("CARGO_PKG_REPOSITORY"),
    "\"\n  license any_of: [\"MIT\", \"Apache-2.0\"]\n"
);

const TAIL: &str = r##"  def install
    bin.install "iamra"
    # The names that are ours alone; iamra answers to others, too.
    %w[docker-credential-iamra iamra-credential-provider].each do |name|
      bin.install_symlink "iamra" => name
    end
    bash_completion.install "completions/iamra.bash" => "iamra"
    fish_completion.install "completions/iamra.fish"
    zsh_completion.install "completions/_iamra"
    man1.install Dir["man/man1/*.1"]
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/iamra --version")
  end
end
"##;

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(name: &str) -> Artifact {
        Artifact {
            name: name.to_owned(),
            size: 1,
            sum: format!("sum of {name}"),
        }
    }

    #[test]
    fn it_names_the_archives_that_were_made() {
        let linux = ["amd64", "arm64", "amd64-pkcs11"];
        let linux = linux.map(|it| artifact(&format!("iamra-1.2.3-linux-{it}.tar.gz")));
        let text = formula("1.2.3", &linux).unwrap();
        assert!(text.contains("\n  depends_on :linux\n") && !text.contains("on_macos"));
        assert_eq!(
            text.matches("sha256 \"sum of iamra-1.2.3-linux-").count(),
            2
        );
        assert!(text.contains("/releases/download/v1.2.3/iamra-1.2.3-linux-arm64.tar.gz\""));
        assert!(!text.contains("pkcs11"));
        let darwin = [artifact("iamra-1.2.3-darwin-arm64.tar.gz")];
        let text = formula("1.2.3", &darwin).unwrap();
        assert!(text.contains("on_macos do\n    on_arm do") && !text.contains(":linux"));
        assert_eq!(formula("1.2.3", &[artifact("iamra.zip")]), None);
    }
}
