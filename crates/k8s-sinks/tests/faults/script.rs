use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use destination::{Destination, HttpClient};
use http::Uri;
use k8s_sinks::kubernetes::{Cluster, NoAuthorization};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use wildmatch::WildMatch;

use crate::hasty_clock::HastyClock;

/// What the server does when it is asked.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// An answer as it should be.
    Is(Value),
    /// A `Status` of that code; how many seconds it asks to wait.
    Refused(u16, Option<u32>),
    /// Something that is not of this API.
    Strange(u16, &'static str),
    /// The connection ends without an answer.
    Lost,
    /// The events of a watch, and how it ends.
    Events(Vec<Value>, End),
}

/// How a watch ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    /// In good order.
    Clean,
    /// In the middle of a line.
    Cut,
    /// Not at all.
    Never,
}

/// A server that answers by a script, and keeps what it was asked.
#[derive(Clone)]
pub(crate) struct Script {
    base: Uri,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What comes next for requests of such a form; the last one stays.
    answers: BTreeMap<&'static str, VecDeque<Answer>>,
    asked: Vec<(Instant, String)>,
}

impl Script {
    /// Below this path.
    pub(crate) async fn below(prefix: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Self {
            base: format!("http://127.0.0.1:{port}{prefix}").parse().unwrap(),
            state: Arc::default(),
        };
        let serving = script.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let script = serving.clone();
                tokio::spawn(async move { script.serve(stream, prefix).await });
            }
        });
        script
    }

    pub(crate) fn base(&self) -> Uri {
        self.base.clone()
    }

    /// It as the lookups see it, by a clock that does not wait.
    pub(crate) fn cluster(&self) -> Cluster {
        let http = HttpClient::new(Destination::default()).unwrap();
        let cluster = Cluster::new(http, self.base(), Arc::new(NoAuthorization));
        cluster.with_clock(Arc::new(HastyClock::new()))
    }

    /// These are the next answers to requests of such a form, `GET /api/*limit=*`.
    /// The last one is that to all others, too.
    pub(crate) fn on(&self, request: &'static str, answers: impl IntoIterator<Item = Answer>) {
        let answers = answers.into_iter().collect();
        self.state.lock().unwrap().answers.insert(request, answers);
    }

    /// The requests of such a form, and when they came.
    pub(crate) fn asked(&self, form: &str) -> Vec<(Instant, String)> {
        let state = self.state.lock().unwrap();
        let asked = state.asked.iter();
        let form = WildMatch::new(form);
        let asked = asked.filter(|(_, request)| form.matches(request));
        asked.cloned().collect()
    }

    async fn serve(&self, stream: TcpStream, prefix: &str) {
        let mut stream = BufReader::new(stream);
        while let Some(request) = read(&mut stream).await {
            let own = request.replacen(&format!(" {prefix}/"), " /", 1);
            assert!(prefix.is_empty() || own != request, "{request}");
            let answer = self.answer(&own);
            if write(&mut stream, &answer).await.is_none() {
                return;
            }
        }
    }

    fn answer(&self, request: &str) -> Answer {
        let mut state = self.state.lock().unwrap();
        state.asked.push((Instant::now(), request.to_owned()));
        let mut answers = state.answers.iter_mut();
        // Of several the longest, which says the most.
        let fits = answers.rfind(|(form, _)| WildMatch::new(form).matches(request));
        let Some((_, answers)) = fits else {
            return Answer::Refused(404, None);
        };
        if answers.len() > 1 {
            return answers.pop_front().unwrap();
        }
        answers[0].clone()
    }
}

/// The first line of a request, without its version.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut first = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if first.is_empty() {
            first = line.trim_end_matches(" HTTP/1.1").to_owned();
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(first)
}

/// Answers; `None` where the connection is over.
async fn write(stream: &mut BufReader<TcpStream>, answer: &Answer) -> Option<()> {
    let whole = |status: u16, wait: Option<u32>, body: &str| {
        let wait = wait.map(|seconds| format!("retry-after: {seconds}\r\n"));
        let (wait, length) = (wait.unwrap_or_default(), body.len());
        format!("HTTP/1.1 {status} x\r\n{wait}content-length: {length}\r\n\r\n{body}")
    };
    let text = match answer {
        Answer::Is(body) => whole(200, None, &body.to_string()),
        Answer::Refused(status, wait) => {
            let body = json!({
                "kind": "Status", "code": status, "reason": "x", "message": "as the script says",
            });
            whole(*status, *wait, &body.to_string())
        }
        Answer::Strange(status, body) => whole(*status, None, body),
        Answer::Lost => return None,
        Answer::Events(events, end) => return watch(stream, events, *end).await,
    };
    stream.write_all(text.as_bytes()).await.ok()
}

async fn watch(stream: &mut BufReader<TcpStream>, events: &[Value], end: End) -> Option<()> {
    let head = "HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.ok()?;
    for event in events {
        // In pieces that end anywhere.
        let line = format!("{event}\n");
        let (start, rest) = line.split_at(line.len() / 3);
        for piece in [start, rest] {
            let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
            stream.write_all(chunk.as_bytes()).await.ok()?;
        }
    }
    match end {
        End::Clean => stream.write_all(b"0\r\n\r\n").await.ok(),
        End::Cut => {
            let _ = stream.write_all(b"8\r\n{\"type\":\r\n").await;
            None
        }
        End::Never => std::future::pending().await,
    }
}

/// A list in this version, `next` where there is more of it.
pub(crate) fn list(version: u32, next: Option<&str>, items: &[Value]) -> Answer {
    Answer::Is(json!({
        "metadata": {"resourceVersion": version.to_string(), "continue": next},
        "items": items,
    }))
}

/// An event of a watch.
pub(crate) fn event(kind: &str, object: &Value) -> Value {
    json!({"type": kind, "object": object})
}

pub(crate) fn namespace(name: &str, version: u32) -> Value {
    json!({"metadata": {"name": name, "resourceVersion": version.to_string()}})
}
