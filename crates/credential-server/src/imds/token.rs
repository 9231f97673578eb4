use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;

use crate::{Error, Peer};

/// Issues and checks the session tokens of the metadata service.
///
/// A token is its own record: end, nonce, and an HMAC over both and over who
/// asked, under a key that lives as long as the server. So there is no table
/// that a flood of requests could fill, and nobody's token is evicted for
/// another's.
pub(crate) struct Tokens {
    key: hmac::Key,
    time: SteadyTime,
}

impl Tokens {
    pub(crate) fn new(now: SystemTime) -> Result<Self, Error> {
        let random = aws_lc_rs::rand::SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &random);
        Ok(Self {
            key: key.map_err(|_| Error::Random)?,
            time: SteadyTime::new(now),
        })
    }

    /// A new token; `None` where the system has no random numbers.
    pub(super) fn issue(
        &self,
        lifetime: Lifetime,
        scope: Scope,
        now: SystemTime,
    ) -> Option<String> {
        let end = self.time.millis(now) + u64::from(lifetime.0) * 1000;
        let mut token = [0; TOKEN];
        token[..END].copy_from_slice(&end.to_be_bytes());
        aws_lc_rs::rand::fill(&mut token[END..SIGNED]).ok()?;
        let tag = hmac::sign(&self.key, &message(&token, scope));
        token[SIGNED..].copy_from_slice(tag.as_ref());
        Some(BASE64.encode(token))
    }

    /// How long a token still lasts; `None` where it is expired, forged, or
    /// another's.
    pub(super) fn time_left(&self, text: &str, scope: Scope, now: SystemTime) -> Option<Lifetime> {
        // One byte more than a token, so that a longer text is not one.
        let mut token = [0; TOKEN + 1];
        let read = BASE64.decode_slice(text, &mut token).ok()?;
        let token: &[u8; TOKEN] = token.get(..read)?.try_into().ok()?;
        hmac::verify(&self.key, &message(token, scope), &token[SIGNED..]).ok()?;
        let end = u64::from_be_bytes(token[..END].try_into().ok()?);
        let left = end.checked_sub(self.time.millis(now))?;
        let seconds = u32::try_from(left.div_ceil(1000)).ok()?;
        (seconds > 0).then_some(Lifetime(seconds))
    }
}

/// How long a token lasts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Lifetime(u32);

impl Lifetime {
    /// 1 to 21600 seconds, in digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = is_number.then(|| text.parse().ok())??;
        (1..=SIX_HOURS).contains(&seconds).then_some(Self(seconds))
    }

    pub(super) fn seconds(self) -> u32 {
        self.0
    }
}

/// Whom a token was given: it is good for the same host, or the same user, only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Scope([u8; SCOPE]);

impl Scope {
    pub(super) fn of(peer: Peer) -> Self {
        let mut scope = [0; SCOPE];
        match peer {
            // `localhost` is both loopbacks, and clients change between them.
            Peer::Tcp(address) if address.ip().to_canonical().is_loopback() => {}
            Peer::Tcp(address) => {
                scope[0] = 1;
                scope[1..].copy_from_slice(&as_ipv6(address.ip()).octets());
            }
            Peer::Unix { uid, .. } => {
                scope[0] = 2;
                scope[1..5].copy_from_slice(&uid.to_be_bytes());
            }
        }
        Self(scope)
    }
}

fn as_ipv6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

fn message(token: &[u8; TOKEN], scope: Scope) -> [u8; SIGNED + SCOPE] {
    let mut message = [0; SIGNED + SCOPE];
    message[..SIGNED].copy_from_slice(&token[..SIGNED]);
    message[SIGNED..].copy_from_slice(&scope.0);
    message
}

/// The wall clock, but never backwards: a clock that is set back would give
/// every token that time again.
struct SteadyTime(Mutex<Seen>);

struct Seen {
    last: SystemTime,
    set_back: Duration,
}

