use futures_util::StreamExt as _;
use indicatif::DecimalBytes;
use oci_spec::image::Descriptor;

use super::merge::Way;
use super::progress::{Progress, short};
use super::retry::retried;
use super::{Entry, Fault, Store, Tree, referrers, tag};

/// Entries that go from one place to another, unchanged, with all that is below them.
pub(crate) struct Copy<'a> {
    pub(crate) from: &'a Store,
    pub(crate) to: &'a Store,
    pub(crate) entries: Vec<Entry>,
    /// Whether a tag that is there may come to mean something else.
    pub(crate) clobber: bool,
}

impl Copy<'_> {
    /// Sends what is missing: blobs, then manifests from below, then tags.
    ///
    /// Whoever cuts it off at any moment leaves no tag behind that leads to a part, and
    /// who repeats it sends the rest.
    pub(crate) async fn run(mut self) -> Result<(), Fault> {
        // A signature is there before the tag of what it is of.
        self.entries.sort_by_key(|entry| !entry.is_about_another());
        self.check_names()?;
        if !self.clobber {
            self.check_tags().await?;
        }
        let tree = self.tree().await?;
        let (mut blobs, mut bytes) = (0, 0);
        for blob in &tree.blobs {
            if self.send_blob(blob).await? {
                blobs += 1;
                bytes += blob.size();
            }
        }
        let mut manifests = 0;
        for (descriptor, contents) in &tree.manifests {
            if !retried(|| self.to.has_manifest(descriptor)).await? {
                retried(|| self.to.put_manifest(descriptor, contents)).await?;
                manifests += 1;
            }
        }
        println!(
            "{}: sent {blobs} of {} blobs ({}), {manifests} of {} manifests",
            self.to,
            tree.blobs.len(),
            DecimalBytes(bytes),
            tree.manifests.len(),
        );
        referrers::file(self.to, &tree).await?;
        for entry in &self.entries {
            self.name(entry, &tree).await?;
        }
        Ok(())
    }

    /// All that goes; lists that others have added to are those of both.
    async fn tree(&mut self) -> Result<Tree, Fault> {
        let (mut entries, mut merged) = (Vec::new(), Vec::new());
        for entry in std::mem::take(&mut self.entries) {
            match Way::of(&entry, self.from, self.to).await? {
                Way::AsItIs => entries.push(entry),
                Way::IsThere => {}
                Way::Merged(it) => merged.push(it),
            }
        }
        let roots: Vec<_> = entries.iter().map(|it| it.descriptor.clone()).collect();
        let mut tree = Tree::read(self.from, &roots).await?;
        for it in merged {
            self.entries.push(it.join(&mut tree, self.to).await?);
        }
        self.entries.extend(entries);
        Ok(tree)
    }

    /// A layout of others may name its images as it likes; a registry takes tags.
    fn check_names(&self) -> Result<(), Fault> {
        let mut names = self
            .entries
            .iter()
            .filter_map(|entry| entry.name.as_deref());
        let Some(name) = names.find(|name| tag(name).is_err()) else {
            return Ok(());
        };
        Err(Fault::new(format!(
            "{} names {name}, which is no tag",
            self.from
        )))
    }

    /// Before anything is sent.
    async fn check_tags(&self) -> Result<(), Fault> {
        // What is about another has everybody's in it, and ours are added.
        let images = self.entries.iter().filter(|it| !it.is_about_another());
        for entry in images {
            let Some(tag) = &entry.name else { continue };
            let digest = entry.descriptor.digest().to_string();
            let there = retried(|| self.to.digest_of(tag)).await?;
            if let Some(there) = there.filter(|there| *there != digest) {
                return Err(Fault::new(format!(
                    "{}: the tag {tag} is there and names {there}, not {digest}; nothing was \
                     sent: choose another --tag, or leave out --no-clobber",
                    self.to
                )));
            }
        }
        Ok(())
    }

    /// Whether it had to be.
    async fn send_blob(&self, blob: &Descriptor) -> Result<bool, Fault> {
        if retried(|| self.to.has_blob(blob)).await? {
            return Ok(false);
        }
        let progress = Progress::of(blob);
        retried(|| async {
            progress.again();
            let body = self.from.blob(blob).await?;
            let seen = progress.clone();
            let body = body.inspect(move |part| {
                seen.passed(part.as_ref().map(bytes::Bytes::len).unwrap_or_default());
            });
            self.to.put_blob(blob, body.boxed(), &progress).await
        })
        .await?;
        progress.sent();
        Ok(true)
    }

    async fn name(&self, entry: &Entry, tree: &Tree) -> Result<(), Fault> {
        let digest = entry.descriptor.digest().to_string();
        let name = entry.name.as_deref().unwrap_or(&digest);
        if retried(|| self.to.digest_of(name)).await?.as_ref() != Some(&digest) {
            let contents = tree.contents(&entry.descriptor);
            let contents = contents.ok_or_else(|| Fault::new(format!("{digest} was not read")))?;
            retried(|| self.to.name(entry, contents)).await?;
        }
        // What counts is what others are told.
        let told = retried(|| self.to.digest_of(name)).await?;
        if told.as_ref() != Some(&digest) {
            let told = told.as_deref().unwrap_or("nothing");
            return Err(Fault::new(format!(
                "{}: {name} names {told}, not {digest}",
                self.to
            )));
        }
        let separator = if entry.name.is_some() { ":" } else { "@" };
        println!("{}{separator}{name}  {}", self.to, short(&digest));
        Ok(())
    }
}
