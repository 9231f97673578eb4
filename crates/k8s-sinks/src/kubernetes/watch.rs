use std::convert::Infallible;
use std::ops::RangeInclusive;
use std::time::Duration;

use destination::AnswerBody;
use http_body_util::BodyExt as _;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ListMeta, ObjectMeta};
use kube::core::params::{ListParams, WatchParams};
use kube::core::response::Status;
use refresh::{Backoff, Fault as _};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use self::lines::Lines;
use super::cluster::{Built, Call, Cluster};
use super::resource::Resource;
use super::{Error, SeenServiceAccount};

mod lines;

/// Which objects are listed and watched, and how much of them.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) resource: Resource,
    /// `None`: in the whole cluster.
    pub(crate) namespace: Option<String>,
    /// A selector of labels.
    pub(crate) labels: Option<String>,
    /// Those of this name only: what a right to this name allows.
    pub(crate) name: Option<String>,
    /// Whether it is all of them, or their metadata only.
    pub(crate) is_whole: bool,
}

/// An object of which nothing but the metadata is known. An annotation may hold
/// what the object does, values and all: so it is never shown.
#[derive(Deserialize)]
pub(crate) struct Partial {
    #[serde(default)]
    pub(crate) metadata: ObjectMeta,
}

/// What a watch is to know of an object beside its contents.
pub(crate) trait Watched: DeserializeOwned {
    /// In which version it was seen.
    fn version(&self) -> Option<&str>;
}

impl Watched for Partial {
    fn version(&self) -> Option<&str> {
        self.metadata.resource_version.as_deref()
    }
}

impl Watched for SeenServiceAccount {
    fn version(&self) -> Option<&str> {
        Some(&self.resource_version)
    }
}

/// What has happened to the objects of a query.
pub(crate) enum Change<T> {
    /// They are listed anew: what does not come before [`Change::Listed`] is not
    /// there any more.
    Relisting,
    /// One is there, as it is now.
    Is(T),
    /// One is not there any more.
    Gone(T),
    /// All of them have come.
    Listed,
    /// They are watched from now on.
    Followed,
    /// They cannot be listed or watched for now.
    Failed(Error),
}

#[derive(Deserialize)]
struct List<T> {
    #[serde(default)]
    metadata: ListMeta,
    /// Go writes an empty one as null.
    items: Option<Vec<T>>,
}

/// [Watch events](https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes)
#[derive(Deserialize)]
#[serde(tag = "type", content = "object", rename_all = "UPPERCASE")]
enum Event<T> {
    Added(T),
    Modified(T),
    Deleted(T),
    Bookmark(Partial),
    Error(Status),
}

