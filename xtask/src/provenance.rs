use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::Failure;
use crate::failure::Result;
use crate::image::About;
use crate::signature::Statement;
use crate::toolchain;
use crate::workspace;

/// How something was built: of which commit, with which tools.
///
/// It says only what is the same for everybody who builds that commit in that way: no
/// time of the clock, no machine. docs/provenance.md says what each part means.
///
/// [SLSA provenance v1](https://slsa.dev/spec/v1.0/provenance)
pub(crate) fn of(built: &Built) -> Result<Statement> {
    with(built, Vec::new())
}

/// The same, where more than the sources and the tools went into it.
pub(crate) fn with(built: &Built, more: Vec<Value>) -> Result<Statement> {
    let about = About::of_commit()?;
    let mut dependencies = dependencies(&about)?;
    dependencies.extend(more);
    Ok(Statement {
        predicate_type: "https://slsa.dev/provenance/v1",
        predicate: built.predicate(&about, &dependencies),
    })
}

/// What was built, and by whom.
#[derive(Debug)]
pub(crate) struct Built {
    /// The command of xtask: `image`, `dist`.
    pub(crate) command: &'static str,
    /// What it was given, where that changes what comes out.
    pub(crate) parameters: Value,
    /// Who ran it: a hosted workflow names itself.
    pub(crate) builder: Option<String>,
}

impl Built {
    fn predicate(&self, about: &About, dependencies: &[Value]) -> Value {
        let builder = self.builder.clone();
        let builder = builder.unwrap_or_else(|| format!("{PAGE}#by-hand"));
        json!({
            "buildDefinition": {
                "buildType": format!("{PAGE}#{}-v1", self.command),
                "externalParameters": {
                    "source": source(about),
                    "command": format!("cargo xtask {}", self.command),
                    "parameters": self.parameters(std::env::var("SOURCE_DATE_EPOCH").ok()),
                },
                "resolvedDependencies": dependencies,
            },
            "runDetails": { "builder": { "id": builder } },
        })
    }

    /// A time that is not the commit's changes what comes out, too.
    fn parameters(&self, time: Option<String>) -> Value {
        let mut parameters = self.parameters.clone();
        if let Some(time) = time {
            parameters["SOURCE_DATE_EPOCH"] = time.into();
        }
        parameters
    }
}

fn source(about: &About) -> Value {
    json!({
        "uri": format!("git+{}@{}", env!("CARGO_PKG_REPOSITORY"), about.revision),
        "digest": { "gitCommit": about.revision },
    })
}

/// The sources, and every tool that has a part in the bits.
fn dependencies(about: &About) -> Result<Vec<Value>> {
    let lock = workspace::root().join("Cargo.lock");
    let lock = std::fs::read(&lock).map_err(|error| Failure::file(&lock, &error))?;
    let lock = hex::encode(Sha256::digest(lock));
    let compiler = compiler(&toolchain::compiler()?)?;
    let mut dependencies = vec![
        source(about),
        json!({ "name": "Cargo.lock", "digest": { "sha256": lock } }),
        compiler,
    ];
    let wheels = toolchain::packages();
    dependencies.extend(wheels.map(
        |(name, version)| json!({ "name": name, "uri": format!("pkg:pypi/{name}@{version}") }),
    ));
    Ok(dependencies)
}

/// Of what `rustc --version --verbose` says.
fn compiler(text: &str) -> Result<Value> {
    let field = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        value
            .map(str::trim)
            .ok_or_else(|| Failure::new(format!("rustc does not say its {name}")))
    };
    let version = field("release:")?;
    Ok(json!({
        "name": "rustc",
        "uri": format!("pkg:generic/rustc@{version}"),
        "digest": { "gitCommit": field("commit-hash:")? },
    }))
}

const PAGE: &str = concat!(
    env!("CARGO_PKG_REPOSITORY"),
    "/blob/main/docs/provenance.md"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_the_commit_the_tools_and_who_built() {
        let built = |builder: Option<&str>| Built {
            command: "image",
            parameters: json!({ "platform": ["linux/amd64"] }),
            builder: builder.map(str::to_owned),
        };
        let statement = of(&built(None)).unwrap();
        let definition = &statement.predicate["buildDefinition"];
        assert!(
            definition["buildType"]
                .as_str()
                .unwrap()
                .ends_with("provenance.md#image-v1")
        );
        let commit = About::of_commit().unwrap().revision;
        assert_eq!(
            definition["externalParameters"]["source"]["digest"]["gitCommit"],
            commit
        );
        let names: Vec<_> = definition["resolvedDependencies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["name"].as_str().unwrap_or("the sources"))
            .collect();
        assert_eq!(
            names,
            [
                "the sources",
                "Cargo.lock",
                "rustc",
                "cargo-zigbuild",
                "ziglang"
            ]
        );
        assert_eq!(of(&built(None)).unwrap().predicate, statement.predicate);
        let hosted = of(&built(Some("https://ci.example/workflow")))
            .unwrap()
            .predicate;
        assert_eq!(
            hosted["runDetails"]["builder"]["id"],
            "https://ci.example/workflow"
        );
    }

    #[test]
    fn a_time_of_its_own_and_what_went_into_it_are_said() {
        let built = Built {
            command: "image",
            parameters: json!({ "platform": [] }),
            builder: None,
        };
        let epoch = built.parameters(Some("1".to_owned()));
        assert_eq!(epoch["SOURCE_DATE_EPOCH"], "1");
        assert_eq!(built.parameters(None), built.parameters);
        let base = json!({ "name": "base" });
        let with = with(&built, vec![base.clone()]).unwrap().predicate;
        let dependencies = &with["buildDefinition"]["resolvedDependencies"];
        assert_eq!(dependencies.as_array().unwrap().last(), Some(&base));
    }

    #[test]
    fn the_compiler_is_named_by_its_commit() {
        let compiler = compiler("rustc 1.95.0 (x)\ncommit-hash: abc\nrelease: 1.95.0\n").unwrap();
        assert_eq!(compiler["uri"], "pkg:generic/rustc@1.95.0");
        assert_eq!(compiler["digest"]["gitCommit"], "abc");
        assert!(super::compiler("nothing").is_err());
    }
}
