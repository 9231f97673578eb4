use http::StatusCode;
use serde_json::json;

use super::refusal::{RegistryRefusal, versioned};
use crate::answer::Answer;
use crate::{Repository, RequestParts};

/// The tags on a page where nobody asks for another number.
const PAGE: usize = 100;
/// And the most that can be asked for.
const LARGEST_PAGE: usize = 1000;

/// A page of tags, and where the next one is.
pub(super) fn list(
    repository: &Repository,
    request: &RequestParts,
) -> Result<Answer, RegistryRefusal> {
    let parameters = request.query_parameters();
    let value = |name: &str| {
        let pair = parameters.iter().find(|(other, _)| other == name);
        pair.map(|(_, value)| value.as_str())
    };
    let size = page_size(value("n"))?;
    let last = value("last").unwrap_or_default();
    let mut tags: Vec<_> = repository.tags.iter().map(String::as_str).collect();
    tags.sort_unstable();
    tags.retain(|tag| *tag > last);
    let is_cut = tags.len() > size;
    tags.truncate(size);
    let name = &repository.name;
    let document = json!({"name": name, "tags": tags});
    let answer = versioned(Answer::json(StatusCode::OK, &document));
    Ok(match tags.last() {
        Some(last) if is_cut => {
            let next = format!("</v2/{name}/tags/list?last={last}&n={size}>; rel=\"next\"");
            answer.with_header("link", &next)
        }
        _ => answer,
    })
}

fn page_size(n: Option<&str>) -> Result<usize, RegistryRefusal> {
    let Some(text) = n else {
        return Ok(PAGE);
    };
    let size = text
        .parse()
        .ok()
        .filter(|it| (1..=LARGEST_PAGE).contains(it));
    size.ok_or_else(|| {
        RegistryRefusal::new(
            StatusCode::BAD_REQUEST,
            "PAGINATION_NUMBER_INVALID",
            "n must be a number between 1 and 1000",
        )
    })
}
