use serde_json::{Value, json};

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
    });
    let documents: Vec<Document> = documents.iter().cloned().map(marked).collect();
    let templates = Part::ALL.into_iter().map(|part| {
        let text = template(&super::part(&documents, part));
        let text = match part {
            Part::Monitoring => optional(&text),
            _ => text,
        };
        (format!("templates/{}", part.file()), text)
    });
    let values = yaml::document(&values(install));
    let mut files: Vec<_> = templates.collect();
    files.push(("Chart.yaml".to_owned(), yaml::document(&chart)));
    files.push(("values.yaml".to_owned(), values));
    files
}

fn values(install: &Install) -> Value {
    json!({
        "image": install.image,
        "replicas": install.replicas,
        "resources": pod::resources(),
        "nodeSelector": {},
        "tolerations": [],
        "podAnnotations": {},
        "monitoring": {"enabled": true},
    })
}

/// The document with marks where a value of the user's belongs.
fn marked(mut document: Document) -> Document {
    let object = &mut document.object;
    if let Some(replicas) = object.pointer_mut("/spec/replicas") {
        *replicas = json!(mark("replicas"));
    }
    for place in ["/spec/template", "/spec/jobTemplate/spec/template"] {
        if let Some(template) = object.pointer_mut(place) {
            mark_pod(template);
        }
    }
    document
}

fn mark_pod(template: &mut Value) {
    template["metadata"]["annotations"][mark("podAnnotations")] = json!("x");
    let spec = &mut template["spec"];
    spec["nodeSelector"] = json!(mark("nodeSelector"));
    spec["tolerations"] = json!(mark("tolerations"));
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
        value if value.starts_with("podAnnotations") => format!(
            "{before}{{{{- with .Values.podAnnotations }}}}\n\
             {before}{{{{- toYaml . | nindent {depth} }}}}\n\
             {before}{{{{- end }}}}\n"
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
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    text: \"{{ \"{{\" }} region }}\"
"
        );
    }
}
