//! Where a run may have been killed, or somebody has been at work.

use agent_link::{AddressState, LinkState, Place, check, ensure};

use crate::namespace::{
    MAKE_LINK, in_namespace, in_prepared_namespace, ipv4, ipv6, is_reachable, settings, shell,
    states,
};

#[test]
fn a_link_without_addresses_is_completed() {
    in_prepared_namespace(MAKE_LINK, || {
        let ensured = ensure(&settings()).unwrap();
        assert_eq!(ensured.link(), LinkState::BroughtUp);
        assert_eq!(states(&ensured), [AddressState::Made, AddressState::Made]);
        assert!(is_reachable(ipv4()) && is_reachable(ipv6()));
    });
}

#[test]
fn addresses_on_a_link_that_is_down_get_their_routes() {
    let commands = format!(
        "{MAKE_LINK}
        ip address add 169.254.170.23/32 dev pod-id-link0
        ip address add fd00:ec2::23/128 dev pod-id-link0 nodad"
    );
    in_prepared_namespace(&commands, || {
        let down = Place::Down {
            link: "pod-id-link0".to_owned(),
        };
        assert_eq!(check(&[ipv4()]).unwrap(), [down]);
        let ensured = ensure(&settings()).unwrap();
        assert_eq!(ensured.link(), LinkState::BroughtUp);
        // IPv6's route came with the link.
        assert_eq!(states(&ensured), [AddressState::Made, AddressState::There]);
        assert!(is_reachable(ipv4()) && is_reachable(ipv6()));
    });
}

#[test]
fn a_link_that_was_taken_down_is_mended() {
    in_namespace(|| {
        let _first = ensure(&settings()).unwrap();
        shell("ip link set pod-id-link0 down");
        let ensured = ensure(&settings()).unwrap();
        assert_eq!(ensured.link(), LinkState::BroughtUp);
        // Linux forgets routes and IPv6 addresses of a link that goes down.
        assert_eq!(states(&ensured), [AddressState::Made, AddressState::Made]);
        assert!(is_reachable(ipv4()) && is_reachable(ipv6()));
    });
}

#[test]
fn a_missing_route_is_added() {
    let commands = format!(
        "{MAKE_LINK}
        ip link set pod-id-link0 up
        ip address add 169.254.170.23/32 dev pod-id-link0
        ip address add fd00:ec2::23/128 dev pod-id-link0 nodad noprefixroute"
    );
    in_prepared_namespace(&commands, || {
        let ensured = ensure(&settings()).unwrap();
        assert_eq!(ensured.link(), LinkState::There);
        assert_eq!(states(&ensured), [AddressState::Made, AddressState::Made]);
        let ensured = ensure(&settings()).unwrap();
        assert_eq!(states(&ensured), [AddressState::There, AddressState::There]);
    });
}
