use cyclonedx_bom::external_models::spdx::SpdxExpression;
use cyclonedx_bom::models::bom::{Bom, SpecVersion, UrnUuid};
use cyclonedx_bom::models::component::{Classification, Component, Components, Scope};
use cyclonedx_bom::models::dependency::{Dependencies, Dependency};
use cyclonedx_bom::models::hash::{Hash, HashAlgorithm, HashValue, Hashes};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::models::metadata::Metadata;
use cyclonedx_bom::models::property::{Properties, Property};
use cyclonedx_bom::prelude::{DateTime, Purl, Validate as _};
use sha2::{Digest as _, Sha256};

use crate::Failure;
use crate::failure::Result;
use crate::image::About;
use crate::toolchain;

mod resolved;

use resolved::{Crate, Id, Resolved};

/// What the binary for this target is made of, with these features beside the default
/// ones: a `CycloneDX` document, as JSON.
///
/// One commit gives one document: its time is the commit's, and its serial number is made
/// of what it says.
///
/// [CycloneDX 1.5](https://cyclonedx.org/docs/1.5/json/)
pub(crate) fn of(target: &str, features: &[String]) -> Result<Vec<u8>> {
    let about = About::of_commit()?;
    let resolved = Resolved::of("iamra", target, features)?;
    document(&resolved, &toolchain::runtime(target), &about)
}

