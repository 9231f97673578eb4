use std::collections::BTreeMap;

use super::super::Error;
use super::super::watch::Change;
use super::Endpoint;
use super::slice::{Slice, endpoints};

/// The slices of a Service as a watch has told them, and what was made of them.
pub(super) struct Known {
    port: Option<String>,
    slices: BTreeMap<String, Slice>,
    /// What has come of a list that is not at its end.
    listing: Option<BTreeMap<String, Slice>>,
    /// What was told last, and nothing else since.
    told: Option<Vec<Endpoint>>,
}

impl Known {
    /// Nothing yet.
    pub(super) fn new(port: Option<String>) -> Self {
        Self {
            port,
            slices: BTreeMap::new(),
            listing: None,
            told: None,
        }
    }

    /// Takes note of a change, and says what is to be told.
    pub(super) fn takes(&mut self, change: Change<Slice>) -> Option<Result<Vec<Endpoint>, Error>> {
        match change {
            Change::Relisting => {
                self.listing = Some(BTreeMap::new());
                return None;
            }
            Change::Is(slice) => {
                let slices = self.listing.as_mut().unwrap_or(&mut self.slices);
                slices.insert(slice.name().to_owned(), slice);
            }
            Change::Gone(slice) => drop(self.slices.remove(slice.name())),
            Change::Listed => self.slices = self.listing.take().unwrap_or_default(),
            Change::Followed => {}
            Change::Failed(error) => {
                self.told = None;
                return Some(Err(error));
            }
        }
        self.news()
    }

    /// Until a list is at its end, there is none.
    fn news(&mut self) -> Option<Result<Vec<Endpoint>, Error>> {
        if self.listing.is_some() {
            return None;
        }
        let now = match endpoints(self.slices.values(), self.port.as_deref()) {
            Ok(now) => now,
            Err(error) => {
                self.told = None;
                return Some(Err(error));
            }
        };
        if self.told.as_ref() == Some(&now) {
            return None;
        }
        self.told = Some(now.clone());
        Some(Ok(now))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::slice::tests::slice;
    use super::*;

    fn one(name: &str, address: &str) -> Slice {
        slice(
            name,
            "IPv4",
            &json!([{"addresses": [address]}]),
            &json!([{"port": 1}]),
        )
    }

    /// What is told of these changes, one after the other.
    fn told(changes: Vec<Change<Slice>>) -> Vec<String> {
        let mut known = Known::new(None);
        let told = changes.into_iter().filter_map(|change| known.takes(change));
        let told = told.map(|news| match news {
            Ok(all) => {
                let all = all.iter().map(|it| it.address.to_string());
                all.collect::<Vec<_>>().join(" ")
            }
            Err(error) => error.kind().to_owned(),
        });
        told.collect()
    }

    fn trouble() -> Change<Slice> {
        Change::Failed(Error::Gone {
            message: String::new(),
        })
    }

    #[test]
    fn the_whole_set_is_told_when_it_is_another() {
        let told = told(vec![
            Change::Relisting,
            Change::Is(one("a", "10.0.0.1")),
            Change::Is(one("b", "10.0.0.2")),
            Change::Listed,
            Change::Followed,
            Change::Is(one("b", "10.0.0.2")),
            Change::Is(one("b", "10.0.0.3")),
            Change::Gone(one("a", "10.0.0.1")),
            Change::Gone(one("b", "10.0.0.3")),
        ]);
        assert_eq!(
            told,
            ["10.0.0.1 10.0.0.2", "10.0.0.1 10.0.0.3", "10.0.0.3", ""]
        );
    }

    #[test]
    fn what_is_not_listed_anew_is_gone_and_not_before() {
        let told = told(vec![
            Change::Relisting,
            Change::Is(one("a", "10.0.0.1")),
            Change::Listed,
            Change::Relisting,
            Change::Is(one("b", "10.0.0.2")),
            trouble(),
            Change::Relisting,
            Change::Is(one("c", "10.0.0.3")),
            Change::Listed,
        ]);
        assert_eq!(told, ["10.0.0.1", "unusable", "10.0.0.3"]);
    }

    #[test]
    fn that_trouble_is_over_is_told() {
        let told = told(vec![
            Change::Relisting,
            Change::Listed,
            Change::Followed,
            trouble(),
            Change::Followed,
            Change::Followed,
        ]);
        assert_eq!(told, ["", "unusable", ""]);
    }
}
