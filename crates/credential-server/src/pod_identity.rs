//! The manner of the EKS Pod Identity agent: its host check, its words, its
//! indifference to the method.
//!
//! What differs on purpose: a request with a body is refused, because none is
//! read here, and paths are compared to the letter. Source:
//! <https://github.com/aws/eks-pod-identity-agent/blob/main/internal/validation/request.go>

use std::borrow::Cow;

use http::header::{AUTHORIZATION, HOST};
use http::{Request, StatusCode, Version};

use crate::answer::{Answer, JSON};
use crate::server::{Desk, Line};
use crate::{
    Caller, ContainerRoute, CredentialRequest, Door, Entrance, ErrorFormat, Presented, guard,
};

impl Desk<'_> {
    /// Answers as the agent that is called by one of `hosts`.
    pub(crate) async fn answer_pod<T>(
        &self,
        hosts: &[String],
        request: &Request<T>,
        line: &Line,
    ) -> (Entrance, Answer) {
        if let Err(text) = check_host(request) {
            let answer = Answer::text(StatusCode::BAD_REQUEST, text);
            return (Entrance::Neither, answer.and_close());
        }
        if let Err(offence) = guard::check_shape(request) {
            return (Entrance::Neither, Answer::offence(offence));
        }
        let Some(route) = self.route_exactly(request.uri().path()) else {
            let nothing = Answer::plain_error(StatusCode::NOT_FOUND, "404 page not found");
            return (Entrance::Neither, nothing);
        };
        let called = called(request);
        if !hosts.is_empty() && !hosts.iter().any(|host| host == called) {
            let answer = Answer::plain_error(StatusCode::FORBIDDEN, &not_ours(hosts, called));
            return (Entrance::Neither, answer);
        }
        (
            Entrance::Container,
            self.answer_token(route, request, line).await,
        )
    }

    async fn answer_token<T>(
        &self,
        route: &ContainerRoute,
        request: &Request<T>,
        line: &Line,
    ) -> Answer {
        // What is no text is no token either; the broker says so.
        let token = request.headers().get(AUTHORIZATION).map(|value| {
            // The short way for what is text, as all is but an attack.
            match std::str::from_utf8(value.as_bytes()) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => String::from_utf8_lossy(value.as_bytes()),
            }
        });
        let request = CredentialRequest {
            caller: Caller {
                peer: line.peer,
                token_label: None,
            },
            door: Door::Container {
                path: &route.path,
                label: &route.label,
            },
            presented: token.as_deref().map(Presented::new),
            method: request.method(),
            query: request.uri().query(),
        };
        match self.hand_out(&request).await {
            Ok(hand_out) => {
                line.activity.trust();
                Answer::credentials(hand_out.container(), JSON).to(request.method)
            }
            Err(refusal) => Answer::refusal(ErrorFormat::Text, &refusal),
        }
    }
}

/// What Go's HTTP server, and so the agent, asks of `Host`, in its words: one in
/// HTTP/1.1, and no other characters than a host may have.
fn check_host<T>(request: &Request<T>) -> Result<(), &'static str> {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() == Version::HTTP_11 => {
            Err("400 Bad Request: missing required Host header")
        }
        (Some(_), Some(_)) => Err("400 Bad Request"),
        (Some(host), None) if !host.as_bytes().iter().all(|byte| is_of_a_host(*byte)) => {
            Err("400 Bad Request: malformed Host header")
        }
        _ => Ok(()),
    }
}

fn is_of_a_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$%&'()*+,-.:;=[]_~".contains(&byte)
}

/// The host that a request calls us by, without port and brackets.
fn called<T>(request: &Request<T>) -> &str {
    let named = request.uri().authority().map(http::uri::Authority::as_str);
    let header = || request.headers().get(HOST)?.to_str().ok();
    let host = named.or_else(header).unwrap_or_default();
    let host = without_port(host).unwrap_or(host);
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    bare.unwrap_or(host)
}

/// As Go's `SplitHostPort` takes it: whatever is behind the last colon.
fn without_port(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        let port = port.strip_prefix(':')?;
        return (!port.contains([':', '[', ']'])).then_some(host);
    }
    let (host, _) = text.rsplit_once(':')?;
    (!text.contains(['[', ']']) && !host.contains(':')).then_some(host)
}

fn not_ours(hosts: &[String], called: &str) -> String {
    format!(
        "Access Denied. Called agent through invalid address, please use either [{}] address not \
         {called}",
        hosts.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_as_the_agent_reads_it() {
        for (host, expected) in [
            ("169.254.170.23", "169.254.170.23"),
            ("169.254.170.23:80", "169.254.170.23"),
            ("169.254.170.23:", "169.254.170.23"),
            ("169.254.170.23:x", "169.254.170.23"),
            ("fd00:ec2::23", "fd00:ec2::23"),
            ("[fd00:ec2::23]", "fd00:ec2::23"),
            ("[fd00:ec2::23]:4213", "fd00:ec2::23"),
            ("[fd00:ec2::23]x:80", "[fd00:ec2::23]x:80"),
            ("[fd00:ec2::23]:1:2", "[fd00:ec2::23]:1:2"),
            ("169.254.170.23.:80", "169.254.170.23."),
            ("a:b:80", "a:b:80"),
            ("", ""),
        ] {
            let request = Request::get("/").header(HOST, host).body(()).unwrap();
            assert_eq!(called(&request), expected, "{host}");
        }
        let request = Request::get("http://10.0.0.1/x").body(()).unwrap();
        assert_eq!(called(&request), "10.0.0.1");
    }
}
