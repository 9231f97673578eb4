use super::{
    Access, Caller, Copy, Entry, Fault, Folder, Place, Repository, Store, companions, wait,
};
use crate::failure::Result;

/// Copies an image with all its platforms, signatures and attestations, unchanged.
///
/// From a layout or a registry to a registry or a layout: every digest stays what it is,
/// so that signatures hold. Only what is missing is sent. A password on standard input
/// is for TO; for FROM there is docker's own configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A layout (./folder, all of it, or ./folder:tag), or HOST/REPOSITORY with :tag or @digest.
    from: Place,
    /// A layout, or HOST/REPOSITORY; with :tag the image gets that name there.
    to: Place,
    /// Refuse to move a tag that names something else there.
    #[arg(long)]
    no_clobber: bool,
    #[command(flatten)]
    access: Access,
}

pub(crate) fn run(args: &Args) -> Result {
    let caller = args.access.caller()?;
    wait(copied(args, &caller))
}

async fn copied(args: &Args, caller: &Caller) -> std::result::Result<(), Fault> {
    let from = Store::source(&args.from, &caller.without_password()).await?;
    let (images, companions) = asked_for(&from, &args.from).await?;
    let mut entries = renamed(images, &args.to)?;
    entries.extend(companions);
    let to = Store::target(&args.to, caller).await?;
    let copy = Copy {
        from: &from,
        to: &to,
        entries,
        clobber: !args.no_clobber,
    };
    copy.run().await
}

/// The images that are asked for, and what was said of them.
async fn asked_for(
    from: &Store,
    place: &Place,
) -> std::result::Result<(Vec<Entry>, Vec<Entry>), Fault> {
    let name = match place {
        Place::Folder { path, tag: None } => {
            let entries = Folder::open(path)?.entries()?;
            // One that is alone needs no name.
            if entries.len() == 1 {
                return Ok((entries, Vec::new()));
            }
            return Ok(entries.into_iter().partition(|it| !it.is_about_another()));
        }
        Place::Folder {
            tag: Some(name), ..
        } => name.clone(),
        Place::Registry(repository) => repository.image.clone().ok_or_else(|| {
            Fault::new(format!(
                "{repository}: say which image, by :tag or by @digest"
            ))
        })?,
    };
    let descriptor = from.find(&name).await?;
    let descriptor = descriptor.ok_or_else(|| Fault::new(format!("{from} has no {name}")))?;
    let images = vec![Entry {
        name: Some(name).filter(|name| !name.contains(':')),
        descriptor,
    }];
    let companions = companions::of(from, &images).await?;
    Ok((images, companions))
}

/// With the name that TO gives.
fn renamed(images: Vec<Entry>, to: &Place) -> std::result::Result<Vec<Entry>, Fault> {
    let (Place::Folder { tag, .. } | Place::Registry(Repository { image: tag, .. })) = to;
    let Some(tag) = tag else { return Ok(images) };
    if tag.contains(':') {
        return Err(Fault::new(
            "TO has a digest, which is that of FROM: leave it out",
        ));
    }
    let mut images = images;
    images.dedup_by_key(|entry| entry.descriptor.digest().clone());
    match &mut images[..] {
        [image] => image.name = Some(tag.clone()),
        _ => {
            return Err(Fault::new(
                "FROM is not one image, which could have the tag of TO: name one",
            ));
        }
    }
    Ok(images)
}

#[cfg(test)]
mod tests {
    use oci_spec::image::{Descriptor, MediaType};

    use super::*;

    #[test]
    fn the_tag_of_the_target_is_for_one_image() {
        let entry = |name: &str, digit: &str| Entry {
            name: Some(name.to_owned()),
            descriptor: Descriptor::new(
                MediaType::ImageIndex,
                1,
                format!("sha256:{}", digit.repeat(64))
                    .parse::<oci_spec::image::Digest>()
                    .unwrap(),
            ),
        };
        let to = |text: &str| text.parse::<Place>().unwrap();
        let twice = vec![entry("1", "a"), entry("latest", "a")];
        let kept = renamed(twice.clone(), &to("registry.example/iamra")).unwrap();
        assert_eq!(kept, twice);
        let one = renamed(twice, &to("registry.example/iamra:2")).unwrap();
        assert_eq!(one, [entry("2", "a")]);
        let two = vec![entry("1", "a"), entry("2", "b")];
        assert!(renamed(two, &to("registry.example/iamra:2")).is_err());
    }
}
