//! ECR in two regions, with a session.

use std::sync::Arc;

use aws_credential_types::Credentials;
use destination::{Destination, HttpClient};
use ecr_auth::{AuthorizationToken, Ecr, RegistryClient, RegistryHost};
use rolesanywhere::Session;

use crate::outcome::{Got, Outcome};
use crate::place::Place;

pub(crate) async fn run(place: &Place, session: &Session) -> Vec<Outcome> {
    let (host, repository) = place.repository.split_once('/').unwrap();
    let first = RegistryHost::in_reference(host).unwrap();
    let region = host.split('.').nth(3).unwrap();
    let second = host.replace(region, &place.second_region);
    let second = RegistryHost::in_reference(&second).unwrap();
    let mut outcomes = Vec::new();
    for host in [first.clone(), second] {
        let (outcome, token) = token(place, session, &host).await;
        outcomes.push(outcome);
        // The sandbox's registry is one with a certificate of its own.
        if let (Some(token), true, false) = (token, host == first, place.is_sandbox()) {
            outcomes.push(tags(place, host, &token, repository).await);
        }
    }
    outcomes
}

async fn token(
    place: &Place,
    session: &Session,
    host: &RegistryHost,
) -> (Outcome, Option<AuthorizationToken>) {
    let http = Arc::new(HttpClient::new(Destination::default()).unwrap());
    let ecr = Ecr::new(http);
    let ecr = match &place.endpoint {
        Some(endpoint) => ecr.with_endpoint(endpoint.parse().unwrap()),
        None => ecr,
    };
    let credentials = Credentials::from(session);
    let answer = ecr.authorization_token(host.scope(), &credentials).await;
    let got = match &answer {
        Ok(token) => {
            let hours = token.lifetime.duration().as_secs() / 3600;
            Got::text(&format!("a token of {hours} hours"), place)
        }
        Err(error) => Got::failed(error, place),
    };
    let outcome = Outcome {
        case: format!("an authorization token of {}", host.scope()),
        expected: "a token".to_owned(),
        got,
        as_expected: answer.is_ok(),
    };
    (outcome, answer.ok())
}

async fn tags(
    place: &Place,
    host: RegistryHost,
    token: &AuthorizationToken,
    repository: &str,
) -> Outcome {
    let http = HttpClient::new(Destination::default()).unwrap();
    let client = RegistryClient::new(&http, host, token);
    let answer = client.tags(&repository.parse().unwrap()).await;
    let got = match &answer {
        Ok(tags) => Got::text(&format!("{} tags", tags.len()), place),
        Err(error) => Got::failed(error, place),
    };
    Outcome {
        case: "the tags of a repository, by its registry".to_owned(),
        expected: "a list".to_owned(),
        got,
        as_expected: answer.is_ok(),
    }
}
