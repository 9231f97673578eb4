use std::time::SystemTime;

use pod_identity::Fingerprint;

use super::replicas::Replica;

/// Which other brokers have the session of an account, as far as we know.
#[derive(Default)]
pub(super) struct Holders {
    /// When that session ends, which tells it from the one before.
    end: Option<SystemTime>,
    known: Vec<Replica>,
    /// The token that one of them did not take: it will be none the better later.
    refused: Option<Fingerprint>,
}

impl Holders {
    /// Which of those lack the session that ends then, and can be told by that token.
    pub(super) fn lacking(
        &mut self,
        end: SystemTime,
        mut wanted: Vec<Replica>,
        token: Fingerprint,
    ) -> Vec<Replica> {
        self.look_at(end);
        if self.refused == Some(token) {
            return Vec::new();
        }
        wanted.retain(|replica| !self.known.contains(replica));
        wanted
    }

    /// That one has the session that ends then.
    pub(super) fn add(&mut self, end: SystemTime, replica: Replica) {
        self.look_at(end);
        self.known.push(replica);
    }

    /// Nobody takes that token.
    pub(super) fn refuse(&mut self, token: Fingerprint) {
        self.refused = Some(token);
    }

    /// Whether another token was waited for, which this one is; only once.
    pub(super) fn takes_another_token(&mut self, token: Fingerprint) -> bool {
        self.refused.take_if(|refused| *refused != token).is_some()
    }

    /// Those are ready, and no others: who was gone comes back with nothing in memory.
    pub(super) fn keep(&mut self, ready: &[Replica]) {
        self.known.retain(|replica| ready.contains(replica));
    }

    /// Another session than before is nobody else's yet.
    fn look_at(&mut self, end: SystemTime) {
        if self.end != Some(end) {
            *self = Self {
                end: Some(end),
                ..Self::default()
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn replica(name: &str, port: u16) -> Replica {
        Replica {
            name: name.to_owned(),
            address: ([10, 0, 0, 1], port).into(),
            coming: 0,
        }
    }

    fn end(hour: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_hours(hour)
    }

    #[test]
    fn each_session_is_told_to_everybody_once() {
        let token = Fingerprint::of("a");
        let all = || vec![replica("b", 1), replica("c", 2)];
        let mut holders = Holders::default();
        assert_eq!(holders.lacking(end(1), all(), token), all());
        holders.add(end(1), replica("b", 1));
        assert_eq!(holders.lacking(end(1), all(), token), [replica("c", 2)]);
        assert_eq!(holders.lacking(end(2), all(), token), all());
    }

    #[test]
    fn who_was_gone_is_told_again() {
        let token = Fingerprint::of("a");
        let all = || vec![replica("b", 1)];
        let mut holders = Holders::default();
        holders.add(end(1), replica("b", 1));
        holders.keep(&all());
        assert_eq!(holders.lacking(end(1), all(), token), []);
        holders.keep(&[]);
        assert_eq!(holders.lacking(end(1), all(), token), all());
        // It was gone for a moment that nobody has looked at.
        let back = || {
            let mut back = all();
            back[0].coming = 1;
            back
        };
        holders.add(end(1), replica("b", 1));
        holders.keep(&back());
        assert_eq!(holders.lacking(end(1), back(), token), back());
        // A new process of the same name, elsewhere.
        holders.add(end(1), replica("b", 1));
        holders.keep(&[replica("b", 2)]);
        let anew = || vec![replica("b", 2)];
        assert_eq!(holders.lacking(end(1), anew(), token), anew());
    }

    #[test]
    fn a_token_that_is_refused_is_not_shown_again() {
        let [dead, alive] = ["a", "b"].map(Fingerprint::of);
        let all = || vec![replica("b", 1)];
        let mut holders = Holders::default();
        assert!(!holders.takes_another_token(alive));
        assert_eq!(holders.lacking(end(1), all(), dead), all());
        holders.refuse(dead);
        assert_eq!(holders.lacking(end(1), all(), dead), []);
        assert!(!holders.takes_another_token(dead));
        assert!(holders.takes_another_token(alive) && !holders.takes_another_token(alive));
        assert_eq!(holders.lacking(end(1), all(), alive), all());
    }
}
