use std::time::SystemTime;

use http::StatusCode;
use serde_json::{Value, json};

use super::refusal::{EcrRefusal, JSON, json_answer};
use super::{
    EcrAction, EcrSettings, RegistryToken, RegistryTokens, TokenScope, dns_suffix, is_region,
};
use crate::answer::Answer;
use crate::random::{BASE64, Random};
use crate::sigv4::{Expected, Signed, authenticate};
use crate::sts::Sessions;
use crate::timestamp::end;
use crate::{Operation, RequestParts};

const PRIVATE: &str = "AmazonEC2ContainerRegistry_V20150921";
const PUBLIC: &str = "SpencerFrontendService";
/// The only region that ECR Public is in.
const PUBLIC_REGION: &str = "us-east-1";
const MOST_REGISTRIES: usize = 10;

/// What ECR or ECR Public is asked for; none where the request is for neither.
pub(crate) fn operation(request: &RequestParts) -> Option<Operation> {
    let target = request.header("x-amz-target")?;
    if target.starts_with(PUBLIC) {
        Some(Operation::EcrPublicToken)
    } else {
        Some(Operation::EcrToken)
    }
}

/// ECR, and what it knows.
#[derive(Clone, Copy)]
pub(crate) struct Ecr<'a> {
    pub(crate) settings: &'a EcrSettings,
    pub(crate) tokens: &'a RegistryTokens,
    pub(crate) sessions: &'a Sessions,
    pub(crate) random: &'a Random,
    /// Whether the tokens that are issued have expired already.
    pub(crate) expired: bool,
}

impl Ecr<'_> {
    /// Answers a request, and says which tokens came into being by it.
    pub(crate) fn answer(
        self,
        request: &RequestParts,
        now: SystemTime,
    ) -> (Answer, Vec<RegistryToken>) {
        match self.grant(request, now) {
            Ok(granted) => granted,
            Err(refusal) => (refusal.answer(), Vec::new()),
        }
    }

    fn grant(
        self,
        request: &RequestParts,
        now: SystemTime,
    ) -> Result<(Answer, Vec<RegistryToken>), EcrRefusal> {
        let is_public = check_action(request)?;
        let expected = Expected {
            now,
            service: if is_public { "ecr-public" } else { "ecr" },
            region: is_public.then_some(PUBLIC_REGION),
        };
        let signed = authenticate(request, self.sessions, expected)?;
        let body = object(request)?;
        if is_public {
            self.public_token(&signed, now)
        } else {
            self.private_tokens(&signed, &body, now)
        }
    }

    fn private_tokens(
        self,
        signed: &Signed,
        body: &Value,
        now: SystemTime,
    ) -> Result<(Answer, Vec<RegistryToken>), EcrRefusal> {
        let region = &signed.region;
        if !is_region(region) {
            return Err(EcrRefusal::mismatch(format!(
                "Credential should be scoped to a valid region, not '{region}'. "
            )));
        }
        self.authorize(signed, EcrAction::GetAuthorizationToken)?;
        let registries = registry_ids(body, signed.credentials.account())?;
        let scope = TokenScope::Private {
            region: region.clone(),
        };
        let entry = |account: &String| {
            let token = self.issue(signed, scope.clone(), now);
            let mut data = authorization_data(&token);
            let suffix = dns_suffix(region);
            data["proxyEndpoint"] = format!("https://{account}.dkr.ecr.{region}.{suffix}").into();
            (data, token)
        };
        let (data, tokens): (Vec<_>, _) = registries.iter().map(entry).unzip();
        let document = json!({ "authorizationData": data });
        Ok((json_answer(StatusCode::OK, &document), tokens))
    }

    fn public_token(
        self,
        signed: &Signed,
        now: SystemTime,
    ) -> Result<(Answer, Vec<RegistryToken>), EcrRefusal> {
        self.authorize(signed, EcrAction::GetPublicAuthorizationToken)?;
        self.authorize(signed, EcrAction::GetServiceBearerToken)?;
        let token = self.issue(signed, TokenScope::Public, now);
        let document = json!({ "authorizationData": authorization_data(&token) });
        Ok((json_answer(StatusCode::OK, &document), vec![token]))
    }

    fn authorize(self, signed: &Signed, action: EcrAction) -> Result<(), EcrRefusal> {
        let caller = &signed.credentials;
        if self.settings.allows(&caller.principal_arn, action) {
            return Ok(());
        }
        Err(EcrRefusal::denied(&caller.arn, action))
    }

    fn issue(self, signed: &Signed, scope: TokenScope, now: SystemTime) -> RegistryToken {
        let token = RegistryToken {
            password: self.random.text::<1536>(BASE64),
            scope,
            account: signed.credentials.account().to_owned(),
            caller_arn: signed.credentials.arn.clone(),
            expires_at: end(now + self.settings.token_lifetime, now, self.expired),
        };
        self.tokens.insert(token.clone());
        token
    }
}

/// Whether the public API is asked; refuses whatever is no `GetAuthorizationToken`.
fn check_action(request: &RequestParts) -> Result<bool, EcrRefusal> {
    let unknown = |message: &str| Err(EcrRefusal::new("UnknownOperationException", message));
    let content_type = request.header("content-type").unwrap_or_default();
    if request.method != "POST" || request.path != "/" || content_type != JSON {
        return unknown("Operations are asked for by POST to / in JSON 1.1");
    }
    let target = request.header("x-amz-target").unwrap_or_default();
    match target.split_once('.') {
        Some((PRIVATE, "GetAuthorizationToken")) => Ok(false),
        Some((PUBLIC, "GetAuthorizationToken")) => Ok(true),
        _ => unknown("The operation is not known"),
    }
}

fn object(request: &RequestParts) -> Result<Value, EcrRefusal> {
    match serde_json::from_slice(&request.body) {
        Ok(body @ Value::Object(_)) => Ok(body),
        _ => Err(EcrRefusal::new(
            "SerializationException",
            "The body must be an object in JSON",
        )),
    }
}

/// The registries that are asked for; the caller's own where none is.
fn registry_ids(body: &Value, own: &str) -> Result<Vec<String>, EcrRefusal> {
    let invalid = || {
        EcrRefusal::new(
            "InvalidParameterException",
            "Invalid parameter at 'registryIds' failed to satisfy constraint: \
             'Member must satisfy regular expression pattern: [0-9]{12}'",
        )
    };
    let is_account = |id: &&str| id.len() == 12 && id.bytes().all(|it| it.is_ascii_digit());
    let text = |id: &Value| id.as_str().filter(is_account).map(str::to_owned);
    match &body["registryIds"] {
        Value::Null => Ok(vec![own.to_owned()]),
        Value::Array(ids) if (1..=MOST_REGISTRIES).contains(&ids.len()) => {
            let ids: Option<_> = ids.iter().map(text).collect();
            ids.ok_or_else(invalid)
        }
        _ => Err(invalid()),
    }
}

fn authorization_data(token: &RegistryToken) -> Value {
    let since_1970 = token.expires_at.duration_since(SystemTime::UNIX_EPOCH);
    json!({
        "authorizationToken": token.encoded(),
        "expiresAt": since_1970.unwrap_or_default().as_secs_f64(),
    })
}
