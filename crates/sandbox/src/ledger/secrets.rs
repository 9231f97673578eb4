use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Nothing shorter is a secret: words would be found everywhere.
const SHORTEST: usize = 16;
/// Nothing shorter is a telling line of a key.
const SHORTEST_LINE: usize = 32;

/// Those that were there from the start are kept for ever.
const FIRST: usize = 512;
/// And so many of the others, the latest.
const LATEST: usize = 8192;

/// The secrets that were issued or accepted.
#[derive(Default)]
pub(super) struct Secrets(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    known: BTreeSet<String>,
    in_order: VecDeque<String>,
}

impl Noted {
    fn insert(&mut self, secret: String) {
        if !self.known.insert(secret.clone()) {
            return;
        }
        self.in_order.push_back(secret);
        if self.in_order.len() > FIRST + LATEST
            && let Some(oldest) = self.in_order.remove(FIRST)
        {
            self.known.remove(&oldest);
        }
    }
}

impl Secrets {
    /// Notes a secret; a key in PEM by line, too, so that it is found however
    /// it is indented or escaped.
    pub(super) fn note(&self, secret: &str) {
        let secret = secret.trim();
        if secret.len() < SHORTEST {
            return;
        }
        let mut secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if secret.starts_with("-----BEGIN ") {
            for line in private_lines(secret) {
                secrets.insert(line);
            }
        }
        secrets.insert(secret.to_owned());
    }

    pub(super) fn all(&self) -> Vec<String> {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.known.iter().cloned().collect()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Secrets").finish_non_exhaustive()
    }
}

/// The lines that hold nothing public: a short key (of a curve) begins with its
/// private part and ends with the public one; a long one (RSA) begins with the
/// modulus, and its second half is primes.
fn private_lines(pem: &str) -> Vec<String> {
    let lines: Vec<_> = pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let private = match lines.len() {
        count @ ..=10 => &lines[..count.min(1)],
        count => &lines[count / 2..],
    };
    let long = private.iter().filter(|line| line.len() >= SHORTEST_LINE);
    long.map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem(lines: &[String]) -> String {
        let lines = lines.join("\n");
        format!("-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----")
    }

    #[test]
    fn a_key_is_noted_whole_and_by_its_private_lines() {
        let line = |letter: char| letter.to_string().repeat(64);
        let curve = pem(&[line('p'), line('q')]);
        let letters: Vec<_> = ('a'..='l').map(line).collect();
        let rsa = pem(&letters);
        for (key, private) in [(&curve, vec![line('p')]), (&rsa, letters[6..].to_vec())] {
            let secrets = Secrets::default();
            secrets.note(&format!("{key}\n"));
            let mut expected = vec![key.clone()];
            expected.extend(private);
            assert_eq!(secrets.all(), expected);
        }
    }

    #[test]
    fn words_are_no_secrets_and_debug_shows_none() {
        let secrets = Secrets::default();
        secrets.note("");
        secrets.note("garbage");
        assert_eq!(secrets.all(), [""; 0]);
        secrets.note("s.0123456789abcdef01234567");
        assert_eq!(secrets.all().len(), 1);
        assert_eq!(format!("{secrets:?}"), "Secrets { .. }");
    }

    #[test]
    fn the_first_and_the_latest_are_kept() {
        let secrets = Secrets::default();
        let secret = |number: usize| format!("secret-number-{number:08}");
        let last = FIRST + 2 * LATEST;
        (0..=last).for_each(|number| secrets.note(&secret(number)));
        let all = secrets.all();
        assert_eq!(all.len(), FIRST + LATEST);
        for (number, kept) in [(0, true), (FIRST, false), (last, true)] {
            assert_eq!(all.contains(&secret(number)), kept, "{number}");
        }
    }
}
