use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use destination::{Destination, HttpClient};
use iamra_sandbox::Sandbox;
use jiff::Timestamp;
use refresh::{Clock as _, SystemClock};
use rolesanywhere::Sts;
use tokio::runtime::Runtime;

use crate::Result;

/// What every answer is held against.
pub(crate) struct Truth {
    sts: Mutex<(Runtime, Sts)>,
    role_name: String,
    known: Mutex<HashMap<String, Document>>,
    answers: Mutex<BTreeMap<String, u64>>,
    wrong: Mutex<Vec<String>>,
}

/// Credentials as they are handed out, at any door.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    access_key_id: String,
    secret_access_key: String,
    token: String,
    expiration: String,
}

impl Truth {
    pub(crate) fn new(sandbox: &Sandbox) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let http = Arc::new(HttpClient::new(Destination::default())?);
        // Past the gates: it must answer when nothing else does.
        let sts = Sts::new(http, "us-east-1".parse()?).with_endpoint(sandbox.aws_url().parse()?);
        let role_name = sandbox.role_arn().rsplit('/').next().unwrap_or_default();
        Ok(Self {
            sts: Mutex::new((runtime, sts)),
            role_name: role_name.to_owned(),
            known: Mutex::default(),
            answers: Mutex::default(),
            wrong: Mutex::default(),
        })
    }

    /// Somebody got credentials: whole, not expired, the same for everybody,
    /// and such that STS takes them.
    pub(crate) fn credentials(&self, who: &str, body: &str) {
        self.count(who, "credentials");
        if let Err(reason) = self.check(body) {
            self.wrong(who, &reason);
        }
    }

    /// Shows itself what is wrong, before anybody is judged by it: a secret that is
    /// another session's, and a document without one.
    pub(crate) fn is_sound(&self, body: &str) -> Result {
        let document: Document = serde_json::from_str(body)?;
        let secret = &document.secret_access_key;
        let other: String = secret.chars().rev().collect();
        for wrong in [body.replace(secret, &other), body.replace(secret, "")] {
            if self.check(&wrong).is_ok() {
                return Err("a wrong answer would not be found".into());
            }
        }
        self.check(body)?;
        match self.check(&body.replace(secret, &other)) {
            Ok(()) => Err("a mixture would not be found".into()),
            Err(_) => Ok(()),
        }
    }

    /// Somebody got another answer.
    pub(crate) fn answer(&self, who: &str, (status, expected): (u16, &[u16])) {
        self.count(who, &status.to_string());
        if !expected.contains(&status) {
            self.wrong(who, &format!("{status}, and not one of {expected:?}"));
        }
    }

    pub(crate) fn count(&self, who: &str, what: &str) {
        let mut answers = lock(&self.answers);
        *answers.entry(format!("{who}: {what}")).or_default() += 1;
    }

    pub(crate) fn wrong(&self, who: &str, what: &str) {
        let mut wrong = lock(&self.wrong);
        if wrong.len() < MANY {
            wrong.push(format!("{who}: {what}"));
        }
    }

    /// Whether there is no need to go on.
    pub(crate) fn is_broken(&self) -> bool {
        lock(&self.wrong).len() >= MANY
    }

    /// Prints what was counted; what was wrong.
    pub(crate) fn report(&self) -> Vec<String> {
        let mut text = String::new();
        for (what, count) in &*lock(&self.answers) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{count:>9}  {what}");
        }
        println!("\n{text}");
        println!("STS was shown {} sessions", lock(&self.known).len());
        lock(&self.wrong).clone()
    }

    fn check(&self, body: &str) -> std::result::Result<(), String> {
        let document: Document =
            serde_json::from_str(body).map_err(|error| format!("no whole credentials: {error}"))?;
        let empty = [
            &document.access_key_id,
            &document.secret_access_key,
            &document.token,
        ];
        if empty.iter().any(|text| text.is_empty()) {
            return Err("empty members".to_owned());
        }
        let expiration: Timestamp = document
            .expiration
            .parse()
            .map_err(|error| format!("no expiration: {error}"))?;
        if SystemTime::from(expiration) <= SystemClock.now() {
            return Err(format!("expired at {expiration}"));
        }
        let mut known = lock(&self.known);
        let id = document.access_key_id.clone();
        match known.get(&id) {
            Some(earlier) if *earlier == document => Ok(()),
            Some(_) => Err(format!("a mixture of {id} and another session")),
            None => {
                self.show_sts(&document)?;
                known.insert(id, document);
                Ok(())
            }
        }
    }

    /// A signature with them proves that id, secret and token belong together.
    fn show_sts(&self, document: &Document) -> std::result::Result<(), String> {
        let credentials = Credentials::builder()
            .access_key_id(&document.access_key_id)
            .secret_access_key(&document.secret_access_key)
            .session_token(&document.token)
            .provider_name("soak")
            .build();
        let sts = lock(&self.sts);
        let (runtime, sts) = &*sts;
        let identity = runtime.block_on(sts.caller_identity(&credentials));
        let identity = identity.map_err(|error| format!("STS refuses them: {error}"))?;
        let role = format!(":assumed-role/{}/", self.role_name);
        if !identity.arn.contains(&role) {
            return Err(format!("they are {}", identity.arn));
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// So many wrong answers are enough.
const MANY: usize = 10;
