//! An open folder. What is done through it stays in it, whatever its name
//! stands for by now.

#[cfg(not(unix))]
mod by_path;
#[cfg(unix)]
mod descriptor;

#[cfg(not(unix))]
pub(crate) use by_path::Directory;
#[cfg(unix)]
pub(crate) use descriptor::Directory;
