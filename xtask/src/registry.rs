//! Images between layouts and registries: by digest, and byte for byte.

use std::future::Future;
use std::path::PathBuf;

use secrecy::SecretString;

use crate::Failure;
use crate::failure::Result;

mod challenge;
mod companions;
mod copy;
mod entry;
mod fault;
mod folder;
mod login;
mod merge;
mod mirror;
mod place;
mod progress;
mod push;
mod referrers;
mod remote;
mod retry;
mod store;
mod tree;

pub(crate) use copy::Copy;
pub(crate) use entry::{Entry, NAME, tag};
pub(crate) use fault::Fault;
pub(crate) use folder::{Folder, blob_path};
pub(crate) use mirror::{Args as MirrorArgs, run as mirror};
pub(crate) use place::{Place, Repository};
pub(crate) use push::push;
pub(crate) use store::Store;
pub(crate) use tree::{Manifest, Tree};

/// How a registry is reached, and by whom.
///
/// Without a password, the login is the one that docker has: `docker login`, or a
/// credential helper such as docker-credential-iamra.
#[derive(Debug, clap::Args)]
pub(crate) struct Access {
    /// Who logs in with the password on standard input.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "AWS",
        requires = "password_stdin"
    )]
    username: String,
    /// Read the password from standard input: that of `iamra ecr token`, say.
    #[arg(long)]
    password_stdin: bool,
    /// Who signs the registry's certificate, in PEM, beside those of the machine.
    #[arg(long, value_name = "FILE")]
    registry_ca: Option<PathBuf>,
}

/// Who talks to registries, and whom they trust.
#[derive(Default)]
pub(crate) struct Caller {
    username: String,
    password: Option<SecretString>,
    authority: Option<PathBuf>,
}

impl Access {
    /// Reads the password, if it comes on standard input: before any other program runs,
    /// which could take it.
    pub(crate) fn caller(&self) -> Result<Caller> {
        let password = self
            .password_stdin
            .then(|| login::password(&mut std::io::stdin().lock()));
        let password = password.transpose();
        Ok(Caller {
            username: self.username.clone(),
            password: password.map_err(|fault| Failure::new(fault.to_string()))?,
            authority: self.registry_ca.clone(),
        })
    }
}

impl Caller {
    /// A folder as docker's own, with this login alone, for other programs; it goes with
    /// the value, which Ctrl-C no longer takes with it: that ends those programs alone.
    /// Without a password they have docker's.
    pub(crate) fn docker_folder(&self, registry: &str) -> Result<Option<tempfile::TempDir>> {
        let Some(password) = &self.password else {
            return Ok(None);
        };
        let folder = login::docker_folder(registry, &self.username, password);
        let failed = |error| Failure::new(format!("no folder for docker's login: {error}"));
        outlive_interrupts()?;
        folder.map(Some).map_err(failed)
    }

    /// Who signs the registry's certificate, beside those of the machine.
    pub(crate) fn authority(&self) -> Option<&std::path::Path> {
        self.authority.as_deref()
    }

    /// That of the other side of a copy: the authority is the same, the password is not.
    pub(crate) fn without_password(&self) -> Self {
        Self {
            password: None,
            username: self.username.clone(),
            authority: self.authority.clone(),
        }
    }
}

/// From here on Ctrl-C ends who runs for us, and not us: what we have written goes with us.
fn outlive_interrupts() -> Result {
    wait(async {
        // Whoever has listened once has replaced the end of the process.
        #[cfg(unix)]
        let _listens = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
            .map_err(|error| Fault::new(format!("no handler for Ctrl-C: {error}")))?;
        Ok(())
    })
}

/// Waits for what talks to a registry.
pub(crate) fn wait<T>(work: impl Future<Output = std::result::Result<T, Fault>>) -> Result<T> {
    // Whoever installed one before us has the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no runtime: {error}")))?;
    let done = runtime.block_on(work);
    done.map_err(|fault| Failure::new(fault.to_string()))
}
