use super::{
    DATA, SetFile,
    snapshot::{Kind, Snapshot},
    step::Step,
};

/// What the folder of a generation is called, before its random part.
pub(crate) const GENERATION: &str = "..generation-";

/// A fresh name for a generation. It need not be hard to guess: making the
/// folder fails where something has the name.
pub(crate) fn generation() -> String {
    let random: String = std::iter::repeat_with(fastrand::alphanumeric)
        .take(10)
        .collect();
    format!("{GENERATION}{random}")
}

/// The steps from `found` to `files` through one rename of `..data`.
///
/// What a reader of the plain names sees changes in that step alone; the steps
/// before it put links in the place of plain files without changing what is
/// seen, those after it clean up. `names` are fresh generations: for the
/// contents of plain files found, and for the new set.
pub(crate) fn by_links<'a>(
    found: &'a Snapshot,
    files: &'a [SetFile<'a>],
    names: [String; 2],
) -> Vec<Step<'a>> {
    let [adopted, new] = names;
    let mut steps = Vec::new();
    let has_plain = found.entries.iter().any(|entry| entry.kind == Kind::Plain);
    let previous = if has_plain {
        adopt(found, &adopted, &mut steps);
        Some(adopted)
    } else {
        found.current.clone()
    };
    make(
        &new,
        files
            .iter()
            .filter_map(|file| Some((file.name, file.contents?))),
        &mut steps,
    );
    // A link that leads nowhere yet shows the same as no link: no file.
    for (file, entry) in files.iter().zip(&found.entries) {
        if file.contents.is_some() && entry.kind == Kind::Missing {
            place_link(file.name, &mut steps);
        }
    }
    point_data(&new, &mut steps);
    for file in files.iter().filter(|file| file.contents.is_none()) {
        steps.push(Step::Remove { name: file.name });
    }
    let is_old = |name: &&String| **name != new && Some(*name) != previous.as_ref();
    let old = found.generations.iter().filter(is_old);
    steps.extend(old.map(|name| Step::RemoveGeneration { name: name.clone() }));
    steps.push(Step::SyncFolder);
    steps
}

/// The steps to `files` where there are no links. What can fail for want of
/// room comes first, and changes nothing that is seen; then the last file, the
/// secret, goes, and comes back when all else is in place.
pub(crate) fn in_order<'a>(files: &'a [SetFile<'a>]) -> Vec<Step<'a>> {
    let Some((secret, others)) = files.split_last() else {
        return Vec::new();
    };
    let stage = |file: &SetFile<'a>| {
        Some(Step::StageFile {
            name: file.name,
            contents: file.contents?,
        })
    };
    let place = |file: &SetFile<'a>| match file.contents {
        Some(_) => Step::PlaceFile { name: file.name },
        None => Step::Remove { name: file.name },
    };
    let mut steps: Vec<Step<'a>> = files.iter().filter_map(stage).collect();
    steps.extend([Step::Remove { name: secret.name }, Step::SyncFolder]);
    steps.extend(others.iter().map(place));
    // Else a power cut could leave the new key beside an old certificate.
    steps.extend([Step::SyncFolder, place(secret), Step::SyncFolder]);
    steps
}

/// Makes what is shown now a generation, then each plain file a link into it.
fn adopt<'a>(found: &'a Snapshot, generation: &str, steps: &mut Vec<Step<'a>>) {
    let shown = found.entries.iter().filter_map(|entry| {
        Some((
            entry.name.as_str(),
            entry.shown.as_ref()?.contents.as_slice(),
        ))
    });
    make(generation, shown, steps);
    point_data(generation, steps);
    for entry in found
        .entries
        .iter()
        .filter(|entry| entry.kind == Kind::Plain)
    {
        place_link(&entry.name, steps);
    }
    steps.push(Step::SyncFolder);
}

fn make<'a>(
    generation: &str,
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
    steps: &mut Vec<Step<'a>>,
) {
    let name = generation.to_owned();
    steps.push(Step::MakeGeneration { name: name.clone() });
    steps.push(Step::OpenGeneration { name });
    steps.extend(files.map(|(name, contents)| Step::Write {
        generation: generation.to_owned(),
        name,
        contents,
    }));
    steps.push(Step::SealGeneration {
        name: generation.to_owned(),
    });
}

fn point_data(generation: &str, steps: &mut Vec<Step<'_>>) {
    steps.push(Step::StageLink {
        target: generation.to_owned(),
    });
    steps.push(Step::PlaceLink {
        name: DATA.to_owned(),
    });
    steps.push(Step::SyncFolder);
}

fn place_link(name: &str, steps: &mut Vec<Step<'_>>) {
    steps.push(Step::StageLink {
        target: format!("{DATA}/{name}"),
    });
    steps.push(Step::PlaceLink {
        name: name.to_owned(),
    });
}
