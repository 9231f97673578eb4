use agent_link::{LinkState, Place, check, ensure};

use crate::namespace::{
    MAKE_LINK, in_namespace, in_prepared_namespace, ipv4, ipv6, settings, shell,
};

#[test]
fn a_link_that_was_made_goes_with_everything() {
    in_namespace(|| {
        let before = shell("cat /proc/net/dev /proc/net/route /proc/net/ipv6_route");
        ensure(&settings()).unwrap().remove().unwrap();
        assert_eq!(
            check(&[ipv4(), ipv6()]).unwrap(),
            [Place::Nowhere, Place::Nowhere]
        );
        let after = shell("cat /proc/net/dev /proc/net/route /proc/net/ipv6_route");
        assert_eq!(names(&before), names(&after));
    });
}

#[test]
fn what_was_there_stays() {
    in_namespace(|| {
        let first = ensure(&settings()).unwrap();
        ensure(&settings()).unwrap().remove().unwrap();
        assert!(matches!(check(&[ipv4()]).unwrap()[..], [Place::Up { .. }]));
        first.remove().unwrap();
        assert_eq!(check(&[ipv4()]).unwrap(), [Place::Nowhere]);
    });
}

#[test]
fn on_a_link_of_somebody_elses_only_what_was_added_goes() {
    let commands = format!(
        "{MAKE_LINK}
        ip link set pod-id-link0 up
        ip address add 169.254.170.23/32 dev pod-id-link0"
    );
    in_prepared_namespace(&commands, || {
        let before = shell("ip address; ip route; ip -6 route show dev pod-id-link0");
        let ensured = ensure(&settings()).unwrap();
        assert_eq!(ensured.link(), LinkState::There);
        assert!(matches!(check(&[ipv6()]).unwrap()[..], [Place::Up { .. }]));
        ensured.remove().unwrap();
        let after = shell("ip address; ip route; ip -6 route show dev pod-id-link0");
        assert_eq!(before, after);
    });
}

#[test]
fn a_link_that_somebody_made_anew_stays() {
    in_namespace(|| {
        let ensured = ensure(&settings()).unwrap();
        shell(&format!("ip link delete pod-id-link0; {MAKE_LINK}"));
        ensured.remove().unwrap();
        assert!(shell("ip link").contains("pod-id-link0"));
    });
}

#[test]
fn what_has_gone_by_itself_is_no_error() {
    in_prepared_namespace(MAKE_LINK, || {
        let on_theirs = ensure(&settings()).unwrap();
        shell("ip link delete pod-id-link0");
        on_theirs.remove().unwrap();
        let ours = ensure(&settings()).unwrap();
        shell("ip link delete pod-id-link0");
        ours.remove().unwrap();
    });
}

#[test]
fn what_was_made_before_a_refusal_is_taken_away() {
    in_namespace(|| {
        let mut settings = settings();
        // No machine takes it, which is only seen when it is asked.
        settings.addresses.push("255.255.255.255".parse().unwrap());
        settings.addresses.push("ff02::1".parse().unwrap());
        ensure(&settings).unwrap_err();
        assert!(!shell("ip link").contains("pod-id-link0"));
        assert_eq!(check(&[ipv4()]).unwrap(), [Place::Nowhere]);
    });
}

/// Without the numbers, which count.
fn names(lists: &str) -> Vec<&str> {
    let words = lists.split_whitespace();
    words.filter(|word| word.ends_with(':')).collect()
}
