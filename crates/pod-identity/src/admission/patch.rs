use serde::Serialize;
use serde_json::{Map, Value};

use super::Warning;

/// An operation of a [JSON Patch](https://www.rfc-editor.org/rfc/rfc6902) that
/// adds; others are never needed, since nothing that is there is touched.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "op", rename = "add")]
pub struct PatchOperation {
    /// Where: a [JSON Pointer](https://www.rfc-editor.org/rfc/rfc6901).
    pub path: String,
    /// What.
    pub value: Value,
}

/// What becomes of a pod.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PodPatch {
    /// In this order; none if the pod needs nothing.
    pub operations: Vec<PatchOperation>,
    /// What whoever creates the pod should know.
    pub warnings: Vec<Warning>,
}

impl PodPatch {
    /// Adds `values` to the end of the list `key` of `object`, which is at `path`.
    ///
    /// One that is missing, or null, comes into being with them. What is no object,
    /// or no list, stays as it is: the API server sends none such.
    pub(super) fn append(&mut self, at: (&str, &Value), key: &str, values: Vec<Value>) {
        let (path, object) = at;
        match object.get(key) {
            _ if values.is_empty() || !object.is_object() => {}
            None | Some(Value::Null) => self.add(member(path, key), Value::Array(values)),
            Some(Value::Array(_)) => {
                for value in values {
                    self.add(member(&member(path, key), "-"), value);
                }
            }
            Some(_) => {}
        }
    }

    /// Adds `value` as the first of the list `key` of `object`, which is at `path`.
    pub(super) fn prepend(&mut self, at: (&str, &Value), key: &str, value: Value) {
        let (path, object) = at;
        match object.get(key) {
            Some(Value::Array(_)) => self.add(member(&member(path, key), "0"), value),
            _ => self.append(at, key, vec![value]),
        }
    }

    /// Adds the member `name` to the object `key` of `object`, which is at `path`,
    /// if it has none of that name.
    pub(super) fn insert(&mut self, at: (&str, &Value), key: &str, (name, value): (&str, &str)) {
        let (path, object) = at;
        match object.get(key) {
            _ if !object.is_object() => {}
            None | Some(Value::Null) => {
                let members = Map::from_iter([(name.to_owned(), value.into())]);
                self.add(member(path, key), Value::Object(members));
            }
            Some(Value::Object(members)) if !members.contains_key(name) => {
                self.add(member(&member(path, key), name), value.into());
            }
            Some(_) => {}
        }
    }

    fn add(&mut self, path: String, value: Value) {
        self.operations.push(PatchOperation { path, value });
    }
}

/// The pointer to the member `name` of what is at `path`.
pub(super) fn member(path: &str, name: &str) -> String {
    // In this order, or the tilde of the second would be escaped again (RFC 6901, 3).
    let escaped = name.replace('~', "~0").replace('/', "~1");
    format!("{path}/{escaped}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patch(of: impl FnOnce(&mut PodPatch)) -> Value {
        let mut patch = PodPatch::default();
        of(&mut patch);
        json!(patch.operations)
    }

    #[test]
    fn lists_come_into_being_where_there_are_none() {
        let values = || vec![json!(1), json!(2)];
        for (object, expected) in [
            (
                json!({}),
                json!([{"op": "add", "path": "/o/l", "value": [1, 2]}]),
            ),
            (
                json!({"l": null}),
                json!([{"op": "add", "path": "/o/l", "value": [1, 2]}]),
            ),
            (
                json!({"l": []}),
                json!([
                    {"op": "add", "path": "/o/l/-", "value": 1},
                    {"op": "add", "path": "/o/l/-", "value": 2},
                ]),
            ),
            (json!({"l": "text"}), json!([])),
            (json!(null), json!([])),
            (json!("text"), json!([])),
        ] {
            assert_eq!(
                patch(|it| it.append(("/o", &object), "l", values())),
                expected
            );
        }
        assert_eq!(
            patch(|it| it.append(("", &json!({})), "l", vec![])),
            json!([])
        );
        for (object, path, value) in [
            (json!({}), "/o/l", json!([1])),
            (json!({"l": [0]}), "/o/l/0", json!(1)),
        ] {
            assert_eq!(
                patch(|it| it.prepend(("/o", &object), "l", json!(1))),
                json!([{"op": "add", "path": path, "value": value}])
            );
        }
    }

    #[test]
    fn names_are_escaped_in_pointers() {
        for (object, path, value) in [
            (json!({"l": {}}), "/l/a.b~1c~0d~01", json!("v")),
            (json!({}), "/l", json!({"a.b/c~d~1": "v"})),
        ] {
            assert_eq!(
                patch(|it| it.insert(("", &object), "l", ("a.b/c~d~1", "v"))),
                json!([{"op": "add", "path": path, "value": value}])
            );
        }
        for object in [json!({"l": {"n": "other"}}), json!({"l": [1]}), json!(null)] {
            assert_eq!(
                patch(|it| it.insert(("", &object), "l", ("n", "v"))),
                json!([])
            );
        }
    }
}
