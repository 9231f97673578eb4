//! The instance metadata service, version 2, as EC2 has it.

mod instance;
mod path;
mod token;

use std::sync::Arc;

use http::header::HeaderName;
use http::{HeaderValue, Method, Request, StatusCode};

use crate::answer::{Answer, TEXT};
use crate::server::{Desk, Line};
use crate::{Caller, CredentialRequest, Door, ErrorFormat, Refusal, guard};
pub use instance::Instance;
pub use path::ImdsPath;
pub(crate) use path::owns;
pub(crate) use token::Tokens;
use token::{Lifetime, Scope};

impl Desk<'_> {
    pub(crate) async fn answer_imds<T>(
        &self,
        path: ImdsPath<'_>,
        request: &Request<T>,
        line: &Line,
    ) -> Answer {
        // Anyone may have a token, so it keeps no browser out.
        if guard::looks_like_a_browser(request.headers()) {
            return Answer::text(StatusCode::FORBIDDEN, "browsers are not served").and_close();
        }
        if path == ImdsPath::Token {
            return match *request.method() {
                Method::PUT => self.issue_token(request, line),
                _ => Answer::method_not_allowed("PUT"),
            };
        }
        if request.method() != Method::GET {
            return Answer::method_not_allowed("GET");
        }
        let Some(left) = self.time_left(request, line) else {
            return Answer::text(StatusCode::UNAUTHORIZED, NO_TOKEN);
        };
        let caller = Caller {
            peer: line.peer,
            token_label: None,
        };
        let answer = match path {
            ImdsPath::Role { ref name, extended } => self.role(caller, name, extended).await,
            path => self.listing(caller, &path).await,
        };
        with_lifetime(answer, left)
    }

    fn issue_token<T>(&self, request: &Request<T>, line: &Line) -> Answer {
        let asked = guard::only(request.headers(), &TOKEN_TTL).and_then(Lifetime::parse);
        let Some(lifetime) = asked else {
            return Answer::text(StatusCode::BAD_REQUEST, NO_LIFETIME);
        };
        let scope = Scope::of(line.peer);
        match self
            .front
            .tokens
            .issue(lifetime, scope, self.front.clock.now())
        {
            Some(token) => {
                self.front.counters.token_issued();
                with_lifetime(Answer::text(StatusCode::OK, token), lifetime)
            }
            None => Answer::text(StatusCode::SERVICE_UNAVAILABLE, "no random numbers"),
        }
    }

    fn time_left<T>(&self, request: &Request<T>, line: &Line) -> Option<Lifetime> {
        let token = guard::only(request.headers(), &TOKEN)?;
        self.front
            .tokens
            .time_left(token, Scope::of(line.peer), self.front.clock.now())
    }

    async fn role(&self, caller: Caller<'_>, name: &str, extended: bool) -> Answer {
        let request = CredentialRequest {
            caller,
            door: Door::InstanceRole { name },
            presented: None,
            method: &Method::GET,
            query: None,
        };
        match self.hand_out(&request).await {
            Ok(hand_out) if extended => Answer::credentials(hand_out.extended(), TEXT),
            Ok(hand_out) => Answer::credentials(hand_out.instance(), TEXT),
            Err(refusal) => Answer::refusal(ErrorFormat::Json, &refusal),
        }
    }

    async fn listing(&self, caller: Caller<'_>, path: &ImdsPath<'_>) -> Answer {
        if let Some(fixed) = path.fixed_text() {
            return Answer::text(StatusCode::OK, fixed);
        }
        if *path == ImdsPath::Unknown {
            return Answer::text(StatusCode::NOT_FOUND, NOTHING);
        }
        let instance = match self.instance(&caller).await {
            Ok(instance) => instance,
            Err(refusal) => return Answer::refusal(ErrorFormat::Json, &refusal),
        };
        match instance.text(path) {
            Some(text) => Answer::text(StatusCode::OK, text),
            None => Answer::text(StatusCode::NOT_FOUND, NOTHING),
        }
    }

    async fn instance(&self, caller: &Caller<'_>) -> Result<Arc<Instance>, Refusal> {
        self.in_time(self.broker.any_instance(caller)).await
    }
}

/// The real service says with each answer how long the token lasts.
fn with_lifetime(mut answer: Answer, left: Lifetime) -> Answer {
    let seconds = HeaderValue::from(left.seconds());
    answer.reply.headers_mut().insert(TOKEN_TTL, seconds);
    answer
}

const TOKEN: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token");
const TOKEN_TTL: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");
const NO_TOKEN: &str = "a valid X-aws-ec2-metadata-token is needed: PUT /latest/api/token";
const NO_LIFETIME: &str = "X-aws-ec2-metadata-token-ttl-seconds must be 1 to 21600";
const NOTHING: &str = "there is nothing here";
