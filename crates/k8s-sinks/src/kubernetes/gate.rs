use std::fmt;
use std::sync::Arc;

use super::Error;

/// Whether we may write at this moment.
#[derive(Clone)]
pub(crate) struct Gate(Arc<dyn Fn() -> bool + Send + Sync>);

impl Gate {
    pub(crate) fn new(is_open: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_open))
    }

    /// An error where we may not: somebody else leads by now.
    pub(crate) fn pass(&self) -> Result<(), Error> {
        if (self.0)() {
            return Ok(());
        }
        Err(Error::Overtaken {
            what: "the lead".to_owned(),
        })
    }
}

impl Default for Gate {
    /// Open.
    fn default() -> Self {
        Self::new(|| true)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gate").field(&(self.0)()).finish()
    }
}
