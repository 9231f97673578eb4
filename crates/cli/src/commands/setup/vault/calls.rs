use serde::Serialize;
use serde_json::Value;

use super::resource::{Method, Resource};

/// The calls of Vault's API, in their order.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    calls: Vec<Call<'a>>,
}

/// One call. What `inputs` names is put into the body under the same key.
#[derive(Serialize)]
struct Call<'a> {
    what: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    method: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Value::is_null")]
    body: &'a Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<Input<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_file: Option<File>,
}

/// A field of the body that comes from what an earlier call returned: as it is,
/// or in a text, in place of `${CALL}`.
#[derive(Serialize)]
struct Input<'a> {
    key: &'static str,
    from_call: &'static str,
    field: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<&'a str>,
}

/// A field of the body that is read from the file which a variable names.
#[derive(Serialize)]
struct File {
    key: &'static str,
    variable: &'static str,
}

pub(super) fn document(resources: &[Resource]) -> Document<'_> {
    Document {
        calls: resources.iter().map(call).collect(),
    }
}

fn call(resource: &Resource) -> Call<'_> {
    let inputs = resource.fields.iter();
    Call {
        what: &resource.what,
        name: resource.returns.map(|returned| returned.name),
        method: match resource.method {
            Method::Read => "GET",
            Method::Write => "POST",
        },
        path: format!("/v1/{}", resource.path),
        body: &resource.body,
        inputs: inputs
            .map(|field| Input {
                key: field.key,
                from_call: field.returned.name,
                field: field.returned.field,
                within: field.within.as_deref(),
            })
            .collect(),
        from_file: resource.file.map(|file| File {
            key: file.key,
            variable: file.variable,
        }),
    }
}