/// Name, version and licence of what no crate is.
type Runtime = [(&'static str, &'static str, &'static str)];

fn document(resolved: &Resolved, runtime: &Runtime, about: &About) -> Result<Vec<u8>> {
    let mut components = components(resolved)?;
    for part in runtime {
        components.push(part_of_runtime(*part)?);
    }
    let mut bom = Bom {
        serial_number: None,
        metadata: Some(metadata(resolved, about)?),
        components: Some(Components(components)),
        dependencies: Some(Dependencies(dependencies(resolved, runtime)?)),
        ..Bom::default()
    };
    bom.serial_number = Some(serial_number(&json(bom.clone())?)?);
    if !bom.validate_version(SPEC).passed() {
        return Err(Failure::new("the SBOM is not what CycloneDX asks for"));
    }
    json(bom)
}

fn json(bom: Bom) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let written = bom.output_as_json(&mut text, SPEC);
    written.map_err(|error| unmade("JSON", &error))?;
    Ok(text)
}

/// A UUID by the SHA-256 of what it is for.
///
/// [RFC 9562 §5.8](https://www.rfc-editor.org/rfc/rfc9562#section-5.8)
fn serial_number(contents: &[u8]) -> Result<UrnUuid> {
    let mut bytes: [u8; 16] = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(contents)[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = hex::encode(bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
    UrnUuid::new(format!("urn:uuid:{}", parts.join("-")))
        .map_err(|error| Failure::new(format!("the SBOM's serial number: {error:?}")))
}

fn metadata(resolved: &Resolved, about: &About) -> Result<Metadata> {
    let mut ours = component(&resolved.root, resolved.root_crate()?)?;
    ours.component_type = Classification::Application;
    ours.scope = None;
    let time = DateTime::try_from(about.created());
    let mut properties = vec![
        Property::new("cdx:rustc:sbom:target:triple", &resolved.target),
        Property::new("iamra:revision", &about.revision),
    ];
    let features = resolved.features.iter();
    properties.extend(features.map(|feature| Property::new("iamra:feature", feature)));
    Ok(Metadata {
        timestamp: Some(time.map_err(|error| unmade("time", &error))?),
        component: Some(ours),
        properties: Some(Properties(properties)),
        ..Metadata::default()
    })
}

fn components(resolved: &Resolved) -> Result<Vec<Component>> {
    let others = resolved.crates.iter();
    let others = others.filter(|(id, _)| **id != resolved.root);
    others.map(|(id, of)| component(id, of)).collect()
}

fn component(id: &Id, of: &Crate) -> Result<Component> {
    let purl = purl(id)?;
    let reference = Some(purl.to_string());
    let mut made = Component::new(Classification::Library, &id.name, &id.version, reference);
    made.purl = Some(purl);
    made.scope = Some(Scope::Required);
    made.licenses = licenses(id, &of.license)?;
    made.hashes = of.checksum.as_ref().map(|checksum| {
        Hashes(vec![Hash {
            alg: HashAlgorithm::SHA_256,
            content: HashValue(checksum.clone()),
        }])
    });
    Ok(made)
}

fn part_of_runtime((name, version, license): (&'static str, &str, &str)) -> Result<Component> {
    let purl = purl_of_part(name, version)?;
    let reference = Some(purl.to_string());
    let mut made = Component::new(Classification::Library, name, version, reference);
    made.purl = Some(purl);
    made.scope = Some(Scope::Required);
    let license = SpdxExpression::new(license);
    made.licenses = Some(Licenses(vec![LicenseChoice::Expression(license)]));
    Ok(made)
}

/// Some still write `MIT/Apache-2.0`, where SPDX wants `OR`.
fn licenses(id: &Id, text: &str) -> Result<Option<Licenses>> {
    if text.is_empty() {
        return Ok(None);
    }
    let expression = SpdxExpression::parse_lax(text.to_owned());
    let expression = expression.map_err(|error| unmade(&format!("licence of {id}"), &error))?;
    Ok(Some(Licenses(vec![LicenseChoice::Expression(expression)])))
}

fn dependencies(resolved: &Resolved, runtime: &Runtime) -> Result<Vec<Dependency>> {
    let crates = resolved.crates.iter();
    let dependencies = crates.map(|(id, of)| {
        let named = of.dependencies.iter().map(|id| Ok(purl(id)?.to_string()));
        let mut named = named.collect::<Result<Vec<_>>>()?;
        if *id == resolved.root {
            for (name, version, _) in runtime {
                named.push(purl_of_part(name, version)?.to_string());
            }
        }
        Ok(Dependency {
            dependency_ref: purl(id)?.to_string(),
            dependencies: named,
        })
    });
    dependencies.collect()
}

/// It names the crate in the document, too: cargo's own names hold folders of this
/// machine.
fn purl(id: &Id) -> Result<Purl> {
    let purl = Purl::new("cargo", &id.name, &id.version);
    purl.map_err(|error| unmade(&format!("purl of {id}"), &error))
}

fn purl_of_part(name: &str, version: &str) -> Result<Purl> {
    let purl = Purl::new("generic", name, version);
    purl.map_err(|error| unmade(&format!("purl of {name}"), &error))
}

fn unmade(part: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("the SBOM's {part}: {error}"))
}

/// The newest that `cyclonedx-bom` writes.
const SPEC: SpecVersion = SpecVersion::V1_5;

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn about() -> About {
        About {
            time: 1_800_000_000,
            revision: "abc".to_owned(),
            version: "1.2.3",
        }
    }

    const MUSL: [(&str, &str, &str); 1] = [("musl", "1.2.5", "MIT")];

    /// Of the tree and the lock file of a small program.
    fn small() -> Resolved {
        let tree = "0iamra v1.2.3 (/somewhere/crates/cli)|MIT OR Apache-2.0\n\
                    1inner v1.2.3 (/somewhere/crates/inner)|MIT OR Apache-2.0\n\
                    2slab v0.4.12|MIT/Apache-2.0\n\
                    1slab v0.4.12|MIT/Apache-2.0\n";
        let lock = "[[package]]\nname = \"slab\"\nversion = \"0.4.12\"\n\
                    checksum = \"0c790de23124f9ab44544d7ac05d60440adc586479ce501c1d6d7da3cd8c9cf5\"\n";
        Resolved::read(tree, lock, "x86_64-unknown-linux-musl").unwrap()
    }

    #[test]
    fn it_says_what_is_in_and_nothing_of_this_machine() {
        let text = document(&small(), &MUSL, &about()).unwrap();
        let bom: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(bom["bomFormat"], "CycloneDX");
        let ours = &bom["metadata"]["component"];
        assert_eq!(ours["purl"], "pkg:cargo/iamra@1.2.3");
        assert_eq!(bom["metadata"]["timestamp"], "2027-01-15T08:00:00Z");
        let slab = &bom["components"][1];
        assert_eq!(slab["purl"], "pkg:cargo/slab@0.4.12");
        assert_eq!(slab["licenses"][0]["expression"], "MIT OR Apache-2.0");
        let hash = slab["hashes"][0]["content"].as_str().unwrap();
        assert!(hash.starts_with("0c790de2"));
        let inner = &bom["dependencies"][1];
        assert_eq!(inner["dependsOn"][0], "pkg:cargo/slab@0.4.12");
        let musl = &bom["components"][2];
        assert_eq!(musl["purl"], "pkg:generic/musl@1.2.5");
        assert_eq!(musl["licenses"][0]["expression"], "MIT");
        let of_ours = &bom["dependencies"][0]["dependsOn"];
        assert!(of_ours.to_string().contains("pkg:generic/musl@1.2.5"));
        assert!(!String::from_utf8_lossy(&text).contains("somewhere"));
    }

    #[test]
    fn its_serial_number_is_of_what_it_says() {
        let document = |about| document(&small(), &MUSL, &about).unwrap();
        assert_eq!(document(about()), document(about()));
        let later = About {
            time: 1_800_000_001,
            ..about()
        };
        let serial = |text: Vec<u8>| {
            let bom: Value = serde_json::from_slice(&text).unwrap();
            bom["serialNumber"].as_str().unwrap().to_owned()
        };
        let first = serial(document(about()));
        assert_ne!(first, serial(document(later)));
        assert_eq!((&first[..9], &first[23..24]), ("urn:uuid:", "8"));
    }

    #[test]
    fn ours_has_no_crate_without_licence_and_no_foreign_one_without_hash() {
        let text = of("x86_64-unknown-linux-musl", &[]).unwrap();
        let bom: Value = serde_json::from_slice(&text).unwrap();
        let components = bom["components"].as_array().unwrap();
        assert!(components.len() > 100);
        let names: Vec<_> = components.iter().map(|it| &it["name"]).collect();
        for present in ["aws-lc-sys", "rust-std", "musl"] {
            assert!(names.iter().any(|name| *name == present), "{present}");
        }
        // Of the tests, of the build, and of another target.
        for absent in ["insta", "cc", "serde_derive", "cryptoki", "windows-sys"] {
            assert!(!names.iter().any(|name| *name == absent), "{absent}");
        }
        for component in components {
            let ours = component["licenses"][0]["expression"] == env!("CARGO_PKG_LICENSE")
                && component["version"] == env!("CARGO_PKG_VERSION");
            assert!(component["licenses"].is_array(), "{component}");
            let purl = component["purl"].as_str().unwrap();
            let compilers = purl.starts_with("pkg:generic/");
            assert!(
                ours || compilers || component["hashes"].is_array(),
                "{component}"
            );
        }
    }

    #[test]
    fn a_feature_brings_its_crates() {
        let text = of("x86_64-unknown-linux-gnu", &["pkcs11".to_owned()]).unwrap();
        assert!(String::from_utf8_lossy(&text).contains("pkg:cargo/cryptoki@"));
        let failure = of("x86_64-unknown-linux-gnu", &["absent".to_owned()]).unwrap_err();
        assert!(failure.to_string().contains("absent"), "{failure}");
    }

    #[test]
    #[ignore = "needs cyclonedx-python-lib: cargo xtask test --peers"]
    fn it_is_what_the_official_schema_asks_for() {
        let python = crate::peers::program("python3").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let python = |script: &str, file: &std::path::Path| {
            let mut command = std::process::Command::new(&python);
            let command = command.args(["-c", script]).arg(file);
            command.current_dir(folder.path()).output().unwrap()
        };
        let file = folder.path().join("iamra.cdx.json");
        if !python("import cyclonedx.validation.json, jsonschema", &file)
            .status
            .success()
        {
            println!("SKIPPED: cyclonedx-python-lib is not here");
            return;
        }
        let text = of("x86_64-unknown-linux-musl", &[]).unwrap();
        std::fs::write(&file, &text).unwrap();
        let output = python(VALIDATE, &file);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{}",
            error.get(..2000).unwrap_or(&error)
        );
        let text = String::from_utf8(text)
            .unwrap()
            .replacen("\"purl\"", "\"pearl\"", 1);
        std::fs::write(&file, text).unwrap();
        assert!(!python(VALIDATE, &file).status.success());
    }

    const VALIDATE: &str = "import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
text = open(sys.argv[1], encoding='utf-8').read()
error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)
sys.exit(str(error) if error else 0)";
}
