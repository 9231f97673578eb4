//! What the account does not allow.

use std::time::Duration;

use iamra_sandbox::{Refusal, Role, RolesAnywhereState, verify};

use super::World;
use crate::signer::ROLE;

type Change = fn(&mut RolesAnywhereState);

#[test]
fn the_account_decides() {
    let table: [(&str, Change, Refusal); 8] = [
        (
            "anchor disabled",
            |s| s.trust_anchors[0].enabled = false,
            Refusal::TrustAnchorDisabled,
        ),
        (
            "profile disabled",
            |s| s.profiles[0].enabled = false,
            Refusal::ProfileDisabled,
        ),
        (
            "role taken from the profile",
            |s| s.profiles[0].role_arns.clear(),
            Refusal::RoleNotInProfile,
        ),
        (
            "role deleted",
            |s| s.roles.clear(),
            Refusal::RoleNotAssumable {
                role_arn: ROLE.into(),
            },
        ),
        (
            "role for another common name",
            |s| s.roles[0].common_names = vec!["App".into(), "app.example".into()],
            Refusal::RoleNotAssumable {
                role_arn: ROLE.into(),
            },
        ),
        (
            "role changed for another common name",
            |s| s.add_role(Role::for_common_name(ROLE, "other")),
            Refusal::RoleNotAssumable {
                role_arn: ROLE.into(),
            },
        ),
        (
            "short role",
            |s| s.roles[0].max_session_duration = Duration::from_secs(1800),
            Refusal::DurationBeyondRole {
                duration: Duration::from_secs(3600),
            },
        ),
        (
            "properties required",
            |s| s.profiles[0].require_instance_properties = true,
            Refusal::InstancePropertiesRequired,
        ),
    ];
    for (what, change, refusal) in table {
        let mut world = World::new();
        let request = world.request();
        change(&mut world.state);
        assert_eq!(world.refusal(&request), Some(refusal), "{what}");
    }
}

#[test]
fn a_role_may_be_for_a_common_name() {
    let mut world = World::new();
    let request = world.request();
    world.state.roles[0].common_names = vec!["other".into(), "app".into()];
    assert_eq!(world.refusal(&request), None);
    world.state.profiles[0].role_arns.clear();
    world.state.add_role(Role::for_common_name(ROLE, "app"));
    assert_eq!(world.refusal(&request), None);
    assert_eq!(world.state.roles.len(), 1);
}

#[test]
fn a_session_name_needs_the_profile_to_accept_it() {
    let mut world = World::new();
    let mut draft = world.draft();
    draft.body = draft
        .body
        .replacen('{', "{\"roleSessionName\":\"nightly\",", 1);
    let request = world.client.sign(&draft);
    let granted = verify(&request, world.now, &world.state).unwrap();
    assert_eq!(granted.session_name, "nightly");
    world.state.profiles[0].accept_role_session_name = false;
    assert_eq!(
        world.refusal(&request),
        Some(Refusal::SessionNameNotAccepted)
    );
}

#[test]
fn properties_satisfy_a_profile_that_requires_them() {
    let mut world = World::new();
    world.state.profiles[0].require_instance_properties = true;
    let mut draft = world.draft();
    draft.body = draft
        .body
        .replacen('{', "{\"instanceProperties\":{\"rack\":\"7\"},", 1);
    assert_eq!(world.refusal(&world.client.sign(&draft)), None);
}

#[test]
fn the_profile_bounds_the_duration() {
    let world = World::new();
    for (asked, granted) in [
        ("900", 900),
        ("7200", 7200),
        ("43200", 7200),
        ("null", 7200),
    ] {
        let mut draft = world.draft();
        draft.body = draft.body.replace("3600", asked);
        let request = world.client.sign(&draft);
        let session = verify(&request, world.now, &world.state).unwrap();
        assert_eq!(session.duration, Duration::from_secs(granted), "{asked}");
    }
}
