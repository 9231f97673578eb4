use std::collections::BTreeMap;
use std::path::Path;

use crate::Failure;
use crate::bench::measurement::Measurement;
use crate::bench::proxy::Proxy;
use crate::failure::Result;
use crate::peers;
use crate::tool::Tool;

use super::HOST;
use super::client::Client;

/// How long a program takes that finds a token in its cache. Fails where one asks
/// ECR all the same.
pub(super) fn run(ours: &[Client], runs: u32) -> Result {
    let scratch =
        tempfile::tempdir().map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
    let ecr = Proxy::before(ECR)?;
    let theirs = ecr_login(scratch.path())?;
    let peer_is_here = theirs.is_some();
    let clients = theirs.into_iter().chain(ours.iter().cloned());
    let address = |client: Client| client.with([(ECR.to_owned(), ecr.address.clone())]);
    let clients: Vec<Client> = clients.map(address).collect();
    for client in &clients {
        client.answer(client.start(&[])?)?;
    }
    let asked = ecr.requests();
    let medians = in_turns(&clients, runs)?;
    if ecr.requests() != asked {
        let message = "a program asked ECR though it had a token: nothing was measured";
        return Err(Failure::new(message));
    }
    println!(
        "\n{:<34} {:>9} {:>9} {:>9}   medians of {ROUNDS} × {runs} runs",
        "with a token at hand", "wall ms", "cpu ms", "MB"
    );
    let peer = peer_is_here.then(|| medians[0]);
    for (index, (client, took)) in clients.iter().zip(&medians).enumerate() {
        let is_peer = peer_is_here && index == 0;
        let verdict = if is_peer {
            String::new()
        } else {
            verdict(took, peer)
        };
        let Measurement { wall, cpu, memory } = took;
        let what = &client.what;
        println!("{what:<34} {wall:>9.2} {cpu:>9.2} {memory:>9.1}   {verdict}");
    }
    Ok(())
}

/// So that what else the machine does hits all of them.
fn in_turns(clients: &[Client], runs: u32) -> Result<Vec<Measurement>> {
    let mut measured = vec![Vec::new(); clients.len()];
    for _ in 0..ROUNDS {
        for (client, measured) in clients.iter().zip(&mut measured) {
            measured.push(client.measure(runs)?);
        }
    }
    Ok(measured.iter().map(|all| median(all)).collect())
}

/// Against the budget, and against the program that it replaces.
fn verdict(took: &Measurement, peer: Option<Measurement>) -> String {
    let mark = if took.wall <= BUDGET { "✓" } else { "✗" };
    let against = peer.map_or_else(
        || "peer absent".to_owned(),
        |peer| {
            let (wall, memory) = (took.wall / peer.wall, took.memory / peer.memory);
            format!("{wall:.2} × wall, {memory:.2} × memory of the peer")
        },
    );
    format!("budget {BUDGET:.1} ms {mark}; {against}")
}

/// `docker-credential-ecr-login`, if it is here, with the keys of one session:
/// its cache knows a principal by nothing else.
fn ecr_login(scratch: &Path) -> Result<Option<Client>> {
    let Some(program) = peers::program("docker-credential-ecr-login") else {
        println!("SKIPPED: docker-credential-ecr-login is absent; there is nothing to compare");
        return Ok(None);
    };
    let keys = Tool::new("iamra")
        .words("creds env -o json --with-region")
        .output()?;
    let keys: BTreeMap<String, String> =
        serde_json::from_str(&keys).map_err(|error| Failure::new(format!("creds env: {error}")))?;
    let folder = |name: &str| scratch.join(name).display().to_string();
    let client = Client::new("docker-credential-ecr-login get", HOST, scratch)?;
    let client = client.at(&program).with(keys);
    Ok(Some(client.with([
        ("AWS_ECR_CACHE_DIR".to_owned(), folder("cache")),
        ("HOME".to_owned(), folder("home")),
    ])))
}

/// Of each quantity for itself.
fn median(all: &[Measurement]) -> Measurement {
    let of = |quantity: fn(&Measurement) -> f64| {
        let mut values: Vec<f64> = all.iter().map(quantity).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    Measurement {
        wall: of(|it| it.wall),
        cpu: of(|it| it.cpu),
        memory: of(|it| it.memory),
    }
}

/// What a start may cost, in milliseconds: kubelet and docker start one for each
/// image.
const BUDGET: f64 = 5.0;
const ROUNDS: u32 = 5;
const ECR: &str = "AWS_ENDPOINT_URL_ECR";

#[cfg(test)]
mod tests {
    use super::*;

    fn took(wall: f64, memory: f64) -> Measurement {
        Measurement {
            wall,
            cpu: 1.0,
            memory,
        }
    }

    #[test]
    fn a_verdict_has_the_budget_and_the_peer() {
        assert_eq!(
            verdict(&took(4.0, 8.0), Some(took(16.0, 32.0))),
            "budget 5.0 ms ✓; 0.25 × wall, 0.25 × memory of the peer"
        );
        assert_eq!(
            verdict(&took(5.5, 8.0), None),
            "budget 5.0 ms ✗; peer absent"
        );
    }

    #[test]
    fn medians_are_of_each_quantity() {
        let all = [took(1.0, 9.0), took(9.0, 2.0), took(2.0, 1.0)];
        let median = median(&all);
        assert_eq!((median.wall, median.memory), (2.0, 2.0));
    }
}
