use agent_link::{AddressState, Error, LinkState, Place, check, ensure};

use crate::namespace::{
    MAKE_LINK, in_prepared_namespace, ipv4, ipv6, is_reachable, settings, shell, states,
};

#[test]
fn without_the_capability_nothing_is_made_but_looked_at() {
    in_prepared_namespace(&without_capabilities(""), || {
        let error = ensure(&settings()).unwrap_err();
        assert!(
            matches!(&error, Error::NotPermitted { action } if action == "make link pod-id-link0"),
            "{error:?}"
        );
        assert_eq!(
            check(&[ipv4(), ipv6()]).unwrap(),
            [Place::Nowhere, Place::Nowhere]
        );
    });
}

#[test]
fn where_everything_is_there_no_capability_is_needed() {
    let made = format!(
        "{MAKE_LINK}
        ip link set pod-id-link0 up
        ip address add 169.254.170.23/32 dev pod-id-link0
        ip address add fd00:ec2::23/128 dev pod-id-link0 nodad
        ip route add 169.254.170.23/32 dev pod-id-link0"
    );
    in_prepared_namespace(&without_capabilities(&made), || {
        let ensured = ensure(&settings()).unwrap();
        assert_eq!(ensured.link(), LinkState::There);
        assert_eq!(states(&ensured), [AddressState::There, AddressState::There]);
        ensured.remove().unwrap();
    });
}

#[test]
fn a_link_of_another_kind_keeps_its_name() {
    in_prepared_namespace("ip link add pod-id-link0 type veth peer name other", || {
        let error = ensure(&settings()).unwrap_err();
        assert!(
            matches!(&error, Error::NameTaken { kind: Some(kind), .. } if kind == "veth"),
            "{error:?}"
        );
        assert_eq!(check(&[ipv4()]).unwrap(), [Place::Nowhere]);
    });
}

#[test]
fn a_device_keeps_its_name() {
    let rename = "ip link set lo down
        ip link set lo name pod-id-link0";
    in_prepared_namespace(rename, || {
        let error = ensure(&settings()).unwrap_err();
        assert!(
            matches!(error, Error::NameTaken { kind: None, .. }),
            "{error:?}"
        );
    });
}

#[test]
fn a_route_to_another_link_is_named_and_nothing_is_made() {
    let elsewhere = "ip link add other type veth peer name peer
        ip link set other up
        ip route add 169.254.170.23/32 dev other";
    in_prepared_namespace(elsewhere, || {
        let error = ensure(&settings()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the route of 169.254.170.23 leads to other, not to pod-id-link0"
        );
        assert!(!shell("ip link").contains("pod-id-link0"));
    });
}

#[test]
fn a_route_that_discards_or_is_of_ipv6_is_elsewhere_too() {
    let elsewhere = "ip link add other type veth peer name peer
        ip link set other up
        ip -6 route add fd00:ec2::23/128 dev other
        ip route add blackhole 169.254.170.23/32";
    in_prepared_namespace(elsewhere, || {
        let mut settings = settings();
        let error = ensure(&settings).unwrap_err();
        assert!(
            matches!(error, Error::RouteElsewhere { link: None, .. }),
            "{error:?}"
        );
        settings.addresses.retain(std::net::IpAddr::is_ipv6);
        let error = ensure(&settings).unwrap_err();
        assert!(
            matches!(&error, Error::RouteElsewhere { link: Some(link), .. } if link == "other"),
            "{error:?}"
        );
    });
}

#[test]
fn routes_of_other_tables_and_wider_ones_are_not_in_the_way() {
    let around = "ip link add other type veth peer name peer
        ip link set other up
        ip route add 169.254.170.23/32 dev other table 1000
        ip route add 169.254.0.0/16 dev other
        ip -6 route add fd00:ec2::23/128 dev other table 7
        ip -6 route add fd00:ec2::/32 dev other
        ip address add 169.254.170.23/32 dev other";
    in_prepared_namespace(around, || {
        let ensured = ensure(&settings()).unwrap();
        assert_eq!(states(&ensured), [AddressState::Made, AddressState::Made]);
        assert!(is_reachable(ipv4()) && is_reachable(ipv6()));
    });
}

/// The test, without capabilities and without a way to them.
///
/// Still as root: in a user namespace there may be nobody else.
fn without_capabilities(commands: &str) -> String {
    format!("{commands}\nexec setpriv --bounding-set -all --inh-caps -all --no-new-privs \"$@\"")
}