impl SteadyTime {
    fn new(now: SystemTime) -> Self {
        Self(Mutex::new(Seen {
            last: now,
            set_back: Duration::ZERO,
        }))
    }

    fn millis(&self, now: SystemTime) -> u64 {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(back) = seen.last.duration_since(now) {
            seen.set_back += back;
        }
        seen.last = now;
        let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from((since_epoch + seen.set_back).as_millis()).unwrap_or(u64::MAX)
    }
}

const END: usize = 8;
/// End and nonce.
const SIGNED: usize = END + 16;
const TOKEN: usize = SIGNED + 32;
const SCOPE: usize = 17;
const SIX_HOURS: u32 = 21_600;

#[cfg(test)]
mod tests {
    use super::*;

    const START: SystemTime = UNIX_EPOCH;
    const HERE: Scope = Scope([0; SCOPE]);

    fn at(seconds: u64) -> SystemTime {
        START + Duration::from_secs(100_000 + seconds)
    }

    #[test]
    fn a_lifetime_is_one_second_to_six_hours() {
        for (text, expected) in [
            ("1", Some(1)),
            ("21600", Some(21_600)),
            ("060", Some(60)),
            ("0", None),
            ("21601", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            (" 1", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            let lifetime = Lifetime::parse(text).map(Lifetime::seconds);
            assert_eq!(lifetime, expected, "{text}");
        }
    }

    #[test]
    fn a_token_ends_by_the_wall_clock_however_that_jumps() {
        for (case, steps) in [
            ("goes on", &[(0, Some(60)), (59, Some(1)), (60, None)][..]),
            ("leaps", &[(0, Some(60)), (10_000, None), (0, None)]),
            (
                "set back",
                &[(30, Some(30)), (0, Some(30)), (29, Some(1)), (30, None)],
            ),
            (
                "set back twice",
                &[
                    (50, Some(10)),
                    (0, Some(10)),
                    (5, Some(5)),
                    (1, Some(5)),
                    (6, None),
                ],
            ),
        ] {
            let tokens = Tokens::new(at(0)).unwrap();
            let token = tokens.issue(Lifetime(60), HERE, at(0)).unwrap();
            for (now, expected) in steps {
                let left = tokens.time_left(&token, HERE, at(*now));
                assert_eq!(left.map(Lifetime::seconds), *expected, "{case}, at {now}");
            }
        }
    }

    #[test]
    fn a_token_is_of_this_server_whole_and_its_holders() {
        let tokens = Tokens::new(at(0)).unwrap();
        let token = tokens.issue(Lifetime(60), HERE, at(0)).unwrap();
        assert!(tokens.time_left(&token, HERE, at(1)).is_some());
        let other_server = Tokens::new(at(0)).unwrap();
        assert_eq!(other_server.time_left(&token, HERE, at(1)), None);
        let other_host = Scope::of(Peer::Tcp("10.0.0.1:1".parse().unwrap()));
        assert_eq!(tokens.time_left(&token, other_host, at(1)), None);
        for index in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[index] = if forged[index] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(tokens.time_left(&forged, HERE, at(1)), None, "{index}");
        }
        let longer = format!("{token}AAAA");
        for text in ["", "A", &token[1..], longer.as_str()] {
            assert_eq!(tokens.time_left(text, HERE, at(1)), None, "{text}");
        }
    }

    #[test]
    fn both_loopbacks_are_one_host_and_users_are_apart() {
        let tcp = |text: &str| Scope::of(Peer::Tcp(text.parse().unwrap()));
        let unix = |uid| {
            Scope::of(Peer::Unix {
                uid,
                gid: 0,
                pid: None,
            })
        };
        assert_eq!(tcp("127.0.0.1:1"), tcp("[::1]:2"));
        assert_eq!(tcp("10.0.0.1:1"), tcp("[::ffff:10.0.0.1]:2"));
        assert_ne!(tcp("127.0.0.1:1"), tcp("10.0.0.1:1"));
        assert_ne!(unix(0), tcp("127.0.0.1:1"));
        assert_ne!(unix(1), unix(2));
    }
}
