use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::object::{Kind, Object};

/// What the cluster knows, and what became of it lately.
#[derive(Debug)]
pub(super) struct World {
    /// That of the latest change.
    version: u64,
    objects: BTreeMap<(Kind, String, String), Arc<Object>>,
    changes: VecDeque<Change>,
}

/// Something that happened to an object.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) event: Event,
    /// As it is now, or was at last.
    pub(super) object: Arc<Object>,
}

/// What happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Event {
    Added,
    Modified,
    Deleted,
}

/// The changes after a version can no longer be told.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct TooOld;

impl Default for World {
    fn default() -> Self {
        Self {
            // 0 means "any" to the API.
            version: 1,
            objects: BTreeMap::new(),
            changes: VecDeque::new(),
        }
    }
}

impl World {
    /// That of the latest change, of whatever kind.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn find(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Arc<Object>> {
        let key = (kind, namespace.to_owned(), name.to_owned());
        self.objects.get(&key)
    }

    /// Those of a kind, in one namespace or all, by namespace and name.
    pub(super) fn all<'a>(
        &'a self,
        kind: Kind,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Arc<Object>> {
        let first = (
            kind,
            namespace.unwrap_or_default().to_owned(),
            String::new(),
        );
        let range = self.objects.range(first..);
        let objects = range.map(|(_, object)| object);
        objects.take_while(move |object| {
            object.kind == kind && namespace.is_none_or(|wanted| object.namespace == wanted)
        })
    }

    /// Adds an object, or puts it in the place of the one of its name, whose uid
    /// and time it then has. The same again is no change.
    pub(super) fn put(&mut self, mut object: Object) {
        let known = self.find(object.kind, &object.namespace, &object.name);
        let mut event = Event::Added;
        if let Some(known) = known {
            object.uid.clone_from(&known.uid);
            object.created = known.created;
            object.version = known.version;
            if object == **known {
                return;
            }
            event = Event::Modified;
        }
        let object = self.note(event, object);
        let key = (object.kind, object.namespace.clone(), object.name.clone());
        self.objects.insert(key, object);
    }

    /// Removes an object; whether it was there.
    pub(super) fn remove(&mut self, kind: Kind, namespace: &str, name: &str) -> bool {
        let key = (kind, namespace.to_owned(), name.to_owned());
        let removed = self.objects.remove(&key);
        if let Some(object) = &removed {
            self.note(Event::Deleted, Object::clone(object));
        }
        removed.is_some()
    }

    /// What happened after a version.
    pub(super) fn since(&self, version: u64) -> Result<impl Iterator<Item = &Change>, TooOld> {
        let oldest = self.changes.front().map(|it| it.object.version);
        if oldest.is_some_and(|oldest| version + 1 < oldest) {
            return Err(TooOld);
        }
        let first = self
            .changes
            .partition_point(|it| it.object.version <= version);
        Ok(self.changes.range(first..))
    }

    fn note(&mut self, event: Event, mut object: Object) -> Arc<Object> {
        self.version += 1;
        object.version = self.version;
        let object = Arc::new(object);
        self.changes.push_back(Change {
            event,
            object: Arc::clone(&object),
        });
        if self.changes.len() > REMEMBERED {
            self.changes.pop_front();
        }
        object
    }
}

/// So many of the latest changes can be told to who watches.
const REMEMBERED: usize = 4096;

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use serde_json::Map;

    use super::*;

    fn account(namespace: &str, name: &str, annotation: &str) -> Object {
        Object {
            kind: Kind::ServiceAccount,
            namespace: namespace.into(),
            name: name.into(),
            uid: format!("uid-{annotation}"),
            version: 0,
            created: SystemTime::UNIX_EPOCH,
            labels: BTreeMap::new(),
            annotations: BTreeMap::from([("a".into(), annotation.into())]),
            content: Map::new(),
        }
    }

    fn told(world: &World, version: u64) -> Vec<(Event, u64)> {
        let changes = world.since(version).ok().into_iter().flatten();
        changes.map(|it| (it.event, it.object.version)).collect()
    }

    #[test]
    fn each_change_is_told_once_in_order() {
        let mut world = World::default();
        let start = world.version();
        world.put(account("shop", "web", "1"));
        world.put(account("shop", "web", "1"));
        world.put(account("shop", "web", "2"));
        assert_eq!(
            world.find(Kind::ServiceAccount, "shop", "web").unwrap().uid,
            "uid-1"
        );
        assert!(world.remove(Kind::ServiceAccount, "shop", "web"));
        assert!(!world.remove(Kind::ServiceAccount, "shop", "web"));
        let all = [(Event::Added, 2), (Event::Modified, 3), (Event::Deleted, 4)];
        assert_eq!(told(&world, start), all);
        assert_eq!(told(&world, 3), all[2..]);
        assert_eq!(told(&world, 4), []);
    }

    #[test]
    fn a_namespace_is_no_prefix_of_another() {
        let mut world = World::default();
        for namespace in ["shop", "shop-b", "a"] {
            world.put(account(namespace, "web", "1"));
        }
        let names = |namespace| {
            let all = world.all(Kind::ServiceAccount, namespace);
            all.map(|it| it.namespace.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(Some("shop")), ["shop"]);
        assert_eq!(names(None), ["a", "shop", "shop-b"]);
        assert_eq!(world.all(Kind::Pod, None).count(), 0);
    }

    #[test]
    fn what_is_too_long_ago_is_said_to_be() {
        let mut world = World::default();
        for number in 0..=REMEMBERED {
            world.put(account("shop", "web", &number.to_string()));
        }
        assert_eq!(world.since(1).map(Iterator::count), Err(TooOld));
        assert_eq!(world.since(2).map(Iterator::count), Ok(REMEMBERED));
    }
}
