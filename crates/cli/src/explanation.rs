//! What stands behind each error: the one table that hints, `iamra explain` and
//! the pages in `docs/errors` come from.
//!
//! All of it is in every build: whose text somebody asks about is not ours to say.

pub(crate) mod ambient;
pub(crate) mod aws;
mod certificate;
mod client;
pub(crate) mod cluster;
pub(crate) mod config;
pub(crate) mod connection;
pub(crate) mod ecr;
pub(crate) mod files;
pub(crate) mod fitness;
pub(crate) mod identity;
pub(crate) mod kubelet;
pub(crate) mod kubernetes;
pub(crate) mod machine;
pub(crate) mod pods;
mod process;
mod search;
pub(crate) mod sts;
pub(crate) mod vault;
pub(crate) mod vault_answer;

pub(crate) use search::search;

/// One fault: what it is, where it comes from, and what to do.
#[derive(Debug)]
pub struct Explanation {
    /// The stable code: `vault.denied`. Those of `client`, and some of `docker` and
    /// `kubelet`, are of errors that only other programs print.
    pub code: &'static str,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// Where it may come from, the most frequent first.
    pub causes: &'static [Cause],
    /// Commands that tell which cause it is.
    pub check: &'static [&'static str],
    /// What iamra and others print where it happens; `*` is any text on the same
    /// few lines.
    pub says: &'static [&'static str],
}

/// Where a fault comes from, and what ends it.
#[derive(Debug)]
pub struct Cause {
    /// What is the case.
    pub what: &'static str,
    /// What to do: the words of the hint.
    pub fix: &'static str,
}

/// Every explanation, those of one area together.
pub fn all() -> impl Iterator<Item = &'static Explanation> {
    AREAS.iter().copied().flatten()
}

/// The explanation of a code.
pub(crate) fn of(code: &str) -> Option<&'static Explanation> {
    all().find(|explanation| explanation.code == code)
}

impl Explanation {
    /// Where its page is, from the root of the project.
    pub fn page(&self) -> String {
        format!("docs/errors/{}.md", self.code)
    }
}

const fn cause(what: &'static str, fix: &'static str) -> Cause {
    Cause { what, fix }
}

static AREAS: &[&[Explanation]] = &[
    config::FAULTS,
    files::FAULTS,
    identity::FAULTS,
    certificate::FAULTS,
    vault::FAULTS,
    vault_answer::FAULTS,
    aws::FAULTS,
    sts::FAULTS,
    ambient::FAULTS,
    client::FAULTS,
    ecr::FAULTS,
    kubelet::FAULTS,
    kubernetes::FAULTS,
    cluster::FAULTS,
    pods::FAULTS,
    process::FAULTS,
    machine::FAULTS,
];

#[cfg(test)]
mod tests;