impl Query {
    /// What `kept` takes of all of them, as they are now: no more than that and a
    /// page of them is in memory at once.
    pub(crate) async fn list<T: DeserializeOwned, K>(
        &self,
        cluster: &Cluster,
        kept: impl Fn(T) -> Option<K>,
    ) -> Result<Vec<K>, Error> {
        let mut rounds = 0;
        loop {
            let mut all = Vec::new();
            let take = |page: Vec<T>| all.extend(page.into_iter().filter_map(&kept));
            match self.pages(cluster, take).await {
                Ok(_) => return Ok(all),
                // So much has changed meanwhile that the rest is not kept.
                Err(Error::Gone { .. }) if rounds < ROUNDS => rounds += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Tells every change for as long as it is awaited: first what is there,
    /// then what happens. Where that is refused or breaks off, it is tried again.
    pub(crate) async fn watch<T: Watched>(
        &self,
        cluster: &Cluster,
        mut tell: impl FnMut(Change<T>),
    ) -> Infallible {
        let mut version = None;
        let mut misses = 0;
        loop {
            let began = cluster.clock().now();
            let ended = self.follow(cluster, &mut version, &mut tell).await;
            let lasted = cluster.clock().now().duration_since(began);
            // One that has held for a while was a good one, however it ended.
            if lasted.is_ok_and(|lasted| lasted >= GOOD) {
                misses = 0;
                if ended.is_ok() {
                    continue;
                }
            }
            let mut backoff = BACKOFF;
            let retry_after = match ended {
                // A server that ends each at once is not asked without a pause.
                Ok(()) => None,
                Err(error) => {
                    // Of an event that cannot be read, nobody knows what it said.
                    if matches!(error, Error::Gone { .. } | Error::Unusable { .. }) {
                        version = None;
                    }
                    // It is listed anew: at once, but not again and again.
                    if matches!(error, Error::Gone { .. }) && misses == 0 {
                        misses = 1;
                        continue;
                    }
                    if !error.fault().is_transient() {
                        backoff = PATIENT;
                    }
                    let retry_after = error.retry_after();
                    tell(Change::Failed(error));
                    retry_after
                }
            };
            let delay = backoff.delay(misses, fastrand::f64(), retry_after);
            misses += 1;
            cluster.clock().sleep(delay).await;
        }
    }

    /// Lists where no version is known, then follows until the server has had
    /// enough.
    async fn follow<T: Watched>(
        &self,
        cluster: &Cluster,
        version: &mut Option<String>,
        tell: &mut impl FnMut(Change<T>),
    ) -> Result<(), Error> {
        let mut seen = if let Some(seen) = version.take() {
            seen
        } else {
            tell(Change::Relisting);
            let take = |page: Vec<T>| {
                for object in page {
                    tell(Change::Is(object));
                }
            };
            let listed = self.pages(cluster, take).await?;
            tell(Change::Listed);
            listed
        };
        let call = self.call("watch", |request, is_whole| {
            let parameters = WatchParams {
                label_selector: self.labels.clone(),
                field_selector: self.fields(),
                timeout: Some(fastrand::u32(WATCH_SECONDS)),
                bookmarks: true,
                send_initial_events: false,
            };
            if is_whole {
                request.watch(&parameters, &seen)
            } else {
                request.watch_metadata(&parameters, &seen)
            }
        })?;
        let ended = self.events(cluster, &call, (&mut seen, tell)).await;
        // A later call goes on where this one has ended.
        *version = Some(seen);
        ended
    }

    async fn events<T: Watched>(
        &self,
        cluster: &Cluster,
        call: &Call,
        (seen, tell): (&mut String, &mut impl FnMut(Change<T>)),
    ) -> Result<(), Error> {
        let within = Duration::from_secs(u64::from(*WATCH_SECONDS.end())) + MARGIN;
        let mut body: AnswerBody = cluster.open(call, within).await?.into_body();
        tell(Change::Followed);
        let mut lines = Lines::default();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|source| Error::NoAnswer { source })?;
            let Some(data) = frame.data_ref() else {
                continue;
            };
            lines.push(data);
            while let Some(line) = lines.next() {
                let (version, change) = match call.parsed::<Event<T>>(&line)? {
                    Event::Added(object) | Event::Modified(object) => (
                        object.version().map(str::to_owned),
                        Some(Change::Is(object)),
                    ),
                    Event::Deleted(object) => (
                        object.version().map(str::to_owned),
                        Some(Change::Gone(object)),
                    ),
                    Event::Bookmark(mark) => (mark.metadata.resource_version, None),
                    Event::Error(status) => return Err(refused(call, &status)),
                };
                if let Some(version) = version {
                    *seen = version;
                }
                if let Some(change) = change {
                    tell(change);
                }
            }
            lines.check(call)?;
        }
        Ok(())
    }

    /// Reads page after page, so that never all of them are in memory.
    async fn pages<T: DeserializeOwned>(
        &self,
        cluster: &Cluster,
        mut take: impl FnMut(Vec<T>),
    ) -> Result<String, Error> {
        let mut parameters = ListParams {
            label_selector: self.labels.clone(),
            field_selector: self.fields(),
            limit: Some(PAGE),
            ..ListParams::default()
        };
        loop {
            let call = self.call("list", |request, is_whole| {
                if is_whole {
                    request.list(&parameters)
                } else {
                    request.list_metadata(&parameters)
                }
            })?;
            let page: List<T> = cluster.read(&call).await?;
            take(page.items.unwrap_or_default());
            let next = page.metadata.continue_.filter(|next| !next.is_empty());
            let Some(next) = next else {
                return Ok(page.metadata.resource_version.unwrap_or_default());
            };
            parameters.continue_token = Some(next);
        }
    }

    fn call(
        &self,
        verb: &'static str,
        build: impl Fn(kube::core::Request, bool) -> Built,
    ) -> Result<Call, Error> {
        let namespace = self.namespace.as_deref();
        let right = self.resource.right(verb, namespace, self.name.as_deref());
        Call::new(
            right,
            build(self.resource.requests(namespace), self.is_whole),
        )
    }

    fn fields(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        Some(format!("metadata.name={name}"))
    }
}

/// An error in the middle of a watch.
fn refused(call: &Call, status: &Status) -> Error {
    let code = http::StatusCode::from_u16(status.code);
    let body = serde_json::to_vec(status).unwrap_or_default();
    super::refusal::refusal(
        &call.right,
        code.unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR),
        &http::HeaderMap::new(),
        &body,
    )
}

/// How long a watch has to hold for its end not to be a miss.
const GOOD: Duration = Duration::from_secs(10);

const BACKOFF: Backoff = Backoff {
    base: Duration::from_secs(1),
    cap: Duration::from_secs(30),
};

/// Where it takes somebody to change something.
const PATIENT: Backoff = Backoff {
    base: Duration::from_secs(1),
    cap: Duration::from_mins(2),
};

/// After so many the server ends a watch by itself; not all of them at once.
const WATCH_SECONDS: RangeInclusive<u32> = 240..=290;
/// And after this we do: nobody is there any more.
const MARGIN: Duration = Duration::from_secs(10);
/// How often a list is begun anew for those who want it once.
const ROUNDS: usize = 3;
/// So many of the largest objects, by their metadata, are within what is taken
/// as one answer; 10 000 are a hundred requests.
const PAGE: u32 = 100;
