use std::cmp::Ordering;
use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;

use super::ForeignReason;
use super::content::Content;
use super::leftovers::Leftovers;
use super::secret_spec::SecretSpec;

/// What every Secret of ours has as the value of [`MANAGED_BY`], and by which we
/// own its fields.
pub const MANAGER: &str = "iamra";
/// Who manages an object.
///
/// [Recommended labels](https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/)
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The label with the name of the configuration.
pub const CONFIG: &str = "iamra.dev/config";
/// The annotation that tells one state of the contents from another.
pub const CONTENT_ID: &str = "iamra.dev/content-id";
/// The annotation that says when the contents end.
pub const EXPIRES_AT: &str = "iamra.dev/expires-at";
/// The annotation that says when the contents were obtained.
pub const REFRESHED_AT: &str = "iamra.dev/refreshed-at";
/// The annotation that says by which rules the Secret and the other annotations are
/// written: [`SCHEMA_VERSION`]. A Secret of another one is written anew.
pub const SCHEMA: &str = "iamra.dev/schema";
/// The rules of this version.
pub const SCHEMA_VERSION: &str = "1";
/// The type of the Secret in our own namespace in which a token is kept.
pub const TOKEN_TYPE: &str = "iamra.dev/token";

/// A Secret as its metadata shows it; its values are not looked at.
///
/// Whoever changes a value becomes its owner, which
/// [managed fields](https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management)
/// tell: so an edit is seen without the right to read any value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seen {
    pub(crate) uid: String,
    pub(crate) resource_version: String,
    pub(crate) whose: Whose,
}

/// Whose a Secret is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Whose {
    /// Of this configuration of ours.
    Ours {
        /// Which contents we wrote last, by the rules that we write by.
        content_id: Option<String>,
        /// When they end, as we wrote it.
        expires_at: Option<String>,
        /// When they were obtained, as we wrote it.
        refreshed_at: Option<String>,
        /// Whether all of it is still as we wrote it.
        is_intact: bool,
        /// What we would not write any more.
        leftovers: Leftovers,
    },
    /// Of somebody who says so.
    Others {
        /// A label's value, or a controller.
        manager: String,
        /// Whether it still writes it, as far as that can be told.
        activity: Activity,
    },
    /// Nothing says whose it is.
    Unmarked,
}

/// Whether somebody else would undo what we change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Activity {
    /// It would: a controller, or another configuration of ours.
    Active,
    /// Nobody knows.
    Unknown,
    /// It would not: it is what we were, before our groups were what they are.
    Past,
}

impl Seen {
    /// What the metadata of a Secret says, by what it should be.
    pub(crate) fn of(metadata: &ObjectMeta, spec: &SecretSpec) -> Self {
        Self {
            uid: metadata.uid.clone().unwrap_or_default(),
            resource_version: metadata.resource_version.clone().unwrap_or_default(),
            whose: whose(metadata, spec),
        }
    }

    /// Whether it is ours and has this content, unchanged.
    pub fn has(&self, content: &Content) -> bool {
        match &self.whose {
            Whose::Ours {
                content_id,
                is_intact,
                leftovers,
                ..
            } => *is_intact && leftovers.is_empty() && content_id.as_deref() == Some(content.id()),
            _ => false,
        }
    }

    /// Whether it is a later state than `other`. Versions are numbers, which the
    /// API promises since 1.35 and has kept to before.
    pub(crate) fn is_after(&self, other: &Self) -> bool {
        // Without an order, a look at what was seen last does no harm.
        let differs = self.resource_version != other.resource_version;
        self.order(other).map_or(differs, Ordering::is_gt)
    }

    /// The same, where that can be told.
    pub(crate) fn is_surely_after(&self, other: &Self) -> bool {
        self.order(other).is_some_and(Ordering::is_gt)
    }

    fn order(&self, other: &Self) -> Option<Ordering> {
        let number = |seen: &Self| seen.resource_version.parse::<u64>().ok();
        Some(number(self)?.cmp(&number(other)?))
    }

    /// Whether it is ours.
    pub fn is_ours(&self) -> bool {
        matches!(self.whose, Whose::Ours { .. })
    }

    /// When its contents end, as we wrote it (RFC 3339).
    pub fn expires_at(&self) -> Option<&str> {
        match &self.whose {
            Whose::Ours { expires_at, .. } => expires_at.as_deref(),
            _ => None,
        }
    }

    /// When its contents were obtained, as we wrote it (RFC 3339).
    pub fn refreshed_at(&self) -> Option<&str> {
        match &self.whose {
            Whose::Ours { refreshed_at, .. } => refreshed_at.as_deref(),
            _ => None,
        }
    }

