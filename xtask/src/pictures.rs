use std::fs;
use std::path::Path;

use pikchr::{Pikchr, PikchrFlags};

use crate::Failure;
use crate::failure::Result;
use crate::workspace::{self, files, shown};

/// Draws the pictures of the book: each text in Pikchr's language as an SVG beside a copy
/// of the text.
pub(crate) fn draw(folder: &Path) -> Result {
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    for source in files(&workspace::root().join(FOLDER))? {
        if source
            .extension()
            .is_none_or(|extension| extension != "pikchr")
        {
            continue;
        }
        let text = workspace::read(&source)?;
        let svg =
            drawn(&text).map_err(|reason| Failure::new(format!("{}: {reason}", shown(&source))))?;
        let name = source.file_name().unwrap_or_default();
        let copy = folder.join(name);
        let path = copy.with_extension("svg");
        fs::write(&path, svg).map_err(|error| Failure::file(&path, &error))?;
        fs::write(&copy, text).map_err(|error| Failure::file(&copy, &error))?;
    }
    Ok(())
}

fn drawn(text: &str) -> std::result::Result<String, String> {
    let mut flags = PikchrFlags::default();
    flags.generate_plain_errors();
    let picture = Pikchr::render(text, None, flags)?;
    let (head, body) = picture.split_once('>').ok_or("no SVG")?;
    Ok(format!("{head}>{PAPER}{}\n", body.trim_end()))
}

/// Where the pictures and their texts stand.
pub(crate) const FOLDER: &str = "docs/pictures";

/// A ground of its own, on which black lines are seen on dark pages, too; a font without
/// serifs.
const PAPER: &str = "<style>text{font-family:sans-serif;font-size:19px}</style>\
    <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#fbfbf8\"/>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_ground_and_its_words() {
        let svg = drawn("box \"Vault\"").unwrap();
        assert!(svg.starts_with("<svg"), "{svg}");
        assert!(svg.contains(PAPER) && svg.contains("Vault"), "{svg}");
    }

    #[test]
    fn what_is_no_picture_is_said() {
        assert!(drawn("box box \"").is_err());
    }
}
