use crate::failure::Result;
use crate::image::About;
use crate::signature;
use crate::tool::Tool;

/// Why what is built here is not the release whose version its files have: the commit is
/// another than the tag's, or the tree is another than the commit's.
pub(super) fn why(about: &About) -> Result<Option<String>> {
    let tags = Tool::new("git").words("tag --points-at HEAD").output()?;
    Ok(sentence(about, &tags, signature::is_changed()?))
}

fn sentence(about: &About, tags: &str, is_changed: bool) -> Option<String> {
    let About {
        revision, version, ..
    } = about;
    let tag = format!("v{version}");
    let is_tagged = tags.lines().any(|it| it == tag);
    let what = match (is_tagged, is_changed) {
        (true, false) => return None,
        (true, true) => "with changes that are not committed".to_owned(),
        (false, true) => {
            format!("with changes that are not committed, and has not the tag {tag}")
        }
        (false, false) => format!("which has not the tag {tag}"),
    };
    Some(format!(
        "NO RELEASE: the files are called {version}, and are of commit {revision}, {what}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clean_tree_at_its_tag_is_a_release() {
        let about = About {
            time: 7,
            revision: "abc".to_owned(),
            version: "1.2.3",
        };
        let said = |tags, is_changed| sentence(&about, tags, is_changed);
        assert_eq!(said("latest\nv1.2.3\n", false), None);
        for (tags, is_changed, end) in [
            ("v1.2.30\n", false, "abc, which has not the tag v1.2.3"),
            ("v1.2.3\n", true, "abc, with changes that are not committed"),
            ("", true, "committed, and has not the tag v1.2.3"),
        ] {
            let said = said(tags, is_changed).unwrap();
            assert!(said.ends_with(end), "{said}");
        }
    }
}
