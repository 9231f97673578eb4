use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use destination::{Destination, Error, HttpClient, Response};
use http::{HeaderValue, Method, Request, StatusCode};
use refresh::Clock;
use secrecy::{ExposeSecret as _, SecretString};

use super::refused;
use crate::ambient::document::Document;
use crate::failure::{self, Failure};

/// The metadata service at one address: reached directly, and by nobody's
/// trust policy but its own.
pub(super) struct Service {
    base: String,
    client: HttpClient,
    clock: Arc<dyn Clock>,
}

/// What came of asking for a token.
pub(super) enum Token {
    Given(SecretString),
    /// It knows no tokens.
    Refused(StatusCode),
    /// It may be too far away: the answer dies after one hop.
    Silent,
    /// Nobody is there, and why.
    Unreachable(String),
}

impl Token {
    fn is_given(&self) -> bool {
        matches!(self, Self::Given(_))
    }
}

impl Service {
    pub(super) fn new(base: &str, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let client = HttpClient::new(Destination {
            connect_timeout: FIRST_WORD,
            timeout: PATIENCE,
            ..Destination::default()
        });
        Ok(Self {
            base: base.to_owned(),
            client: client.map_err(rolesanywhere::Error::from)?,
            clock,
        })
    }

    /// A token for the requests that follow.
    pub(super) async fn token(&self) -> Result<Token, Failure> {
        let mut request = self.request(Method::PUT, "/latest/api/token")?;
        let ttl = HeaderValue::from_static(TTL);
        request.headers_mut().insert(TTL_HEADER, ttl);
        let Ok(answer) = tokio::time::timeout(FIRST_WORD, self.send(request)).await else {
            return Ok(Token::Silent);
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(Error::Timeout { .. }) => return Ok(Token::Silent),
            Err(error @ Error::Connect { .. }) => return Ok(Token::Unreachable(error.to_string())),
            Err(error) => return Err(self.failed(&error)),
        };
        match answer.status {
            StatusCode::OK => Ok(Token::Given(self.text(&answer)?.into())),
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                Ok(Token::Refused(answer.status))
            }
            status => Err(refused(&self.base, status, false)),
        }
    }

    /// The instance's role; `None` where it has none, or nobody has answered at
    /// all.
    pub(super) async fn role(&self, token: &Token) -> Result<Option<String>, Failure> {
        let answer = match self.get("", token).await? {
            Ok(answer) => answer,
            Err(Error::Timeout { .. } | Error::Connect { .. })
                if matches!(token, Token::Silent) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(self.failed(&error)),
        };
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.check(&answer, token)?;
        let text = self.text(&answer)?;
        match text.lines().next().map(str::trim) {
            None | Some("") => Ok(None),
            Some(role) if is_role_name(role) => Ok(Some(role.to_owned())),
            Some(_) => Err(self.unusable("what it names is no role")),
        }
    }

    /// What it says of the credentials of `role`.
    pub(super) async fn document(&self, role: &str, token: &Token) -> Result<Document, Failure> {
        let answer = self.get(role, token).await?;
        let answer = answer.map_err(|error| self.failed(&error))?;
        self.check(&answer, token)?;
        Document::parse(&answer.body)
            .ok_or_else(|| self.unusable("its answer is not the JSON of credentials"))
    }

    async fn get(&self, role: &str, token: &Token) -> Result<Result<Response, Error>, Failure> {
        let mut request = self.request(Method::GET, &format!("{ROLES}{role}"))?;
        if let Token::Given(token) = token {
            let value = HeaderValue::from_str(token.expose_secret().trim());
            let mut value = value.map_err(|_| self.unusable("its token is none"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(TOKEN_HEADER, value);
        }
        Ok(self.send(request).await)
    }

    fn request(&self, method: Method, path: &str) -> Result<Request<Bytes>, Failure> {
        let uri = format!("{}{path}", self.base);
        let request = Request::builder().method(method).uri(uri);
        let request = request.body(Bytes::new());
        request.map_err(|error| failure::ambient::invalid(format!("{}: {error}", self.base)))
    }

    /// Twice where the first time may have been bad luck. Silence is not: it
    /// costs a second each time wherever there is no such service.
    async fn send(&self, request: Request<Bytes>) -> Result<Response, Error> {
        let first = self.client.send(request.clone()).await;
        if !is_bad_luck(&first) {
            return first;
        }
        self.clock.sleep(PAUSE).await;
        self.client.send(request).await
    }

    fn check(&self, answer: &Response, token: &Token) -> Result<(), Failure> {
        match answer.status {
            StatusCode::OK => Ok(()),
            status => Err(refused(&self.base, status, token.is_given())),
        }
    }

    fn text<'a>(&self, answer: &'a Response) -> Result<&'a str, Failure> {
        str::from_utf8(&answer.body).map_err(|_| self.unusable("its answer is no text"))
    }

    fn failed(&self, error: &Error) -> Failure {
        failure::ambient::unavailable(format!("{}: {error}", self.base))
    }

    fn unusable(&self, why: &str) -> Failure {
        failure::ambient::unavailable(format!("{}: {why}", self.base))
    }
}

fn is_bad_luck(answer: &Result<Response, Error>) -> bool {
    match answer {
        Ok(answer) => {
            answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS
        }
        Err(error) => matches!(error, Error::Connect { .. } | Error::Interrupted { .. }),
    }
}

/// It becomes a part of a path. IAM allows nothing else in the name of a role.
fn is_role_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed) && text != "." && text != ".."
}

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const TOKEN_HEADER: &str = "x-aws-ec2-metadata-token";
const TTL_HEADER: &str = "x-aws-ec2-metadata-token-ttl-seconds";
/// Of seconds. The token is used for the next two requests.
const TTL: &str = "60";
/// How long the service may take to let itself be noticed.
const FIRST_WORD: Duration = Duration::from_secs(1);
/// What stands in for it may have to ask STS first.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);
