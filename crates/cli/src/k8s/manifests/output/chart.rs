use serde_json::{Map, Value, json};

use super::super::carried::CONFIG_FILE;
use super::super::pod;
use super::{Document, Install, Part};
use crate::k8s::yaml;

/// A Helm chart: the same documents, of which some values are the user's.
///
/// [Charts](https://helm.sh/docs/topics/charts/)
pub(super) fn files(install: &Install, documents: &[Document]) -> Vec<(String, String)> {
    let chart = json!({
        "apiVersion": "v2",
        "name": install.scope().name(),
        "description": "iamra with the rights of one configuration",
        "type": "application",
        "version": env!("CARGO_PKG_VERSION"),
        "appVersion": env!("CARGO_PKG_VERSION"),
        "home": env!("CARGO_PKG_REPOSITORY"),
        "sources": [env!("CARGO_PKG_REPOSITORY")],
    });
    let values = values(install, documents);
    let documents = documents.iter().cloned();
    let has_settings = documents.clone().any(|it| settings(&it).is_some());
    let documents = documents
        .map(|it| marked(it, has_settings))
        .collect::<Vec<_>>();
    let templates = Part::ALL.into_iter().map(|part| {
        let text = templates_of(&documents, part);
        let text = match part {
            Part::Monitoring => optional(&text),
            _ => text,
        };
        (format!("templates/{}", part.file()), text)
    });
    let mut files: Vec<_> = templates.collect();
    files.push(("Chart.yaml".to_owned(), yaml::document(&chart)));
    files.push(("values.yaml".to_owned(), values_file(&values)));
    files.push(("values.schema.json".to_owned(), schema(&values)));
    files
}

/// What a part's file holds. Where there is nothing, the file says so.
fn templates_of(documents: &[Document], part: Part) -> String {
    if !documents.iter().any(|document| document.part == part) {
        return super::part(documents, part);
    }
    let documents = documents.iter().filter(|document| document.part == part);
    let texts = documents.map(|document| {
        let text = template(&super::text(document));
        match document.object["kind"].as_str() {
            // One pod that must stay would keep its node for ever.
            Some("PodDisruptionBudget") => {
                format!("{{{{- if gt (int .Values.replicas) 1 }}}}\n{text}{{{{- end }}}}\n")
            }
            _ => text,
        }
    });
    texts.collect()
}

/// A value of the user's: its name, what it is for, and what it is otherwise.
type Choice = (&'static str, &'static str, Value);

fn values(install: &Install, documents: &[Document]) -> Vec<Choice> {
    let mut values: Vec<Choice> = vec![
        (
            "image",
            "The image of iamra: where you have pushed it, best by its digest.",
            json!(install.image),
        ),
        (
            "imagePullSecrets",
            "Pull secrets for that image, each {name: …}: they must be there already.",
            json!([]),
        ),
        (
            "replicas",
            if install.scope().leader_election {
                "How many pods run; one of them leads."
            } else {
                "One. For more, print a chart with --leader-elect: it brings the rights for it."
            },
            json!(install.replicas),
        ),
        ("resources", "Of the container.", pod::resources()),
        ("nodeSelector", "Where the pods may run.", json!({})),
        ("tolerations", "Where they may run, too.", json!([])),
        ("podAnnotations", "For the pods.", json!({})),
        (
            "monitoring",
            "Service, alerts and dashboard; without the Prometheus operator set enabled to false.",
            json!({"enabled": true}),
        ),
    ];
    if let Some(settings) = documents.iter().find_map(settings) {
        let settings = ("settings", SETTINGS, settings.clone());
        values.insert(0, settings);
    }
    values
}

/// The config file, where a document has it.
fn settings(document: &Document) -> Option<&Value> {
    let is_config = document.object["kind"] == "ConfigMap";
    document.object["data"]
        .get(CONFIG_FILE)
        .filter(|_| is_config)
}

fn values_file(values: &[Choice]) -> String {
    let values = values.iter().map(|(name, comment, value)| {
        let comment: String = comment.lines().flat_map(|it| ["# ", it, "\n"]).collect();
        let value = yaml::document(&json!({*name: value}));
        let value = value.strip_prefix("---\n").unwrap_or(&value).to_owned();
        comment + &value
    });
    values.collect()
}

