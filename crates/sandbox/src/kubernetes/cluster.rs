use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::object::{Kind, Object};
use super::token::{ISSUER, Named, ServiceAccount, TokenClaims};
use super::world::World;
use crate::Error;
use crate::jwt::JwtKey;
use crate::random::Random;

/// A cluster: what it knows, and the key that signs its tokens.
pub(crate) struct Cluster {
    key: JwtKey,
    /// That of another cluster with the same objects.
    foreign_key: JwtKey,
    world: Mutex<World>,
    /// Tokens of another cluster that are taken for good.
    trusted: Mutex<HashSet<String>>,
    /// The version of the world, for who waits for a change.
    version: watch::Sender<u64>,
    /// What the API is asked with.
    api_token: String,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cluster")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Cluster {
    pub(crate) fn new(now: SystemTime, random: &Random) -> Result<Self, Error> {
        let world = World::default();
        let key = JwtKey::new()?;
        let agent = ServiceAccount {
            namespace: "iamra-system".into(),
            name: "iamra-pods".into(),
            audience: ISSUER.into(),
            lifetime: Duration::from_secs(365 * 24 * 60 * 60),
        };
        let claims = unbound_claims(&agent, &world, (now, random));
        Ok(Self {
            api_token: key.issue_untyped(&claims.document())?,
            key,
            foreign_key: JwtKey::new()?,
            version: watch::Sender::new(world.version()),
            world: Mutex::new(world),
            trusted: Mutex::default(),
        })
    }

    /// The token of who may ask the API.
    pub(crate) fn api_token(&self) -> &str {
        &self.api_token
    }

    /// Makes a token that is bound to no pod.
    pub(crate) fn token(
        &self,
        account: &ServiceAccount,
        now: SystemTime,
        random: &Random,
    ) -> Result<String, Error> {
        let claims = unbound_claims(account, &self.world(), (now, random));
        self.key.issue_untyped(&claims.document())
    }

    /// Makes a token that is bound to a pod; none where there is no such pod.
    pub(super) fn pod_claims(
        &self,
        (namespace, name): (&str, &str),
        (audience, lifetime): (&str, Duration),
        (now, random): (SystemTime, &Random),
    ) -> Option<TokenClaims> {
        let world = self.world();
        let pod = world.find(Kind::Pod, namespace, name)?;
        let account = pod.text("/spec/serviceAccountName")?;
        let account = world.find(Kind::ServiceAccount, namespace, account)?;
        let node = pod.text("/spec/nodeName")?;
        Some(TokenClaims {
            issuer: ISSUER.into(),
            audiences: vec![audience.to_owned()],
            issued_at: now,
            not_before: now,
            expires: now + lifetime,
            id: random.uuid(),
            namespace: namespace.to_owned(),
            account: named(account),
            pod: Some(named(pod)),
            node: Some(Named {
                name: node.to_owned(),
                uid: random.uuid_of_name(&format!("node/{node}")),
            }),
        })
    }

    pub(super) fn key(&self) -> &JwtKey {
        &self.key
    }

    pub(super) fn foreign_key(&self) -> &JwtKey {
        &self.foreign_key
    }

    /// See [`Kubernetes::trust_token`](super::Kubernetes::trust_token).
    pub(super) fn trust(&self, token: &str) {
        self.trusted().insert(token.to_owned());
    }

    pub(super) fn is_trusted(&self, token: &str) -> bool {
        self.trusted().contains(token)
    }

    fn trusted(&self) -> MutexGuard<'_, HashSet<String>> {
        self.trusted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world, and wakes who watches it.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world();
        let result = change(&mut world);
        self.version.send_replace(world.version());
        result
    }

    /// The version of the world from now on.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }
}

fn unbound_claims(
    account: &ServiceAccount,
    world: &World,
    (now, random): (SystemTime, &Random),
) -> TokenClaims {
    let ServiceAccount {
        namespace, name, ..
    } = account;
    let known = world.find(Kind::ServiceAccount, namespace, name);
    TokenClaims {
        issuer: ISSUER.into(),
        audiences: vec![account.audience.clone()],
        issued_at: now,
        not_before: now,
        expires: now + account.lifetime,
        id: random.uuid(),
        namespace: namespace.clone(),
        account: known.map_or_else(
            || Named {
                name: name.clone(),
                uid: format!("uid-of-{namespace}-{name}"),
            },
            |known| named(known),
        ),
        pod: None,
        node: None,
    }
}

fn named(object: &Object) -> Named {
    Named {
        name: object.name.clone(),
        uid: object.uid.clone(),
    }
}
