use super::{Explanation, all, of};

/// The explanations that fit a text, the best first: those whose code it names, or
/// else those whose words it holds, the more of them the better.
pub(crate) fn search(text: &str) -> Vec<&'static Explanation> {
    let text = Text::new(text);
    let mut found: Vec<(usize, &Explanation)> = Vec::new();
    for explanation in all() {
        let weight = text.weight(explanation);
        if weight > 0 {
            found.push((weight, explanation));
        }
    }
    // Stable: of equals, the order of the table counts.
    found.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    // Who has our code needs nobody's guess.
    let most = match found.iter().filter(|(weight, _)| *weight == NAMED).count() {
        0 => MOST,
        named => named,
    };
    found.into_iter().take(most).map(|(_, it)| it).collect()
}

/// What somebody has pasted, in lower case and with single blanks.
struct Text {
    /// A few lines together, each line beginning one: messages go over several.
    passages: Vec<String>,
    whole: String,
    codes: Vec<&'static str>,
}

impl Text {
    fn new(text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(plain).collect();
        let lines: Vec<String> = lines.into_iter().filter(|it| !it.is_empty()).collect();
        let passages = (0..lines.len()).map(|at| {
            let until = lines.len().min(at + PASSAGE);
            lines[at..until].join(" ")
        });
        let is_of_code = |it: char| it.is_ascii_alphanumeric() || it == '.' || it == '-';
        let words = text.split(|it: char| !is_of_code(it));
        let codes = words.filter_map(|word| of(word.trim_end_matches('.')));
        Self {
            passages: passages.collect(),
            codes: codes.map(|explanation| explanation.code).collect(),
            whole: lines.join(" "),
        }
    }

    /// How well it fits; nothing where it does not.
    fn weight(&self, explanation: &Explanation) -> usize {
        if self.codes.contains(&explanation.code) {
            return NAMED;
        }
        let said = explanation.says.iter().filter(|words| self.says(words));
        said.map(|words| words.len()).max().unwrap_or_default()
    }

    fn says(&self, words: &str) -> bool {
        let parts: Vec<String> = words.split('*').map(plain).collect();
        let is_there = |part: &String| self.whole.contains(part.as_str());
        parts.iter().all(is_there)
            && (parts.len() == 1 || self.passages.iter().any(|it| holds_in_order(it, &parts)))
    }
}

fn holds_in_order(passage: &str, parts: &[String]) -> bool {
    let mut rest = passage;
    parts.iter().all(|part| {
        let Some(at) = rest.find(part.as_str()) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        true
    })
}

/// As log lines write it, without their quoting: a text may have gone through JSON
/// once or twice.
fn plain(text: &str) -> String {
    let text = text.replace("\\n", " ").replace("\\t", " ");
    let text = text.replace(['\\', '"', '\'', '`', '“', '”', '‘', '’'], "");
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Who asks wants to read one answer, not a list.
const MOST: usize = 3;
const PASSAGE: usize = 4;
const NAMED: usize = usize::MAX;
