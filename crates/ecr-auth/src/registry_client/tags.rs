use destination::Response;
use http::{HeaderMap, Method, header};
use serde::Deserialize;

use super::{RegistryClient, RepositoryName};
use crate::Error;

/// Follows the pages to their end.
///
/// [Listing tags](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags)
pub(super) async fn all(
    registry: &RegistryClient<'_>,
    repository: &RepositoryName,
) -> Result<Vec<String>, Error> {
    let mut tags = Vec::new();
    let mut query = format!("n={PAGE}");
    for _ in 0..MOST_PAGES {
        let path = format!("/v2/{repository}/tags/list?{query}");
        let answer = registry.ask(&Method::GET, &path).await?;
        tags.extend(read(registry, &answer)?);
        match next(&answer.headers) {
            None => return Ok(tags),
            Some(next) if next == query => break,
            Some(next) => query = next,
        }
    }
    Err(registry.unusable("the pages of its tags have no end"))
}

fn read(registry: &RegistryClient<'_>, answer: &Response) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Page {
        // A repository whose images have no tags: null.
        tags: Option<Vec<String>>,
    }
    let page: Page = serde_json::from_slice(&answer.body)
        .map_err(|_| registry.unusable("it is not the JSON of a list of tags"))?;
    Ok(page.tags.unwrap_or_default())
}

/// The query of the next page. Whoever answers decides about that and nothing
/// else: the token goes to no other host and path.
fn next(headers: &HeaderMap) -> Option<String> {
    let links = headers.get_all(header::LINK).into_iter();
    let links = links.filter_map(|link| link.to_str().ok());
    let next = links.flat_map(|links| links.split(',')).find(|link| {
        let parameters = link.split(';').skip(1).map(str::trim);
        parameters
            .into_iter()
            .any(|it| matches!(it, r#"rel="next""# | "rel=next"))
    })?;
    let address = next.split('<').nth(1)?.split('>').next()?;
    let (_, query) = address.split_once('?')?;
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
    (!query.is_empty() && query.bytes().all(is_plain)).then(|| query.to_owned())
}

/// As many as a registry gives at once.
const PAGE: u32 = 1000;
/// More tags than any repository may have: the quota for images is 100 000.
const MOST_PAGES: u32 = 2000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_a_query_of_the_same_address() {
        for (link, query) in [
            (
                r#"</v2/a/tags/list?last=b&n=2>; rel="next""#,
                Some("last=b&n=2"),
            ),
            (
                r#"<https://evil.example/v2/a/tags/list?last=b>; rel="next""#,
                Some("last=b"),
            ),
            (r"</v2/a/tags/list?last=b>;rel=next", Some("last=b")),
            (r#"</v2/a/tags/list?last=b>; rel="prev""#, None),
            (r#"</v2/a/tags/list>; rel="next""#, None),
            (r#"</v2/a/tags/list?>; rel="next""#, None),
            (r#"</v2/a/tags/list?a b>; rel="next""#, None),
            ("nonsense", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::LINK, link.parse().unwrap());
            assert_eq!(next(&headers).as_deref(), query, "{link}");
        }
        assert_eq!(next(&HeaderMap::new()), None);
    }
}
