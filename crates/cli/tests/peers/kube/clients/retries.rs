//! How AWS's clients try again where the agent cannot answer, as the table of
//! `docs/pod-identity.md` has it: by the number of requests.

use serde_json::Value;

use super::client::{Client, arn};
use super::endpoint::Endpoint;
use super::in_namespace;
use crate::laboratory::Laboratory;
use crate::run::Run;

/// Nothing else that clients may ask is there.
#[test]
#[ignore = "peers: AWS's SDKs"]
fn clients_try_again_as_the_table_says() {
    in_namespace(|| {
        let laboratory = Laboratory::new();
        let process = laboratory.run(&["creds", "process"]).ok();
        let credentials = serde_json::from_str(&process.stdout).unwrap();
        let token_file = laboratory.write("token", "token");
        let scene = Scene {
            laboratory,
            credentials,
            token_file,
        };
        let wrong: Vec<String> = std::thread::scope(|threads| {
            // They wait most of the time.
            let clients = Client::all().into_iter();
            let tried = clients.map(|client| threads.spawn(|| tried(&scene, client)));
            let tried: Vec<_> = tried.collect();
            let ended = tried.into_iter().map(|thread| thread.join().unwrap());
            ended.flatten().collect()
        });
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

struct Scene {
    laboratory: Laboratory,
    credentials: Value,
    token_file: String,
}

/// What of a client is not as the table says.
#[expect(clippy::needless_pass_by_value, reason = "a thread's own")]
fn tried(scene: &Scene, client: Client) -> Vec<String> {
    let wrong = STATUSES.into_iter().filter_map(|status| {
        let expected = match attempts(&client, status) {
            1 => [(1, false), (1, false)],
            times => [(times, false), (2, true)],
        };
        let found = [usize::MAX, 1].map(|times| asked(scene, &client, (times, status)));
        let name = client.name;
        (found != expected).then(|| format!("{name} at {status}: {found:?}, not {expected:?}"))
    });
    wrong.collect()
}

/// How many requests a client makes of an endpoint that answers with a status that many
/// times, and whether it is somebody then.
fn asked(scene: &Scene, client: &Client, first: (usize, u16)) -> (usize, bool) {
    let endpoint = Endpoint::failing(first, scene.credentials.clone());
    let (uri, file) = (endpoint.uri(), scene.token_file.as_str());
    let run = Run::of(&mut client.command(&scene.laboratory, (&uri, file)));
    let is_somebody = arn(&run).is_some();
    assert_eq!(run.code == Some(0), is_somebody, "{run}");
    (endpoint.tokens().len(), is_somebody)
}

/// How often it asks before it gives up, as the table says: `3 times in 2 s`, or `once`.
fn attempts(client: &Client, status: u16) -> usize {
    let named = NAMES.into_iter().find(|(name, _)| *name == client.name);
    let (_, named) = named.unwrap();
    let mut lines = PAGE.lines().skip_while(|line| !line.contains("| at 503 |"));
    let header = lines.next().unwrap();
    let row = lines.find(|line| {
        line.split('|')
            .nth(1)
            .is_some_and(|cell| cell.contains(named))
    });
    let column = format!(" at {status} ");
    let column = header.split('|').position(|cell| cell == column).unwrap();
    let cell = row.unwrap().split('|').nth(column).unwrap().trim();
    match cell.split_once(" times") {
        Some((times, _)) => times.parse().unwrap(),
        None if cell == "once" => 1,
        None => panic!("{cell}"),
    }
}

const STATUSES: [u16; 3] = [503, 429, 403];
const PAGE: &str = include_str!("../../../../../../docs/pod-identity.md");

/// As the table calls them.
const NAMES: [(&str, &str); 6] = [
    ("boto3", "boto3"),
    ("aws-cli", "aws-cli"),
    ("caller-identity-go", "SDK for Go"),
    ("caller-identity-javascript", "SDK for JavaScript"),
    ("caller-identity-java", "SDK for Java "),
    ("the SDK for Rust", "SDK for Rust"),
];
