//! A registry in memory, as strict about the order of things as ECR.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use sha2::Digest as _;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) struct StandIn {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(crate) struct State {
    /// By `REPOSITORY DIGEST`, or `REPOSITORY TAG` for the digest of a manifest.
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    pub(crate) manifests: BTreeMap<String, Vec<u8>>,
    /// `METHOD path` of every call.
    pub(crate) calls: Vec<String>,
    /// What calls that contain the text are answered, as often as it says.
    pub(crate) refusals: Vec<Refusal>,
    /// Whether it has the list of what refers to a digest.
    pub(crate) lists_referrers: bool,
    /// What it says to who is not let in, where that is not `Basic`.
    pub(crate) challenge: Option<String>,
}

pub(crate) struct Refusal {
    pub(crate) call: &'static str,
    pub(crate) times: usize,
    pub(crate) status: u16,
    pub(crate) code: &'static str,
}

impl StandIn {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let respond = Registry(Arc::clone(&state));
        // The server has a thread of its own.
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            Mock::given(any())
                .respond_with(respond)
                .mount(&server)
                .await;
            server
        });
        Self { server, state }
    }

    /// A repository of it.
    pub(crate) fn repository(&self, name: &str) -> String {
        format!("{}/{name}", self.server.address())
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What has been written since the last time: `PUT /v2/…` without what follows `?`.
    pub(crate) fn writes(&self) -> Vec<String> {
        let calls = std::mem::take(&mut self.state().calls);
        let mut calls = calls.into_iter();
        calls
            .by_ref()
            .filter(|call| call.starts_with("PUT") || call.starts_with("POST"))
            .collect()
    }

    pub(crate) fn refuse(&self, refusal: Refusal) {
        self.state().refusals.push(refusal);
    }
}

/// Only who says this is let in: `AWS:token`.
const LOGIN: &str = "Basic QVdTOnRva2Vu";

struct Registry(Arc<Mutex<State>>);

impl Respond for Registry {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let login = request.headers.get("authorization");
        let path = request.url.path();
        if path == "/token" {
            let mut state = self.0.lock().unwrap();
            state.calls.push("GET /token".to_owned());
            return ResponseTemplate::new(503).set_body_string("busy");
        }
        let challenge = self.0.lock().unwrap().challenge.clone();
        let challenge = challenge.unwrap_or_else(|| "Basic realm=\"stand-in\"".to_owned());
        if login.is_none_or(|login| login != LOGIN) {
            return coded(401, "UNAUTHORIZED").insert_header("www-authenticate", &*challenge);
        }
        let mut state = self.0.lock().unwrap();
        let call = format!("{} {}", request.method, request.url.path());
        state.calls.push(call.clone());
        if let Some(refusal) = state.refused(&call) {
            return refusal;
        }
        let path = request.url.path().trim_start_matches("/v2/").to_owned();
        if let Some((repository, digest)) = path.split_once("/blobs/") {
            return state.blob(request, repository, digest);
        }
        if let Some((repository, name)) = path.split_once("/manifests/") {
            return state.manifest(request, repository, name);
        }
        match path.split_once("/referrers/") {
            Some((repository, subject)) => state.referrers(repository, subject),
            None => coded(404, "NOT_FOUND"),
        }
    }
}

impl State {
    fn refused(&mut self, call: &str) -> Option<ResponseTemplate> {
        let mut refusals = self.refusals.iter_mut();
        let refusal = refusals.find(|it| it.times > 0 && call.contains(it.call))?;
        refusal.times -= 1;
        Some(coded(refusal.status, refusal.code))
    }

    fn blob(&mut self, request: &Request, repository: &str, digest: &str) -> ResponseTemplate {
        let place = format!("/v2/{repository}/blobs/uploads/1");
        match request.method.as_str() {
            "POST" => ResponseTemplate::new(202).insert_header("location", &*place),
            "PUT" => {
                let mut query = request.url.query_pairs();
                let digest = query.find(|(name, _)| name == "digest").unwrap().1;
                if digest != digest_of(&request.body) {
                    return coded(400, "DIGEST_INVALID");
                }
                self.blobs
                    .insert(format!("{repository} {digest}"), request.body.clone());
                ResponseTemplate::new(201).insert_header("location", &*place)
            }
            _ => found(
                self.blobs.get(&format!("{repository} {digest}")),
                "BLOB_UNKNOWN",
            ),
        }
    }

    fn referrers(&self, repository: &str, subject: &str) -> ResponseTemplate {
        if !self.lists_referrers {
            return coded(404, "NOT_FOUND");
        }
        let mut listed = Vec::new();
        for (key, contents) in &self.manifests {
            let manifest: Value = serde_json::from_slice(contents).unwrap();
            let digest = digest_of(contents);
            let is_it = manifest["subject"]["digest"] == subject;
            if is_it && *key == format!("{repository} {digest}") {
                let media_type = &manifest["mediaType"];
                let size = contents.len();
                listed.push(json!({"mediaType": media_type, "digest": digest, "size": size}));
            }
        }
        let media_type = "application/vnd.oci.image.index.v1+json";
        ResponseTemplate::new(200).set_body_json(
            json!({"schemaVersion": 2, "mediaType": media_type, "manifests": listed}),
        )
    }

    fn manifest(&mut self, request: &Request, repository: &str, name: &str) -> ResponseTemplate {
        let key = format!("{repository} {name}");
        if request.method.as_str() != "PUT" {
            return found(self.manifests.get(&key), "MANIFEST_UNKNOWN");
        }
        let manifest: Value = serde_json::from_slice(&request.body).unwrap();
        let has = |all: &BTreeMap<String, Vec<u8>>, it: &Value| {
            all.contains_key(&format!("{repository} {}", it["digest"].as_str().unwrap()))
        };
        let list = |key: &str| manifest[key].as_array().cloned().unwrap_or_default();
        let mut blobs = list("layers");
        blobs.extend(manifest.get("config").cloned());
        if !blobs.iter().all(|it| has(&self.blobs, it)) {
            return coded(400, "MANIFEST_BLOB_UNKNOWN");
        }
        if !list("manifests").iter().all(|it| has(&self.manifests, it)) {
            return coded(400, "MANIFEST_UNKNOWN");
        }
        let digest = digest_of(&request.body);
        self.manifests
            .insert(format!("{repository} {digest}"), request.body.clone());
        self.manifests.insert(key, request.body.clone());
        // ECR says no `Location` here.
        ResponseTemplate::new(201)
    }
}

fn found(contents: Option<&Vec<u8>>, code: &str) -> ResponseTemplate {
    let Some(contents) = contents else {
        return coded(404, code);
    };
    ResponseTemplate::new(200)
        .insert_header("docker-content-digest", &*digest_of(contents))
        .set_body_bytes(contents.clone())
}

fn coded(status: u16, code: &str) -> ResponseTemplate {
    let errors = json!({"errors": [{"code": code, "message": "as the stand-in says"}]});
    ResponseTemplate::new(status).set_body_json(errors)
}

pub(crate) fn digest_of(contents: &[u8]) -> String {
    format!("sha256:{}", hex::encode(sha2::Sha256::digest(contents)))
}
