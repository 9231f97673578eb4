//! What is asked of both agents.

use serde_json::json;

use super::tokens::{Tokens, claims, forged, of_parts, with_header};
use super::wire::Question;

/// A question, and where our answer is another on purpose.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) question: Question,
    pub(super) ours: Option<Ours>,
}

/// Our own answer: the status, how the text begins, and why.
pub(super) struct Ours(
    pub(super) u16,
    pub(super) &'static str,
    /// Read by people.
    pub(super) &'static str,
);

pub(super) fn rows(tokens: &Tokens) -> Vec<Row> {
    let genuine = &tokens.genuine;
    let mut rows = methods(genuine);
    rows.extend(hosts(genuine));
    rows.extend(paths(genuine));
    rows.extend(headers(genuine));
    rows.extend(authorizations(tokens));
    rows.extend(unsigned());
    rows
}

fn same(what: impl Into<String>, question: Question) -> Row {
    Row {
        what: what.into(),
        question,
        ours: None,
    }
}

fn ours(what: impl Into<String>, question: Question, ours: Ours) -> Row {
    Row {
        ours: Some(ours),
        ..same(what, question)
    }
}

fn get() -> Question {
    Question::new("GET", PATH)
}

fn methods(token: &str) -> Vec<Row> {
    let of = |method| Question::new(method, PATH).with("Authorization", token);
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let mut rows: Vec<Row> = methods.map(|method| same(method, of(method))).into();
    rows.extend([
        same("a method that nobody knows", of("FETCH")),
        same("get in small letters", of("get")),
        same("HEAD without a token", Question::new("HEAD", PATH)),
        same("OPTIONS without a token", Question::new("OPTIONS", PATH)),
        same("HEAD of nothing", Question::new("HEAD", "/nothing")),
        ours(
            "a body",
            of("POST").with("Content-Length", "2").then("{}"),
            Ours(400, "no request here has a body", BODY),
        ),
        ours(
            "a body in chunks",
            of("POST")
                .with("Transfer-Encoding", "chunked")
                .then("2\r\n{}\r\n0\r\n\r\n"),
            Ours(400, "no request here has a body", BODY),
        ),
        same("an empty body", of("POST").with("Content-Length", "0")),
    ]);
    rows
}

fn hosts(token: &str) -> Vec<Row> {
    let at = |host: &str| get().at(host).with("Authorization", token);
    let mut rows: Vec<Row> = HOSTS
        .map(|host| same(format!("Host: {host}"), at(host)))
        .into();
    let nothing = || get().with("Authorization", token).without_host();
    rows.extend([
        same("no Host", nothing()),
        same("no Host, by HTTP/1.0", nothing().version("1.0")),
        same("an empty Host", at("")),
        same("a Host of two words", at("a b")),
        same("a Host that is a path", at("169.254.170.23/")),
        same("a Host in quotes", at("\"169.254.170.23\"")),
        same("a Host of another script", at("\u{fc}.example")),
        same(
            "two Hosts",
            at("169.254.170.23").with("Host", "169.254.170.23"),
        ),
        same(
            "a whole URL",
            Question::new("GET", "http://169.254.170.23/v1/credentials")
                .with("Authorization", token),
        ),
        same(
            "a whole URL of another host",
            Question::new("GET", "http://evil.example/v1/credentials").with("Authorization", token),
        ),
        same(
            "a name beside a token that is none",
            get().at("evil.example").with("Authorization", "x"),
        ),
    ]);
    rows
}

fn paths(token: &str) -> Vec<Row> {
    let of = |path: &str| Question::new("GET", path).with("Authorization", token);
    let paths = [
        "/",
        "/v1",
        "/v1/",
        "/v1/credentials/",
        "/v1/credentials/web",
        "/v1/Credentials",
        "/v2/credentials",
        "/v1/credentials?",
        "/v1/credentials?a=b",
        "/v1/credentials?a=b;c=%zz",
        "/v1%2fcredentials",
        "/v1/credentials%20",
        "/latest/meta-data/",
        "/metrics",
        "/healthz",
    ];
    let mut rows: Vec<Row> = paths.map(|path| same(path, of(path))).into();
    rows.extend(DETOURS.map(|path| ours(path, of(path), Ours(404, "404 page not found", LETTER))));
    let foreign = of("/nothing").at("evil.example");
    rows.extend([
        same("nothing at another host", foreign),
        ours(
            "a fragment",
            of("/v1/credentials#a"),
            Ours(200, "credentials", FRAGMENT),
        ),
        ours(
            "OPTIONS *",
            Question::new("OPTIONS", "*"),
            Ours(404, "404 page not found", LETTER),
        ),
        ours("no target", Question::new("GET", ""), Ours(400, "", HTTP)),
    ]);
    rows
}

fn headers(token: &str) -> Vec<Row> {
    let with = |name: &str, value: &str| get().with("Authorization", token).with(name, value);
    let long = "x".repeat(6000);
    vec![
        same("HTTP/1.0", with("A", "b").version("1.0")),
        same("forwarded", with("X-Forwarded-For", "10.0.0.1")),
        same("by a proxy", with("Via", "1.1 proxy")),
        same("by a browser", with("Origin", "http://evil.example")),
        same("that wants text", with("Accept", "text/html")),
        same("that wants gzip", with("Accept-Encoding", "gzip")),
        same("a header of 6000 characters", with("X-Long", &long)),
        ours(
            "one of 60 000",
            with("X-Long", &long.repeat(10)),
            Ours(431, "", LONG),
        ),
        ours(
            "a header without a name",
            with("", "a"),
            Ours(400, "", HTTP),
        ),
        ours(
            "a header with a blank before the colon",
            with("A ", "b"),
            Ours(400, "", HTTP),
        ),
        same("expecting to go on", with("Expect", "100-continue")),
    ]
}

