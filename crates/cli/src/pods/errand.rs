use std::str::FromStr;
use std::time::{Duration, SystemTime};

use http::Method;
use url::form_urlencoded;

use crate::session::SessionKey;

/// What a broker is asked for, with the token of a pod.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Errand {
    /// By agents, as SDKs ask them: the session of the pod's account.
    Credentials,
    /// By a broker that begins anew: that session, if it is at hand and the one
    /// that is wanted there.
    Held { key: SessionKey },
    /// By a broker that has that session, which ends then: come and ask for it, and
    /// say whether it is at hand now.
    Copy { key: SessionKey, end: SystemTime },
}

impl Errand {
    /// Where a broker is asked for what.
    pub(super) const PATHS: [&str; 3] = [CREDENTIALS, HELD, COPY];

    /// What such a request asks for.
    ///
    /// SDKs may ask by any method, as EKS's agent has it; for a copy there is no other
    /// than HEAD, so that no session is in the answer, and for what is held none but
    /// GET, as there is one in it.
    pub(super) fn read((method, path): (&Method, &str), query: Option<&str>) -> Option<Self> {
        match path {
            CREDENTIALS => Some(Self::Credentials),
            HELD if method == Method::GET => Some(Self::Held {
                key: value(query?, "key")?,
            }),
            COPY if method == Method::HEAD => {
                let end = Duration::from_secs(value(query?, "end")?);
                Some(Self::Copy {
                    key: value(query?, "key")?,
                    end: SystemTime::UNIX_EPOCH.checked_add(end)?,
                })
            }
            _ => None,
        }
    }

    /// The method, and the path with its query.
    pub(super) fn request_line(&self) -> (Method, String) {
        match self {
            Self::Credentials => (Method::GET, CREDENTIALS.to_owned()),
            Self::Held { key } => (Method::GET, format!("{HELD}?key={}", key.as_str())),
            // Who says so has the session: there is nothing to be sent back.
            Self::Copy { key, end } => {
                let end = seconds(*end);
                (
                    Method::HEAD,
                    format!("{COPY}?key={}&end={end}", key.as_str()),
                )
            }
        }
    }
}

fn value<T: FromStr>(query: &str, name: &str) -> Option<T> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, value) = pairs.find(|(key, _)| key == name)?;
    value.parse().ok()
}

/// Whole seconds, as AWS has the ends of sessions.
pub(super) fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

const CREDENTIALS: &str = "/v1/credentials";
const HELD: &str = "/v1/held";
const COPY: &str = "/v1/copy";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_what_is_read() {
        let key = SessionKey::of(&[("role", "web")]);
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let copy = Errand::Copy {
            key: key.clone(),
            end,
        };
        for errand in [Errand::Credentials, Errand::Held { key }, copy] {
            let (method, target) = errand.request_line();
            let (path, query) = match target.split_once('?') {
                Some((path, query)) => (path, Some(query)),
                None => (&*target, None),
            };
            assert!(Errand::PATHS.contains(&path), "{path}");
            assert_eq!(Errand::read((&method, path), query), Some(errand));
        }
    }

    #[test]
    fn what_is_no_errand_is_not_read() {
        let key = "0".repeat(64);
        for (path, query) in [
            ("/v1/held", String::new()),
            ("/v1/held", "key=".to_owned()),
            ("/v1/held", format!("key={key}x")),
            ("/v1/copy", format!("key={key}")),
            ("/v1/copy", format!("key={key}&end=soon")),
            ("/v1/copy", format!("key={key}&end={}", u64::MAX)),
            ("/v1/other", format!("key={key}")),
        ] {
            for method in [Method::HEAD, Method::GET] {
                let read = Errand::read((&method, path), Some(&query));
                assert_eq!(read, None, "{method} {path}?{query}");
            }
        }
        let held = format!("key={key}");
        assert_eq!(Errand::read((&Method::HEAD, HELD), Some(&held)), None);
        assert_eq!(Errand::read((&Method::GET, HELD), None), None);
        let copy = format!("key={key}&end=1790000000");
        assert_eq!(Errand::read((&Method::GET, COPY), Some(&copy)), None);
    }
}
