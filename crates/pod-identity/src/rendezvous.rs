use sha2::{Digest as _, Sha256};

/// The replicas in the order in which they are asked about `key`: the first one
/// holds it, the second one would if the first were gone, and so on.
///
/// Everybody who knows the same replicas comes to the same order without a word
/// between them, and when one goes, only what it held moves
/// ([highest random weight](https://en.wikipedia.org/wiki/Rendezvous_hashing)).
pub fn ranked<'a, R: AsRef<str>>(replicas: &'a [R], key: &str) -> Vec<&'a R> {
    let mut ranked: Vec<_> = replicas
        .iter()
        .map(|replica| (weight(replica.as_ref(), key), replica))
        .collect();
    ranked.sort_by(|(one, left), (other, right)| {
        let by_name = || left.as_ref().cmp(right.as_ref());
        other.cmp(one).then_with(by_name)
    });
    ranked.into_iter().map(|(_, replica)| replica).collect()
}

/// Of two names with a byte between them that neither has.
fn weight(replica: &str, key: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(replica.as_bytes());
    hash.update([0]);
    hash.update(key.as_bytes());
    let digest = hash.finalize();
    digest[..8]
        .iter()
        .fold(0, |weight, byte| weight << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn firsts(replicas: &[&str]) -> HashMap<String, String> {
        let keys = (0..1000).map(|number| format!("shop/account-{number}"));
        keys.map(|key| {
            let first = (*ranked(replicas, &key)[0]).to_owned();
            (key, first)
        })
        .collect()
    }

    #[test]
    fn everybody_has_a_fair_share_whatever_the_order() {
        let replicas = ["broker-a", "broker-b", "broker-c"];
        let shares = firsts(&replicas);
        assert_eq!(shares, firsts(&["broker-c", "broker-a", "broker-b"]));
        for replica in replicas {
            let share = shares.values().filter(|first| *first == replica).count();
            assert!((250..=420).contains(&share), "{replica}: {share}");
        }
    }

    #[test]
    fn the_death_of_one_moves_only_its_share() {
        let before = firsts(&["broker-a", "broker-b", "broker-c"]);
        let after = firsts(&["broker-a", "broker-c"]);
        for (key, first) in &before {
            if first != "broker-b" {
                assert_eq!(&after[key], first, "{key}");
            }
        }
        // And those go where the next in order is.
        let (key, _) = before
            .iter()
            .find(|(_, first)| *first == "broker-b")
            .unwrap();
        let second = *ranked(&["broker-a", "broker-b", "broker-c"], key)[1];
        assert_eq!(after[key], second);
    }

    #[test]
    fn no_replica_is_no_order() {
        assert!(ranked::<&str>(&[], "shop/web").is_empty());
    }
}