fn authorizations(tokens: &Tokens) -> Vec<Row> {
    let of = |token: &str| get().with("Authorization", token);
    let genuine = &tokens.genuine;
    vec![
        same("genuine", of(genuine)),
        same("genuine between blanks", of(&format!("  {genuine}\t"))),
        same(
            "genuine, in small letters",
            get().with("authorization", genuine),
        ),
        same(
            "genuine before another",
            of(genuine).with("Authorization", "x"),
        ),
        same(
            "genuine behind another",
            of("x").with("Authorization", genuine),
        ),
        same("none", get()),
        same("an empty one", of("")),
        same("blanks", of("   ")),
        same("with a scheme", of(&format!("Bearer {genuine}"))),
        same(
            "with one in small letters",
            of(&format!("bearer {genuine}")),
        ),
        same("with another scheme", of(&format!("Basic {genuine}"))),
        ours(
            "of another audience",
            of(&tokens.other_audience),
            Ours(400, "Service account token is for the audience", SERVICE),
        ),
        ours(
            "of an account without a role",
            of(&tokens.without_role),
            Ours(
                404,
                "No role is associated with the service account shop/guest",
                SERVICE,
            ),
        ),
        ours(
            "of nobody",
            of(&forged(&claims(&json!({})))),
            Ours(
                400,
                "Service account token is not one of this cluster",
                SERVICE,
            ),
        ),
    ]
}

/// What is read before anybody is asked.
fn unsigned() -> Vec<Row> {
    let of = |token: &str| get().with("Authorization", token);
    let times = |but| of(&forged(&claims(&but)));
    let (past, far) = (1_000_000_000_u64, super::tokens::FAR);
    let good = of_parts("{\"alg\":\"RS256\"}", "{}");
    let bytes = "\u{fc}\u{e9}";
    vec![
        same("garbage", of("garbage")),
        same("two parts", of("a.b")),
        same("four parts", of("a.b.c.d")),
        ours("three empty parts", of(".."), Ours(400, UNREADABLE, JSON)),
        ours(
            "claims of another type",
            times(json!({"exp": "soon"})),
            Ours(400, UNREADABLE, JSON),
        ),
        same("no text", of(bytes)),
        same("header of padded base64", of("eyJhIjoxfQ==.e30.x")),
        same("header of standard base64", of("-_+/.e30.x")),
        same("header of one character", of("e.e30.x")),
        same("header with a character too many", of("eyJhe.e30.x")),
        same("claims with a character too many", of("e30.eyJhe.x")),
        same("header with a byte that is none", of("e30$.e30.x")),
        same("claims that are no base64", of("eyJhbGciOiJSUzI1NiJ9.%%.x")),
        ours(
            "signature that is no base64",
            of(&format!("{good}%%")),
            Ours(
                400,
                "Service account token is not that of a service account",
                SERVICE,
            ),
        ),
        same("expired", times(json!({"exp": past}))),
        same("of tomorrow", times(json!({"nbf": far}))),
        same(
            "expired and of tomorrow",
            times(json!({"exp": past, "nbf": far})),
        ),
        same(
            "expired by a fraction",
            times(json!({"exp": 1_000_000_000.5})),
        ),
        same(
            "signed tomorrow and expired",
            times(json!({"iat": far, "exp": past})),
        ),
        same("without an algorithm", of(&with_header("{}"))),
        same(
            "of an algorithm that nobody knows",
            of(&with_header("{\"alg\":\"XS256\"}")),
        ),
        same(
            "of an algorithm that is a number",
            of(&with_header("{\"alg\":1}")),
        ),
    ]
}

const PATH: &str = "/v1/credentials";
const HOSTS: [&str; 24] = [
    "169.254.170.23",
    "169.254.170.23:80",
    "169.254.170.23:",
    "169.254.170.23:http",
    "169.254.170.23:80:80",
    "[169.254.170.23]",
    "[169.254.170.23]:80",
    "169.254.170.23.",
    "169.254.170.023",
    "fd00:ec2::23",
    "[fd00:ec2::23]",
    "[fd00:ec2::23]:80",
    "[fd00:ec2::23]80",
    "[fd00:ec2::23",
    "[FD00:EC2::23]",
    "[fd00:ec2:0::23]",
    "[::ffff:169.254.170.23]",
    "localhost",
    "LOCALHOST:80",
    "169.254.169.254",
    "169.254.170.2",
    "evil.example",
    "169.254.170.23.evil.example",
    "pods.eks.amazonaws.com:443",
];

/// Where EKS's agent answers, or says where else it does.
const DETOURS: [&str; 6] = [
    "/v1/%63redentials",
    "//v1/credentials",
    "/v1//credentials",
    "/v1/./credentials",
    "/v1/../v1/credentials",
    "/v1/credentials/..",
];
const UNREADABLE: &str =
    "Service account token cannot be parsed: token is malformed: could not JSON decode ";

const LETTER: &str = "paths are compared to the letter, and nobody is sent elsewhere";
const FRAGMENT: &str = "hyper drops the fragment, which no client sends";
const LONG: &str = "a megabyte of each of many callers is too much: a head has 8 KiB";
const HTTP: &str = "hyper refuses what is no HTTP without a word";
const JSON: &str = "Go's words repeat what stands in the token; ours say where";
const BODY: &str = "no body is read here: what is not read would be the next request";
const SERVICE: &str = "EKS leaves this to its service, which says it in its words";