/// [Schema files](https://helm.sh/docs/topics/charts/#schema-files): a value that is
/// misspelt, or of another type, is refused.
fn schema(values: &[Choice]) -> String {
    let properties = values.iter().map(|(name, comment, value)| {
        let mut schema = typed(value);
        if *name == "monitoring" {
            schema["additionalProperties"] = json!(false);
            schema["properties"] = json!({"enabled": {"type": "boolean"}});
        }
        schema["description"] = json!(comment.replace('\n', " "));
        ((*name).to_owned(), schema)
    });
    let mut properties: Map<String, Value> = properties.collect();
    // Helm gives the one to every chart, and who has this as a part of theirs the other.
    properties.insert("global".to_owned(), json!({"type": "object"}));
    properties.insert("enabled".to_owned(), json!({"type": "boolean"}));
    let schema = json!({
        "$schema": "https://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    format!("{schema:#}\n")
}

fn typed(value: &Value) -> Value {
    match value {
        Value::Number(_) => json!({"type": "integer", "minimum": 0}),
        Value::Array(_) => json!({"type": "array"}),
        Value::Object(_) => json!({"type": "object"}),
        _ => json!({"type": "string"}),
    }
}

/// The document with marks where a value of the user's belongs.
fn marked(mut document: Document, has_settings: bool) -> Document {
    if settings(&document).is_some() {
        document.object["data"][CONFIG_FILE] = json!(mark("settings"));
    }
    let object = &mut document.object;
    if let Some(replicas) = object.pointer_mut("/spec/replicas") {
        *replicas = json!(mark("replicas"));
    }
    for place in ["/spec/template", "/spec/jobTemplate/spec/template"] {
        if let Some(template) = object.pointer_mut(place) {
            if has_settings {
                mark_fingerprint(&mut template["metadata"]["annotations"]);
            }
            mark_pod(template);
        }
    }
    document
}

/// Other settings are other pods; and so are other files beside them.
fn mark_fingerprint(annotations: &mut Value) {
    if let Some(Value::String(fingerprint)) = annotations.get_mut(pod::FINGERPRINT) {
        *fingerprint = mark(&format!("{FINGERPRINT}{fingerprint}"));
    }
}

fn mark_pod(template: &mut Value) {
    template["metadata"]["annotations"][mark("podAnnotations")] = json!("x");
    let spec = &mut template["spec"];
    for value in ["nodeSelector", "tolerations", "imagePullSecrets"] {
        spec[value] = json!(mark(value));
    }
    for containers in ["containers", "initContainers"] {
        let containers = spec.get_mut(containers).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            if container["name"] == "iamra" {
                container["image"] = json!(mark("image"));
                container["resources"] = json!(mark("resources"));
            }
        }
    }
}

fn mark(value: &str) -> String {
    format!("{MARK}{value}")
}

/// What Helm reads: every brace of ours is only text, and every mark a value.
fn template(text: &str) -> String {
    let text = text.replace("{{", "{{ \"{{\" }}");
    text.split_inclusive('\n').map(line).collect()
}

fn line(line: &str) -> String {
    let Some((before, value)) = line.trim_end().split_once(MARK) else {
        return line.to_owned();
    };
    let depth = before.len() - before.trim_start_matches([' ', '-']).len();
    match value {
        "replicas" => format!("{before}{{{{ .Values.replicas }}}}\n"),
        "image" => format!("{before}{{{{ .Values.image | quote }}}}\n"),
        // As JSON, which is YAML whatever the text begins with.
        "settings" => format!("{before}{{{{ .Values.settings | toJson }}}}\n"),
        value if value.starts_with(FINGERPRINT) => format!(
            "{before}\"{}-{{{{ .Values.settings | sha256sum | trunc 16 }}}}\"\n",
            &value[FINGERPRINT.len()..]
        ),
        value if value.starts_with("podAnnotations") => format!(
            "{before}{{{{- with omit .Values.podAnnotations \"{}\" }}}}\n\
             {before}{{{{- toYaml . | nindent {depth} }}}}\n\
             {before}{{{{- end }}}}\n",
            pod::FINGERPRINT
        ),
        value => format!(
            "{}\n{:indent$}{{{{- toYaml .Values.{value} | nindent {indent} }}}}\n",
            before.trim_end(),
            "",
            indent = depth + 2
        ),
    }
}

/// Without the Prometheus operator, its kinds are not known.
fn optional(text: &str) -> String {
    format!("{{{{- if .Values.monitoring.enabled }}}}\n{text}{{{{- end }}}}\n")
}

const SETTINGS: &str = "\
iamra.toml, with which iamra runs. Hosts, ARNs and registries may change here. What
rights, probes and NetworkPolicy follow from may not (namespaces, names and the form of
Secrets, service accounts, groups, ports): for these, print a chart of your own by
`iamra k8s manifests -o helm`.";
/// Before the fingerprint of what is no value.
const FINGERPRINT: &str = "fingerprint-";
/// No text of ours begins so.
const MARK: &str = "iamra-helm-value-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_values_and_braces_stay() {
        let text = "\
a:
  replicas: iamra-helm-value-replicas
  - image: iamra-helm-value-image
    resources: iamra-helm-value-resources
  annotations:
    iamra-helm-value-podAnnotations: x
    text: \"{{ region }}\"
";
        assert_eq!(
            template(text),
            "\
a:
  replicas: {{ .Values.replicas }}
  - image: {{ .Values.image | quote }}
    resources:
      {{- toYaml .Values.resources | nindent 6 }}
  annotations:
    {{- with omit .Values.podAnnotations \"iamra.dev/settings\" }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    text: \"{{ \"{{\" }} region }}\"
"
        );
    }
}
