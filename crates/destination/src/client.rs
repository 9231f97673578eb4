use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use private_file::Fingerprint;
use zeroize::Zeroizing;

use crate::failure::{Patience, failure, innermost};
use crate::{AnswerBody, BODY_LIMIT, Destination, Error, Response, tls};

/// Sends requests to one [`Destination`], over kept connections.
pub struct HttpClient {
    destination: Destination,
    current: Mutex<Current>,
}

/// A client, and what its files looked like when it was made.
struct Current {
    fingerprint: Fingerprint,
    client: reqwest::Client,
    refused: Option<Refused>,
}

/// What newer files looked like that no client could be made of.
struct Refused {
    fingerprint: Fingerprint,
    /// The operating system failed: the same files may be readable by now.
    may_pass: bool,
}

impl HttpClient {
    /// Reads the destination's files and makes a client. Connects to nobody.
    pub fn new(destination: Destination) -> Result<Self, Error> {
        // Taken first: a change while the files are read is seen at the next request.
        let fingerprint = fingerprint(&destination);
        let client = make(&destination)?;
        Ok(Self {
            destination,
            current: Mutex::new(Current::new(fingerprint, client)),
        })
    }

    /// The settings that this client was made from.
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Sends `request`, whose URI must be absolute, and reads the whole answer.
    ///
    /// Whatever the status is, it is an answer; redirects are not followed.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response, Error> {
        let host = self.destination.peer(request.uri());
        let patience = self.patience(self.destination.timeout);
        let fail = |error: &reqwest::Error| failure(error, &host, patience);
        let answer = self.client().execute(self.addressed(request)?).await;
        let mut answer = answer.map_err(|error| fail(&error))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = Zeroizing::new(Vec::with_capacity(4096));
        while let Some(chunk) = answer.chunk().await.map_err(|error| fail(&error))? {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(Error::BodyTooLarge { host });
            }
            append(&mut body, &chunk);
        }
        Ok(Response {
            status,
            headers,
            body,
        })
    }

    /// Sends `request` like [`send`](Self::send), and hands the answer over as
    /// soon as its headers are there: for one without an end, or larger than
    /// [`BODY_LIMIT`]. `within` is how long it may take to its last byte,
    /// instead of the destination's own `timeout`.
    pub async fn open(
        &self,
        request: Request<Bytes>,
        within: Duration,
    ) -> Result<http::Response<AnswerBody>, Error> {
        let host = self.destination.peer(request.uri());
        let mut request = self.addressed(request)?;
        *request.timeout_mut() = Some(within);
        let patience = self.patience(within);
        let answer = self.client().execute(request).await;
        let answer = answer.map_err(|error| failure(&error, &host, patience))?;
        let answer = http::Response::<reqwest::Body>::from(answer);
        Ok(answer.map(|body| AnswerBody::new(body, host, patience)))
    }

    fn patience(&self, answer: Duration) -> Patience {
        Patience {
            connect: self.destination.connect_timeout,
            answer,
        }
    }

    /// The request as it is sent.
    fn addressed(&self, request: Request<Bytes>) -> Result<reqwest::Request, Error> {
        let request = match &self.destination.server_name {
            Some(server_name) => server_name.apply(request)?,
            None => request,
        };
        reqwest::Request::try_from(request).map_err(|_| Error::InvalidSettings {
            reason: "the address is not a valid URL".to_owned(),
        })
    }

    /// The client, made anew if a file has changed. A file that has become
    /// unusable (one that is being rotated, say) leaves the last good client;
    /// that is said once, and it is not read again until it changes.
    fn client(&self) -> reqwest::Client {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = fingerprint(&self.destination);
        let known = current.refused.as_ref();
        let known = known.filter(|refused| refused.fingerprint == seen);
        if current.fingerprint == seen || known.is_some_and(|refused| !refused.may_pass) {
            return current.client.clone();
        }
        match make(&self.destination) {
            Ok(client) => *current = Current::new(seen, client),
            Err(error) => {
                if known.is_none() {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "kept the previous TLS settings"
                    );
                }
                current.refused = Some(Refused {
                    fingerprint: seen,
                    may_pass: error.may_pass(),
                });
            }
        }
        current.client.clone()
    }
}

/// Shows where to, never how.
impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("destination", &self.destination)
            .finish_non_exhaustive()
    }
}

impl Current {
    fn new(fingerprint: Fingerprint, client: reqwest::Client) -> Self {
        Self {
            fingerprint,
            client,
            refused: None,
        }
    }
}

/// A client for `destination`; reads its files.
fn make(destination: &Destination) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config(destination)?)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .connect_timeout(destination.connect_timeout)
        .timeout(destination.timeout)
        .user_agent(&destination.user_agent);
    for proxy in destination.proxy.iter().map(crate::Proxy::rules) {
        for rule in proxy? {
            builder = builder.proxy(rule);
        }
    }
    if let Some(server_name) = destination.server_name.clone() {
        builder = builder.dns_resolver(server_name.into_resolver());
    }
    #[cfg(unix)]
    if let Some(path) = destination.unix_socket.clone() {
        builder = builder.unix_socket(path);
    }
    builder.build().map_err(|error| Error::InvalidSettings {
        reason: innermost(&error),
    })
}

fn fingerprint(destination: &Destination) -> Fingerprint {
    let identity = destination.client_identity.iter();
    let identity = identity.flat_map(crate::ClientIdentity::paths);
    let roots = destination.roots.paths();
    Fingerprint::of(roots.iter().map(PathBuf::as_path).chain(identity))
}

/// A vector that grows leaves its old memory behind as it was; this one is
/// wiped first.
fn append(body: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    if body.capacity() - body.len() < chunk.len() {
        let mut larger = Zeroizing::new(Vec::with_capacity(2 * (body.len() + chunk.len())));
        larger.extend_from_slice(body);
        *body = larger;
    }
    body.extend_from_slice(chunk);
}
