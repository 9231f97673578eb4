use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use refresh::Clock;

use crate::failure::Failure;
use crate::files;

/// What a file says, which is read again when it changes; nothing where there is
/// no file.
pub(super) struct Watched<T> {
    file: Option<PathBuf>,
    /// What the file holds, for people.
    what: &'static str,
    parse: Parse<T>,
    last: Mutex<Read<T>>,
}

/// Reads a document; an error says what is wrong with it.
type Parse<T> = fn(&[u8]) -> Result<T, String>;

struct Read<T> {
    document: Vec<u8>,
    value: Arc<T>,
}

impl<T: Default + Send + Sync + 'static> Watched<T> {
    /// Reads the file, if there is to be one.
    pub(super) fn new(
        file: Option<PathBuf>,
        what: &'static str,
        parse: Parse<T>,
    ) -> Result<Self, Failure> {
        let last = match &file {
            Some(file) => read(file, parse)?,
            None => Read {
                document: Vec::new(),
                value: Arc::default(),
            },
        };
        Ok(Self {
            file,
            what,
            parse,
            last: Mutex::new(last),
        })
    }

    /// What it says now.
    pub(super) fn current(&self) -> Arc<T> {
        Arc::clone(&self.last().value)
    }

    /// Reads it again and again, for as long as this is awaited. One that cannot
    /// be read changes nothing.
    pub(super) async fn keep(&self, clock: &dyn Clock) -> Infallible {
        let Some(file) = self.file.clone() else {
            return std::future::pending().await;
        };
        loop {
            clock.sleep(REREAD).await;
            let (path, parse) = (file.clone(), self.parse);
            let read = files::aside(move || read(&path, parse)).await;
            match read.and_then(|read| read) {
                Ok(read) => self.replace(read),
                Err(failure) => {
                    tracing::warn!("{failure}; the {} stay as they were", self.what);
                }
            }
        }
    }

    fn replace(&self, read: Read<T>) {
        let mut last = self.last();
        if last.document != read.document {
            tracing::info!("read other {}", self.what);
            *last = read;
        }
    }

    fn last(&self) -> MutexGuard<'_, Read<T>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read<T>(path: &Path, parse: Parse<T>) -> Result<Read<T>, Failure> {
    let document = private_file::read_private(path)?.to_vec();
    let value = parse(&document).map_err(|why| {
        let message = format!("{}: {why}", path.display());
        Failure::configuration("file.invalid", message)
    })?;
    Ok(Read {
        document,
        value: Arc::new(value),
    })
}

/// How often the file is read: kubelet brings a changed `ConfigMap` within a
/// minute.
const REREAD: Duration = Duration::from_secs(10);
