use std::path::Path;

use super::{Caller, Copy, Fault, Place, Repository, Store, wait};
use crate::failure::Result;

/// Sends all that a layout names to a repository.
pub(crate) fn push(folder: &Path, to: &Repository, caller: &Caller, clobber: bool) -> Result {
    wait(pushed(folder, to, caller, clobber))
}

async fn pushed(
    folder: &Path,
    to: &Repository,
    caller: &Caller,
    clobber: bool,
) -> std::result::Result<(), Fault> {
    let layout = Place::Folder {
        path: folder.to_owned(),
        tag: None,
    };
    let from = Store::source(&layout, caller).await?;
    let Store::Folder(layout) = &from else {
        return Ok(());
    };
    let entries = layout.entries()?;
    let to = Store::target(&Place::Registry(to.clone()), caller).await?;
    let copy = Copy {
        from: &from,
        to: &to,
        entries,
        clobber,
    };
    copy.run().await
}
