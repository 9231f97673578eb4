use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _};

use super::cluster::Cluster;
use super::content::Content;
use super::limits::Limits;
use super::resource::SECRETS;
use super::secret_sink::{Delivered, SecretSink};
use super::targets::Targets;
use super::watch::{Partial, Query};
use super::{Error, Seen};

/// One pass over all targets: for a timer, or for a look.
#[derive(Debug)]
pub struct Sweep<'a> {
    cluster: &'a Cluster,
    sink: &'a SecretSink,
    targets: &'a Targets,
    limits: Limits,
}

impl<'a> Sweep<'a> {
    /// Over these namespaces.
    pub fn new(cluster: &'a Cluster, sink: &'a SecretSink, targets: &'a Targets) -> Self {
        Self {
            cluster,
            sink,
            targets,
            limits: Limits::default(),
        }
    }

    /// The same within these limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// How the Secret stands in each target.
    pub async fn look(&self) -> Result<BTreeMap<String, Result<Option<Seen>, Error>>, Error> {
        let targets = self.targets.list(self.cluster).await?;
        if self.targets.is_cluster_wide() {
            let mut there = self.everywhere().await?;
            let of = |name: String| {
                let seen = there.remove(&name);
                (name, Ok(seen))
            };
            return Ok(targets.into_iter().map(of).collect());
        }
        let looks = stream::iter(targets).map(async |name| {
            let seen = self.sink.look(&name).await;
            (name, seen)
        });
        Ok(looks
            .buffer_unordered(self.limits.concurrency())
            .collect()
            .await)
    }

    /// Brings `content` to each target, and says what has come of it.
    pub async fn deliver(
        &self,
        content: &Content,
    ) -> Result<BTreeMap<String, Result<Delivered, Error>>, Error> {
        let seen = self.look().await?;
        let deliveries = stream::iter(seen).map(async |(name, seen)| {
            let ended = match seen {
                Ok(seen) => self.deliver_to(&name, seen, content).await,
                Err(error) => Err(error),
            };
            (name, ended)
        });
        let ended = deliveries.buffer_unordered(self.limits.concurrency());
        Ok(ended.collect().await)
    }

    async fn deliver_to(
        &self,
        namespace: &str,
        seen: Option<Seen>,
        content: &Content,
    ) -> Result<Delivered, Error> {
        let is_there = seen.as_ref().is_some_and(|seen| seen.has(content));
        let _turn = if is_there {
            None
        } else {
            Some(self.limits.turn().await)
        };
        self.sink.deliver(namespace, seen, content).await
    }

    /// The Secrets of the name in the whole cluster.
    async fn everywhere(&self) -> Result<BTreeMap<String, Seen>, Error> {
        let query = Query {
            resource: SECRETS,
            namespace: None,
            labels: None,
            name: Some(self.sink.spec().name().to_owned()),
            is_whole: false,
        };
        let (secrets, _) = query.list::<Partial>(self.cluster).await?;
        let of = |secret: Partial| {
            let seen = Seen::of(&secret.metadata, self.sink.spec());
            Some((secret.metadata.namespace?, seen))
        };
        Ok(secrets.into_iter().filter_map(of).collect())
    }
}
