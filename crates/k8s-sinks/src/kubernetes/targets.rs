use std::collections::BTreeSet;

use wildmatch::WildMatch;

use super::Error;
use super::cluster::Cluster;
use super::names::check_namespace;
use super::resource::NAMESPACES;
use super::watch::{Partial, Query};

/// Which namespaces get a Secret.
///
/// A namespace that is named must be there, and needs no right to list
/// namespaces; what a selector or a pattern finds may come and go. Namespaces
/// that are about to be deleted are no targets.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    names: BTreeSet<String>,
    selector: Option<String>,
    patterns: Vec<Pattern>,
    excluded: Vec<Pattern>,
}

/// A name with `*` for any number of characters and `?` for one.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(WildMatch);

impl Targets {
    /// No namespace yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same and this namespace.
    pub fn with_name(mut self, name: &str) -> Result<Self, Error> {
        check_namespace(name)?;
        self.names.insert(name.to_owned());
        Ok(self)
    }

    /// The same and all namespaces with labels that this selects, in the words of
    /// kubectl: the server understands them.
    ///
    /// [Label selectors](https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors)
    #[must_use]
    pub fn with_selector(self, selector: &str) -> Self {
        Self {
            selector: Some(selector.to_owned()),
            ..self
        }
    }

    /// The same and all namespaces of such a name.
    #[must_use]
    pub fn with_pattern(mut self, pattern: Pattern) -> Self {
        self.patterns.push(pattern);
        self
    }

    /// The same without those of such a name that selector and patterns find.
    #[must_use]
    pub fn without(mut self, pattern: Pattern) -> Self {
        self.excluded.push(pattern);
        self
    }

    /// Those that are named.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Whether namespaces have to be listed to find them.
    pub fn is_cluster_wide(&self) -> bool {
        self.selector.is_some() || !self.patterns.is_empty()
    }

    /// What finds those that are not named: one search each for the selector and
    /// for the patterns.
    pub(crate) fn searches(&self) -> Vec<Search> {
        let selector = self.selector.as_ref().map(|selector| Search {
            selector: Some(selector.clone()),
            patterns: Vec::new(),
            excluded: self.excluded.clone(),
        });
        let patterns = (!self.patterns.is_empty()).then(|| Search {
            selector: None,
            patterns: self.patterns.clone(),
            excluded: self.excluded.clone(),
        });
        selector.into_iter().chain(patterns).collect()
    }

    /// All of them as they are now.
    pub async fn list(&self, cluster: &Cluster) -> Result<BTreeSet<String>, Error> {
        let mut found = self.names.clone();
        for search in self.searches() {
            let living = |namespace: Partial| {
                let metadata = namespace.metadata;
                let is_living = metadata.deletion_timestamp.is_none();
                metadata.name.filter(|name| is_living && search.finds(name))
            };
            found.extend(search.query().list(cluster, living).await?);
        }
        Ok(found)
    }
}

/// A search for namespaces.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    selector: Option<String>,
    patterns: Vec<Pattern>,
    excluded: Vec<Pattern>,
}

impl Search {
    /// What the server is asked for.
    pub(crate) fn query(&self) -> Query {
        Query {
            resource: NAMESPACES,
            namespace: None,
            labels: self.selector.clone(),
            name: None,
            is_whole: false,
        }
    }

    /// Whether a namespace that the server gave is meant.
    pub(crate) fn finds(&self, name: &str) -> bool {
        let is_excluded = self.excluded.iter().any(|it| it.matches(name));
        let is_meant = self.selector.is_some() || self.patterns.iter().any(|it| it.matches(name));
        is_meant && !is_excluded
    }
}

impl Pattern {
    /// This pattern, of the characters that a name may have.
    pub fn new(pattern: &str) -> Result<Self, Error> {
        let fits = |character: char| {
            character.is_ascii_lowercase()
                || character.is_ascii_digit()
                || matches!(character, '-' | '.' | '*' | '?')
        };
        if pattern.is_empty() || !pattern.chars().all(fits) {
            return Err(Error::Invalid {
                what: "pattern",
                value: pattern.to_owned(),
                reason: "a name of a-z, 0-9, - and ., with * and ?".to_owned(),
            });
        }
        Ok(Self(WildMatch::new(pattern)))
    }

    /// Whether it is a name that stands for nothing but itself.
    pub fn is_literal(&self) -> bool {
        !self.as_text().contains(['*', '?'])
    }

    /// As it is written.
    pub fn as_text(&self) -> String {
        self.0.to_string()
    }

    /// Whether the name is such a one.
    pub fn matches(&self, name: &str) -> bool {
        self.0.matches(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        let parsed = texts.iter().map(|text| Pattern::new(text));
        parsed.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn searches_find_what_is_meant() {
        let targets = Targets::new().with_name("literal").unwrap();
        assert!(targets.searches().is_empty());
        let targets = patterns(&["team-*", "a?"])
            .into_iter()
            .fold(targets, Targets::with_pattern);
        let targets = patterns(&["team-x", "kube-*"])
            .into_iter()
            .fold(targets, Targets::without);
        let [by_name] = targets.searches().try_into().unwrap();
        for (name, is_found) in [
            ("team-a", true),
            ("team-", true),
            ("team-x", false),
            ("a1", true),
            ("a", false),
            ("literal", false),
            ("kube-system", false),
        ] {
            assert_eq!(by_name.finds(name), is_found, "{name}");
        }
        let [by_label, _] = targets
            .with_selector("team=a")
            .searches()
            .try_into()
            .unwrap();
        assert!(by_label.finds("anything"));
        assert!(!by_label.finds("kube-public"));
    }

    #[test]
    fn a_pattern_has_the_characters_of_a_name() {
        for (text, fits) in [
            ("*", true),
            ("a-?", true),
            ("", false),
            ("A", false),
            ("[a]", false),
        ] {
            assert_eq!(Pattern::new(text).is_ok(), fits, "{text}");
        }
        assert!(Pattern::new("default").unwrap().is_literal());
        assert!(!Pattern::new("ci-*").unwrap().is_literal());
    }
}
