use super::Findings;
use crate::aws_signing_helper;
use crate::migration::change::{Known, NEEDROLESHERE, SIGNING_HELPER};
use crate::migration::words::{Command, unquoted};

/// The programs whose flags are the helper's.
const PROGRAMS: [(&str, &Known); 2] = [
    ("aws_signing_helper", &SIGNING_HELPER),
    ("needroleshere", &NEEDROLESHERE),
];

/// A command line of the helper becomes one of iamra's: the flags have the same
/// names, and stay as they are written.
pub(super) fn look(command: &Command<'_>, findings: &mut Findings) {
    let is_helper = |index: &usize| program(command.raw(*index)).is_some();
    let Some(at) = (0..command.words.len()).find(is_helper) else {
        return;
    };
    let Some(found) = program(command.raw(at)) else {
        return;
    };
    let given: Vec<&str> = (at + 2..command.words.len())
        .map(|index| command.raw(index))
        .collect();
    let subcommand = unquoted(command.raw(at + 1));
    if found.known.is(&NEEDROLESHERE) {
        match subcommand {
            "credential-process" => {}
            "serve" | "bind" | "unbind" => return findings.tell(NEEDROLESHERE.also(BINDINGS)),
            _ => return,
        }
    }
    let Some(translation) = Translation::of(subcommand, &given) else {
        if given.iter().any(|word| is_refused(word)) {
            findings.tell(SIGNING_HELPER.also(REFUSED));
        }
        return;
    };
    let name = command.words[at].start + found.start..command.words[at].start + found.end;
    if !findings.edits.replace(name, "iamra") {
        return;
    }
    let subcommand = command.words[at + 1].clone();
    findings
        .edits
        .replace(subcommand, translation.begin().join(" "));
    for (word, fate) in command.words[at + 2..].iter().zip(&translation.fates) {
        match fate {
            Fate::Stays => {}
            Fate::Becomes(text) => {
                findings.edits.replace(word.clone(), text.as_str());
            }
            Fate::Goes => {
                let before = command.words.iter().take_while(|other| *other != word);
                let before = before.last().map_or(word.start, |before| before.end);
                // A redirection may stand before it.
                let is_blank = command.is_blank(before..word.start);
                let start = if is_blank { before } else { word.start };
                findings.edits.replace(start..word.end, "");
            }
        }
    }
    for change in found.known.changes() {
        findings.tell(change);
    }
    for sentence in translation.sentences {
        findings.tell(SIGNING_HELPER.also(sentence));
    }
}

/// `x/` before a name, where a path begins with a slash, a dot, a tilde or a variable.
fn is_of_an_image(before: &str) -> bool {
    let word = before.rsplit(['=', '"', '\'']).next().unwrap_or(before);
    // What units write before a program.
    let word = word.trim_start_matches(['@', '-']);
    !word.is_empty() && !word.starts_with(['/', '.', '~', '$'])
}

const REFUSED: &str = "A line stays as it is: certificate stores of operating systems and keys in a TPM are not supported; PKCS#11 reaches a TPM.";

const BINDINGS: &str = "A line of needroleshere stays as it is: its server and its bindings are routes of iamra creds serve, or sessions of iamra run.";

/// Where in a word a helper's name stands, and what is known of it.
struct Found {
    start: usize,
    end: usize,
    known: &'static Known,
}

/// A path to the helper, as a word of its own or behind the `=` of a unit.
fn program(word: &str) -> Option<Found> {
    PROGRAMS.iter().find_map(|(name, known)| {
        let start = word.rfind(name)?;
        let end = start + name.len();
        let rest = &word[end..];
        let before = word[..start].chars().next_back();
        let is_path =
            before.is_none_or(|before| matches!(before, '/' | '=' | '"' | '\'' | '@' | '-'));
        // It is published as an image of its own name, which is no program.
        let is_path = is_path && !(known.is(&NEEDROLESHERE) && is_of_an_image(&word[..start]));
        (is_path && matches!(rest, "" | "\"" | "'")).then_some(Found { start, end, known })
    })
}

/// Whether words are what the helper is told where it is called without its name: what
/// it always needs, and nothing that it does not know.
pub(in crate::migration) fn is_of_the_helper(words: &[&str]) -> bool {
    let Some((subcommand, flags)) = words.split_first() else {
        return false;
    };
    let names = flags.iter().filter(|word| word.starts_with("--"));
    let names: Vec<&str> = names.filter_map(|word| word.split('=').next()).collect();
    let is_known = |name: &&str| {
        let name = name.trim_start_matches("--");
        aws_signing_helper::flags(subcommand).any(|flag| flag == name)
    };
    NEEDED.iter().all(|name| names.contains(name)) && names.iter().all(is_known)
}

