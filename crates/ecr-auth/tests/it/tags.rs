//! Registries that list tags wrongly.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use destination::{Destination, HttpClient};
use ecr_auth::{AuthorizationToken, Error, RegistryClient};
use refresh::{Fault as _, FaultKind, Lifetime};

/// A registry that gives every request the answer of its number, and how many
/// there were. Its thread ends with the test's process.
fn registry(answer: impl Fn(usize) -> String + Send + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(&stream).lines();
            while lines
                .next()
                .is_some_and(|line| line.is_ok_and(|it| !it.is_empty()))
            {}
            let answer = answer(counted.fetch_add(1, Ordering::Relaxed));
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, count)
}

/// A page, and the query of the one behind it.
fn page(body: &str, next: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\
         Link: </v2/a/tags/list?{next}>; rel=\"next\"\r\n\r\n{body}"
    )
}

async fn tags(url: &str) -> Result<Vec<String>, Error> {
    let http = HttpClient::new(Destination::default()).unwrap();
    let epoch = SystemTime::UNIX_EPOCH;
    let token = AuthorizationToken {
        username: "AWS".to_owned(),
        password: "hunter2".into(),
        lifetime: Lifetime::new(epoch, epoch + Duration::from_secs(1)),
        proxy_endpoint: None,
    };
    let host = "public.ecr.aws".parse().unwrap();
    let registry = RegistryClient::new(&http, host, &token);
    let registry = registry.with_endpoint(url.parse().unwrap());
    registry.tags(&"a".parse().unwrap()).await
}

#[tokio::test]
async fn pages_without_an_end_are_given_up() {
    const TAGS: &str = r#"{"name":"a","tags":["1"]}"#;
    for (next, most) in [
        // The same page again and again.
        (
            &(|_| "last=1".to_owned()) as &'static (dyn Fn(usize) -> String + Sync),
            2,
        ),
        // Two that lead to each other.
        (&|number| format!("last={}", number % 2), 2000),
    ] {
        let (url, count) = registry(move |number| page(TAGS, &next(number)));
        let error = tags(&url).await.unwrap_err();
        let expected = "the pages of its tags have no end";
        assert!(error.to_string().ends_with(expected), "{error}");
        assert_eq!(error.fault(), FaultKind::Failed);
        assert_eq!(count.load(Ordering::Relaxed), most);
    }
}

#[tokio::test]
async fn what_is_no_list_of_tags_is_said_to_be_none() {
    for body in ["", "<html>", "[]", r#"{"tags":"1"}"#, r#"{"tags":[1]}"#] {
        let (url, _) = registry(move |_| page(body, ""));
        let error = tags(&url).await.unwrap_err();
        let expected = "it is not the JSON of a list of tags";
        assert!(error.to_string().ends_with(expected), "{body}: {error}");
    }
    // Of a repository without any.
    let (url, _) = registry(|_| page(r#"{"tags":null}"#, ""));
    assert_eq!(tags(&url).await.unwrap(), [""; 0]);
}
