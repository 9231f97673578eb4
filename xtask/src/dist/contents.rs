use super::artifacts::Artifacts;
use super::generated::Generated;
use super::licences::Licences;
use super::package::Package;
use super::variant::Variant;
use super::{archive, debian, rpm};
use crate::failure::Result;

/// What we have of one target.
pub(super) struct Contents<'a> {
    pub(super) variant: Variant,
    pub(super) binary: Vec<u8>,
    /// Of all that is in the binary.
    pub(super) licences: Licences,
    pub(super) sbom: Vec<u8>,
    pub(super) generated: &'a Generated,
}

impl Contents<'_> {
    /// Writes each of the forms in which it is handed out.
    pub(super) fn write(&self, artifacts: &mut Artifacts) -> Result {
        let (version, time) = (artifacts.about.version, artifacts.about.time);
        let (name, archive) = archive::archive(self, version, time)?;
        artifacts.add(&name, &archive)?;
        let name = format!("iamra-{version}-{}.cdx.json", self.variant);
        artifacts.add(&name, &self.sbom)?;
        if self.variant.is_static() {
            let package = Package::new(self, &artifacts.about)?;
            let (name, contents) = debian::deb(&package)?;
            artifacts.add(&name, &contents)?;
            let (name, contents) = rpm::rpm(&package)?;
            artifacts.add(&name, &contents)?;
        }
        Ok(())
    }
}
