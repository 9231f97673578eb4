use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};

use super::selection::Selection;
use super::status::Status;
use super::world::World;
use crate::RequestParts;
use crate::answer::Answer;

/// A list of what is selected: whole, or as many as `limit` has, from where
/// `continue` left off.
pub(super) fn list(
    world: &World,
    selection: &Selection,
    request: &RequestParts,
) -> Result<Answer, Status> {
    let page = Page::read(request)?;
    let all = world.all(selection.kind, selection.namespace.as_deref());
    let mut selected = all.filter(|object| {
        let place = (object.namespace.as_str(), object.name.as_str());
        let after = page.after.as_ref();
        after.is_none_or(|(namespace, name)| place > (namespace, name)) && selection.has(object)
    });
    let items: Vec<_> = selected.by_ref().take(page.limit).collect();
    let mut metadata = json!({"resourceVersion": world.version().to_string()});
    let left = selected.count();
    if let (Some(last), 1..) = (items.last(), left) {
        let place = format!("{}/{}", last.namespace, last.name);
        metadata["continue"] = URL_SAFE_NO_PAD.encode(place).into();
        metadata["remainingItemCount"] = left.into();
    }
    let items: Vec<Value> = items.into_iter().map(|object| object.item()).collect();
    let document = json!({
        "kind": format!("{}List", selection.kind.name()),
        "apiVersion": selection.kind.api_version(),
        "metadata": metadata,
        "items": items,
    });
    Ok(Answer::json(StatusCode::OK, &document))
}

/// Which part of a list is asked for.
struct Page {
    limit: usize,
    /// Namespace and name of the last one of the page before.
    after: Option<(String, String)>,
}

impl Page {
    fn read(request: &RequestParts) -> Result<Self, Status> {
        let mut page = Self {
            limit: usize::MAX,
            after: None,
        };
        for (name, value) in request.query_parameters() {
            match name.as_str() {
                "limit" => {
                    let limit: usize = value
                        .parse()
                        .map_err(|_| Status::bad_request("limit is no number"))?;
                    page.limit = if limit == 0 { usize::MAX } else { limit };
                }
                "continue" if !value.is_empty() => page.after = Some(place(&value)?),
                _ => {}
            }
        }
        Ok(page)
    }
}

fn place(token: &str) -> Result<(String, String), Status> {
    let text = URL_SAFE_NO_PAD.decode(token).ok();
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    let place = text.as_deref().and_then(|text| text.split_once('/'));
    let (namespace, name) =
        place.ok_or_else(|| Status::bad_request("continue key is not valid"))?;
    Ok((namespace.to_owned(), name.to_owned()))
}