const NEEDED: [&str; 3] = ["--trust-anchor-arn", "--profile-arn", "--role-arn"];

/// What a subcommand with its flags is in iamra.
#[derive(Debug)]
pub(in crate::migration) struct Translation {
    verb: &'static [&'static str],
    /// What becomes of each word that was given.
    fates: Vec<Fate>,
    more: Vec<String>,
    pub(in crate::migration) sentences: Vec<&'static str>,
}

/// What becomes of a word.
#[derive(Debug)]
enum Fate {
    Stays,
    Goes,
    Becomes(String),
}

impl Translation {
    /// `None` where iamra has nothing in its place.
    pub(in crate::migration) fn of(subcommand: &str, given: &[&str]) -> Option<Self> {
        if given.iter().any(|word| is_refused(word)) {
            return None;
        }
        let has = |name: &str| given.iter().any(|word| unquoted(word) == name);
        let (verb, more): (&[&str], Vec<String>) = match subcommand {
            "credential-process" => (&["creds", "process"], Vec::new()),
            "update" if has("--once") => (&["creds", "file"], Vec::new()),
            "update" => (&["creds", "file"], vec!["--watch".to_owned()]),
            "serve" => (&["creds", "serve"], serving(given)),
            "read-certificate-data" => (&["cert", "show"], Vec::new()),
            _ => return None,
        };
        let (fates, sentences) = fates(given);
        Some(Self {
            verb,
            fates,
            more,
            sentences,
        })
    }

    /// Whether it writes the credentials file, which is in the user's home.
    pub(in crate::migration) fn writes_a_file(&self) -> bool {
        self.verb == ["creds", "file"]
    }

    /// What stands before the flags that were given.
    fn begin(&self) -> Vec<&str> {
        let verb = self.verb.iter().copied();
        verb.chain(self.more.iter().map(String::as_str)).collect()
    }

    /// The whole, of these words.
    pub(in crate::migration) fn words(&self, given: &[&str]) -> Vec<String> {
        let verb = self.verb.iter().map(|word| (*word).to_owned());
        let kept = given.iter().zip(&self.fates);
        let kept = kept.filter_map(|(word, fate)| match fate {
            Fate::Stays => Some((*word).to_owned()),
            Fate::Goes => None,
            Fate::Becomes(text) => Some(text.clone()),
        });
        verb.chain(kept).chain(self.more.iter().cloned()).collect()
    }
}

/// What serves as the helper does, on its port where none is named.
fn serving(given: &[&str]) -> Vec<String> {
    let mut more = Vec::new();
    let has = |name: &str| {
        given
            .iter()
            .any(|word| word.split('=').next() == Some(name))
    };
    if !has("--port") {
        more.push("--listen=localhost:9911".to_owned());
    }
    more.push("--protocol=imds".to_owned());
    if !has("--hop-limit") {
        more.push("--hop-limit=64".to_owned());
    }
    more
}

fn fates(given: &[&str]) -> (Vec<Fate>, Vec<&'static str>) {
    let (mut fates, mut sentences) = (Vec::new(), Vec::new());
    // The flag whose value the next word is.
    let mut waiting = None;
    for word in given {
        if let Some(flag) = waiting.take() {
            fates.push(match flag {
                PORT => Fate::Becomes(format!("--listen=localhost:{word}")),
                _ => Fate::Goes,
            });
            continue;
        }
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value)),
            _ => (*word, None),
        };
        fates.push(match (name, value) {
            (
                "--once"
                | "--with-proxy"
                | "--reuse-pin"
                | "--use-latest-expiring-certificate"
                | "--no-tpm-key-password",
                _,
            ) => Fate::Goes,
            ("--debug", _) => Fate::Becomes("--log-level=debug".to_owned()),
            (PORT, Some(port)) => Fate::Becomes(format!("--listen=localhost:{port}")),
            (PORT, None) => {
                waiting = Some(PORT);
                Fate::Goes
            }
            (PASSWORD, value) => {
                waiting = value.is_none().then_some(PASSWORD);
                sentences.push(PASSPHRASE);
                Fate::Becomes("--private-key-passphrase-file=FILE".to_owned())
            }
            _ => Fate::Stays,
        });
    }
    (fates, sentences)
}

const PORT: &str = "--port";
const PASSWORD: &str = "--pkcs8-password";
const PASSPHRASE: &str = "The passphrase stood on the command line, where every process could read it: put it into a file (mode 0600), and name that in place of FILE.";

fn is_refused(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or(word);
    let refused = [
        "--cert-selector",
        "--system-store-name",
        "--tpm-key-password",
    ];
    refused.contains(&name) || unquoted(word).starts_with("handle:") || word.contains("=handle:")
}
