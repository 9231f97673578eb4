use std::path::PathBuf;

use private_file::{Options, Target};

use super::{Document, Install, Part, names};
use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::yaml;

mod chart;

/// How manifests are printed.
pub(crate) enum Output {
    /// One stream.
    Yaml,
    /// A folder for `kubectl apply -k`.
    Kustomize(PathBuf),
    /// A folder for `helm install`.
    Helm(PathBuf),
}

impl Output {
    pub(crate) fn chosen(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let folder = settings.path("out-dir")?;
        let format = settings.text("output")?;
        match (format.as_deref(), folder) {
            (None | Some("yaml"), None) => Ok(Self::Yaml),
            (None | Some("yaml"), Some(_)) => {
                let reason = "yaml goes to stdout: it needs -o kustomize or -o helm";
                Err(names::at(settings, "out-dir", reason))
            }
            (Some("kustomize"), Some(folder)) => Ok(Self::Kustomize(folder)),
            (Some("helm"), Some(folder)) => Ok(Self::Helm(folder)),
            (Some("kustomize" | "helm"), None) => {
                Err(names::at(settings, "output", "it needs --out-dir"))
            }
            _ => {
                let reason = "it must be yaml, kustomize or helm";
                Err(names::at(settings, "output", reason))
            }
        }
    }

    /// The same without helm, for what is no chart.
    #[cfg(feature = "pods")]
    pub(crate) fn chosen_without_chart(context: &Context<'_>) -> Result<Self, Failure> {
        match Self::chosen(context)? {
            Self::Helm(_) => {
                let reason = "with --pods it must be yaml or kustomize";
                Err(names::at(&context.settings, "output", reason))
            }
            output => Ok(output),
        }
    }

    /// Prints or writes all.
    #[cfg(feature = "pods")]
    pub(crate) fn deliver_plain(&self, documents: &[Document]) -> Result<(), Failure> {
        match self {
            Self::Kustomize(folder) => write(folder, &kustomization(documents)),
            Self::Yaml | Self::Helm(_) => crate::output::print(&stream(documents)),
        }
    }

    /// Prints or writes all.
    pub(crate) fn deliver(&self, install: &Install, documents: &[Document]) -> Result<(), Failure> {
        match self {
            Self::Yaml => crate::output::print(&stream(documents)),
            Self::Kustomize(folder) => write(folder, &kustomization(documents)),
            Self::Helm(folder) => write(folder, &chart::files(install, documents)),
        }
    }
}

/// Each document with its comment before it.
fn stream(documents: &[Document]) -> String {
    documents.iter().map(text).collect()
}

fn text(document: &Document) -> String {
    let lines = document.comment.iter().flat_map(|text| text.lines());
    let comment: String = lines.flat_map(|line| ["# ", line, "\n"]).collect();
    let text = yaml::document(&document.object);
    if comment.is_empty() {
        return text;
    }
    // Behind the line that begins it: there it belongs to the document.
    text.replacen("---\n", &format!("---\n{comment}"), 1)
}

/// The documents of a part. Where there are none, the file says so: one from
/// an earlier time must not stay.
fn part(documents: &[Document], part: Part) -> String {
    let documents = documents.iter().filter(|document| document.part == part);
    let text: String = documents.map(text).collect();
    if text.is_empty() {
        "# Nothing of this is needed.\n".to_owned()
    } else {
        text
    }
}

fn kustomization(documents: &[Document]) -> Vec<(String, String)> {
    let is_there = |part: &Part| documents.iter().any(|document| document.part == *part);
    let resources = Part::ALL.into_iter().filter(is_there).map(Part::file);
    let kustomization = serde_json::json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": resources.collect::<Vec<_>>(),
    });
    let parts = Part::ALL.into_iter();
    let mut files: Vec<_> = parts
        .map(|part| (part.file().to_owned(), self::part(documents, part)))
        .collect();
    files.push((
        "kustomization.yaml".to_owned(),
        yaml::document(&kustomization),
    ));
    files
}

fn write(folder: &std::path::Path, files: &[(String, String)]) -> Result<(), Failure> {
    for (name, text) in files {
        let path = folder.join(name);
        Target::new(path, Options::new().create_folder()).replace(text.as_bytes())?;
    }
    tracing::info!(folder = %folder.display(), files = files.len(), "wrote the manifests");
    Ok(())
}
