use std::{
    net::TcpListener,
    process::{Command, Stdio},
};

use agent_link::{AddressState, LinkState, Place, Unavailable, check, ensure};

use crate::namespace::{
    MAKE_LINK, has_ipv6, in_namespace, in_prepared_namespace, in_prepared_namespace_of_any_kernel,
    ipv4, ipv6, is_installed, is_reachable, settings, shell, states,
};

#[test]
fn from_nothing_both_addresses_can_be_listened_at() {
    in_namespace(|| {
        assert_eq!(check(&[ipv4()]).unwrap(), [Place::Nowhere]);
        assert!(!is_reachable(ipv4()));

        let ensured = ensure(&settings()).unwrap();

        assert_eq!(ensured.link(), LinkState::Made);
        assert!(matches!(ensured.kind(), "dummy" | "bridge"));
        assert_eq!(states(&ensured), [AddressState::Made, AddressState::Made]);
        assert!(is_reachable(ipv4()));
        assert!(is_reachable(ipv6()));
        let link = Place::Up {
            link: "pod-id-link0".to_owned(),
        };
        let places = check(&[ipv6(), ipv4(), "192.0.2.1".parse().unwrap()]).unwrap();
        assert_eq!(places, [link.clone(), link, Place::Nowhere]);
    });
}

/// A namespace in the namespace, joined by a pair of links: a pod of the node.
#[test]
fn a_pod_reaches_the_agent_at_both_addresses() {
    if !is_installed("bash") || !is_installed("nsenter") {
        return;
    }
    in_namespace(|| {
        let mut pod = Command::new("unshare")
            .args(["-n", "cat"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let enter = format!("nsenter --target {} --net", pod.id());
        shell(&format!(
            "while [ \"$(readlink /proc/self/ns/net)\" = \"$(readlink /proc/{}/ns/net)\" ]
             do sleep 0.1; done
             ip link add node type veth peer name pod netns {}
             ip address add 192.0.2.1/24 dev node
             ip address add fd00::1/64 dev node nodad
             ip link set node up
             {enter} ip address add 192.0.2.2/24 dev pod
             {enter} ip address add fd00::2/64 dev pod nodad
             {enter} ip link set pod up
             {enter} ip route add default via 192.0.2.1
             {enter} ip route add default via fd00::1",
            pod.id(),
            pod.id(),
        ));
        let _ensured = ensure(&settings()).unwrap();
        for address in [ipv4(), ipv6()] {
            let _listener = TcpListener::bind((address, 80)).unwrap();
            shell(&format!(
                "{enter} timeout 5 bash -c '</dev/tcp/{address}/80'"
            ));
        }
        pod.kill().unwrap();
        pod.wait().unwrap();
    });
}

#[test]
fn the_kernel_lists_what_was_made() {
    in_namespace(|| {
        let _ensured = ensure(&settings()).unwrap();
        // Link, destination, gateway, flags (up, a host), and the mask at the end.
        let routes = shell("cat /proc/net/route");
        let route = routes
            .lines()
            .find(|line| line.starts_with("pod-id-link0\t17AAFEA9\t00000000\t"));
        assert!(
            route.is_some_and(|line| line.contains("\tFFFFFFFF\t")),
            "{routes}"
        );
        let addresses = shell("cat /proc/net/if_inet6");
        // Prefix of 128 bits, global, permanent and without detection of duplicates.
        let address = addresses
            .lines()
            .find(|line| line.starts_with("fd000ec2000000000000000000000023 "))
            .unwrap();
        assert!(address.contains(" 80 00 82 "), "{address}");
        let routes = shell("cat /proc/net/ipv6_route");
        let count = routes
            .lines()
            .filter(|line| line.starts_with("fd000ec2000000000000000000000023 80 "))
            .filter(|line| line.ends_with("pod-id-link0"));
        // In the table of the machine's own addresses, and in the main table.
        assert_eq!(count.count(), 2, "{routes}");
    });
}

#[test]
fn a_second_run_finds_everything_there() {
    in_namespace(|| {
        let _first = ensure(&settings()).unwrap();
        let second = ensure(&settings()).unwrap();
        assert_eq!(second.link(), LinkState::There);
        assert_eq!(states(&second), [AddressState::There, AddressState::There]);
    });
}

#[test]
fn what_awss_init_container_makes_is_taken_as_it_is() {
    // As pkg/initalizer of aws/eks-pod-identity-agent does it.
    let aws = format!(
        "{MAKE_LINK}
        ip address add 169.254.170.23/32 dev pod-id-link0
        ip -6 address add fd00:ec2::23/128 dev pod-id-link0 nodad
        ip link set pod-id-link0 up
        ip route add 169.254.170.23/32 dev pod-id-link0"
    );
    in_prepared_namespace(&aws, || {
        let before = shell("ip address; ip route show table all; ip -6 route show table all");
        let ensured = ensure(&settings()).unwrap();
        assert_eq!(ensured.link(), LinkState::There);
        assert_eq!(states(&ensured), [AddressState::There, AddressState::There]);
        ensured.remove().unwrap();
        let after = shell("ip address; ip route show table all; ip -6 route show table all");
        assert_eq!(before, after);
    });
}

#[test]
fn without_ipv6_there_is_ipv4() {
    let (disable, reason) = if has_ipv6() {
        (DISABLE_IPV6, Unavailable::Ipv6Disabled)
    } else {
        ("", Unavailable::NoIpv6)
    };
    in_prepared_namespace_of_any_kernel(disable, || {
        for ipv4_state in [AddressState::Made, AddressState::There] {
            let ensured = ensure(&settings()).unwrap();
            let unavailable = AddressState::Unavailable(reason);
            assert_eq!(states(&ensured), [ipv4_state, unavailable]);
        }
        assert!(is_reachable(ipv4()));
        assert_eq!(check(&[ipv6()]).unwrap(), [Place::Nowhere]);
    });
}

const DISABLE_IPV6: &str = "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
    echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6";