    /// Who manages it, where that is somebody else who says so.
    pub fn other_manager(&self) -> Option<&str> {
        match &self.whose {
            Whose::Others { manager, .. } => Some(manager),
            _ => None,
        }
    }

    /// Whether it is of somebody else who is known to write it, or not to.
    pub(crate) fn activity(&self) -> Activity {
        match self.whose {
            Whose::Others { activity, .. } => activity,
            Whose::Ours { .. } | Whose::Unmarked => Activity::Unknown,
        }
    }

    /// How it can be told that it is somebody else's.
    pub(crate) fn reason(&self) -> ForeignReason {
        let managed = |manager: &str| ForeignReason::ManagedBy {
            manager: manager.to_owned(),
        };
        self.other_manager()
            .map_or(ForeignReason::Unmarked, managed)
    }

    /// What of it we would not write any more.
    pub(crate) fn leftovers(&self) -> Option<&Leftovers> {
        match &self.whose {
            Whose::Ours { leftovers, .. } => Some(leftovers).filter(|it| !it.is_empty()),
            _ => None,
        }
    }

    /// Whether somebody has changed what we wrote.
    pub fn is_edited(&self) -> bool {
        matches!(
            self.whose,
            Whose::Ours {
                is_intact: false,
                ..
            }
        )
    }
}

fn whose(metadata: &ObjectMeta, spec: &SecretSpec) -> Whose {
    let label = |key: &str| metadata.labels.as_ref()?.get(key);
    let others = |manager, activity| Whose::Others { manager, activity };
    let config = label(CONFIG).map_or("", String::as_str);
    match label(MANAGED_BY).map(String::as_str) {
        Some(MANAGER) if config == spec.config() => ours(metadata, spec),
        Some(MANAGER) => {
            let is_past = spec.succeeds(config) && controller(metadata).is_none();
            let activity = if is_past {
                Activity::Past
            } else {
                Activity::Active
            };
            others(format!("{MANAGER}/{config}"), activity)
        }
        other => match (controller(metadata), other) {
            (Some(controller), _) => others(controller, Activity::Active),
            (None, Some(other)) => others(other.to_owned(), Activity::Unknown),
            (None, None) => Whose::Unmarked,
        },
    }
}

fn ours(metadata: &ObjectMeta, spec: &SecretSpec) -> Whose {
    let annotation = |key: &str| metadata.annotations.as_ref()?.get(key).cloned();
    let is_of_this_schema = annotation(SCHEMA).as_deref() == Some(SCHEMA_VERSION);
    Whose::Ours {
        content_id: annotation(CONTENT_ID).filter(|_| is_of_this_schema),
        expires_at: annotation(EXPIRES_AT),
        refreshed_at: annotation(REFRESHED_AT),
        is_intact: has_all(metadata.labels.as_ref(), spec.labels())
            && has_all(metadata.annotations.as_ref(), spec.annotations())
            && owns_all(metadata, spec),
        leftovers: Leftovers::of(metadata, spec),
    }
}

/// The controller that would undo whatever we change.
fn controller(metadata: &ObjectMeta) -> Option<String> {
    let mut owners = metadata.owner_references.iter().flatten();
    let owner = owners.find(|owner| owner.controller == Some(true))?;
    Some(format!("{} {}", owner.kind, owner.name))
}

fn has_all(there: Option<&BTreeMap<String, String>>, wanted: &BTreeMap<String, String>) -> bool {
    let has = |(key, value)| there.and_then(|there| there.get(key)) == Some(value);
    wanted.iter().all(has)
}

/// Whether we own every value and every annotation that says what they are.
fn owns_all(metadata: &ObjectMeta, spec: &SecretSpec) -> bool {
    let owns = |path: &[&str]| {
        let entries = metadata.managed_fields.iter().flatten();
        let mut ours = entries.filter(|entry| entry.manager.as_deref() == Some(MANAGER));
        ours.any(|entry| {
            let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
            fields.is_some_and(|fields| has_path(fields, path))
        })
    };
    let annotation = |key: &str| owns(&["f:metadata", "f:annotations", &format!("f:{key}")]);
    let value = |key: String| owns(&["f:data", &format!("f:{key}")]);
    [CONTENT_ID, EXPIRES_AT].into_iter().all(annotation)
        && spec.form().keys().into_iter().all(value)
}

fn has_path(fields: &Value, path: &[&str]) -> bool {
    let end = path
        .iter()
        .try_fold(fields, |fields, name| fields.get(name));
    end.is_some()
}

/// Whether a label or an annotation is one of those that we mark by.
pub(crate) fn is_reserved(key: &str) -> bool {
    key == MANAGED_BY || key.starts_with(OURS)
}

/// Before each of our own.
const OURS: &str = "iamra.dev/";
