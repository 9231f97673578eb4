//! Every way in which a request can be wrong, and the check that must find it.

mod account;
mod certificate;
mod chain;
mod draft;
mod wire;

use std::time::SystemTime;

use iamra_sandbox::{Refusal, RequestParts, RolesAnywhereState, verify};

use crate::signer::{self, Client, Draft, Issuing};

/// A client that Roles Anywhere has no reason to refuse.
struct World {
    root: Issuing,
    intermediate: Issuing,
    client: Client,
    state: RolesAnywhereState,
    now: SystemTime,
}

impl World {
    fn new() -> Self {
        let root = Issuing::root(|_| {});
        let intermediate = root.below("test intermediate", |_| {});
        Self {
            client: intermediate.issue(|_| {}),
            state: signer::account(&root),
            now: signer::now(),
            root,
            intermediate,
        }
    }

    fn draft(&self) -> Draft {
        self.client.draft(&[&self.intermediate])
    }

    fn request(&self) -> RequestParts {
        self.client.sign(&self.draft())
    }

    fn refusal(&self, request: &RequestParts) -> Option<Refusal> {
        verify(request, self.now, &self.state).err()
    }
}

#[test]
fn what_the_tables_start_from_is_accepted() {
    let world = World::new();
    let mut request = world.request();
    let granted = verify(&request, world.now, &world.state).unwrap();
    assert_eq!(granted.session_name, "0102");
    assert_eq!(
        granted.assumed_role_arn,
        "arn:aws:sts::123456789012:assumed-role/one/0102"
    );
    assert_eq!(granted.source_identity.as_deref(), Some("CN=app"));
    // What is not signed may be added on the way.
    request.headers.insert("via", "1.1 proxy".parse().unwrap());
    assert_eq!(world.refusal(&request), None);
}
