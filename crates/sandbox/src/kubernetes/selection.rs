use super::object::{Kind, Object};
use super::status::Status;
use crate::RequestParts;

/// Which objects are asked for.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub(super) kind: Kind,
    /// None for all namespaces.
    pub(super) namespace: Option<String>,
    labels: Vec<Requirement>,
    fields: Vec<Requirement>,
}

/// What a label or a field has to be.
#[derive(Clone, Debug)]
struct Requirement {
    name: String,
    /// None where it has to be there, whatever it is.
    value: Option<String>,
    /// Whether it must not be so.
    negated: bool,
}

impl Requirement {
    fn fits(&self, actual: Option<&str>) -> bool {
        let equal = match &self.value {
            Some(wanted) => actual == Some(wanted),
            None => actual.is_some(),
        };
        equal != self.negated
    }

    /// Reads `a=b`, `a==b`, `a!=b`, `a` and `!a`.
    fn read(text: &str) -> Option<Self> {
        let (text, absent) = match text.strip_prefix('!') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let (name, value, negated) = match text.split_once('=') {
            None => (text, None, absent),
            Some((name, value)) => {
                let value = value.strip_prefix('=').unwrap_or(value);
                let unequal = name.strip_suffix('!');
                (unequal.unwrap_or(name), Some(value), unequal.is_some())
            }
        };
        // Sets (`in`, `notin`) are left out.
        let readable = !name.is_empty() && !name.contains(['(', ' ', '!']);
        readable.then(|| Self {
            name: name.to_owned(),
            value: value.map(str::to_owned),
            negated,
        })
    }
}

impl Selection {
    /// Reads `labelSelector` and `fieldSelector`.
    pub(super) fn read(
        kind: Kind,
        namespace: Option<&str>,
        request: &RequestParts,
    ) -> Result<Self, Status> {
        let mut selection = Self {
            kind,
            namespace: namespace.map(str::to_owned),
            labels: Vec::new(),
            fields: Vec::new(),
        };
        for (name, value) in request.query_parameters() {
            match name.as_str() {
                "labelSelector" => selection.labels = requirements(&value)?,
                "fieldSelector" => selection.fields = requirements(&value)?,
                _ => {}
            }
        }
        for field in &selection.fields {
            let known = ["metadata.name", "metadata.namespace"].contains(&field.name.as_str())
                || (kind == Kind::Pod && POD_FIELDS.contains(&field.name.as_str()));
            if !known || field.value.is_none() {
                let text = format!("field label not supported: {}", field.name);
                return Err(Status::bad_request(text));
            }
        }
        Ok(selection)
    }

    pub(super) fn has(&self, object: &Object) -> bool {
        object.kind == self.kind
            && self
                .namespace
                .as_ref()
                .is_none_or(|it| *it == object.namespace)
            && self
                .labels
                .iter()
                .all(|it| it.fits(object.labels.get(&it.name).map(String::as_str)))
            && self
                .fields
                .iter()
                .all(|it| it.fits(field(object, &it.name)))
    }
}

/// By which pods are selected, beside their names.
const POD_FIELDS: [&str; 4] = [
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
];

fn field<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    match name {
        "metadata.name" => Some(&object.name),
        "metadata.namespace" => Some(&object.namespace),
        other => object.text(&other.replace('.', "/")),
    }
}

fn requirements(text: &str) -> Result<Vec<Requirement>, Status> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts
        .map(|part| {
            Requirement::read(part)
                .ok_or_else(|| Status::bad_request(format!("unable to parse requirement: {part}")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::SystemTime;

    use super::*;
    use crate::Pod;

    fn selects(query: &str) -> Option<bool> {
        let pod = Pod::named("shop", "web-0", "web");
        let object = Object {
            kind: Kind::Pod,
            namespace: "shop".into(),
            name: "web-0".into(),
            uid: String::new(),
            version: 2,
            created: SystemTime::UNIX_EPOCH,
            labels: BTreeMap::from([("app".into(), "web".into())]),
            annotations: BTreeMap::new(),
            content: pod.content(),
        };
        let request = RequestParts {
            query: query.into(),
            ..RequestParts::default()
        };
        let selection = Selection::read(Kind::Pod, None, &request).ok()?;
        Some(selection.has(&object))
    }

    #[test]
    fn selectors() {
        for (query, selected) in [
            ("", Some(true)),
            ("labelSelector=app%3Dweb", Some(true)),
            ("labelSelector=app=web", Some(true)),
            ("labelSelector=app%3D%3Dweb,app", Some(true)),
            ("labelSelector=app!=web", Some(false)),
            ("labelSelector=tier!=a", Some(true)),
            ("labelSelector=!tier,app=web", Some(true)),
            ("labelSelector=tier", Some(false)),
            ("labelSelector=app%20in%20(web)", None),
            ("fieldSelector=spec.nodeName=node-1", Some(true)),
            ("fieldSelector=spec.nodeName%3Dnode-2", Some(false)),
            ("fieldSelector=status.podIP=10.0.0.1", Some(false)),
            (
                "fieldSelector=metadata.name=web-0,metadata.namespace!=shop",
                Some(false),
            ),
            ("fieldSelector=spec.hostname=a", None),
        ] {
            assert_eq!(selects(query), selected, "{query}");
        }
    }
}
