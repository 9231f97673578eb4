use super::names;
use crate::context::read_text;
use crate::failure::Failure;
use crate::resolved::Resolved;

/// A Secret that is written, by name and type.
#[derive(Clone, Debug)]
pub(crate) struct WrittenSecret {
    pub(crate) name: String,
    pub(crate) secret_type: String,
}

/// The Secrets of this configuration.
pub(super) fn written(settings: &Resolved<'_>) -> Result<Vec<WrittenSecret>, Failure> {
    Ok(vec![WrittenSecret {
        name: names::name(settings, "secret-name", "ecr-pull")?,
        secret_type: secret_type(settings)?,
    }])
}

fn secret_type(settings: &Resolved<'_>) -> Result<String, Failure> {
    let format = settings.text("secret-format")?;
    let known = match format.as_deref().unwrap_or("dockerconfigjson") {
        "dockerconfigjson" => "kubernetes.io/dockerconfigjson",
        "dockercfg" => "kubernetes.io/dockercfg",
        "basic-auth" => "kubernetes.io/basic-auth",
        "tls" => "kubernetes.io/tls",
        "config-json" | "argocd-repository" | "argocd-repo-creds" | "aws-credentials" => "Opaque",
        "template" => return type_of_template(settings),
        _ => {
            let reason = "it must be dockerconfigjson, dockercfg, config-json, argocd-repository, \
                          argocd-repo-creds, basic-auth, template, tls or aws-credentials";
            return Err(names::at(settings, "secret-format", reason));
        }
    };
    Ok(known.to_owned())
}

fn type_of_template(settings: &Resolved<'_>) -> Result<String, Failure> {
    let Some(path) = settings.path("secret-template")? else {
        let message = "--secret-template is missing";
        return Err(Failure::configuration("config.missing", message));
    };
    let table: Option<toml::Table> = read_text(&path)?.parse().ok();
    let table = table.ok_or_else(|| names::at(settings, "secret-template", "it is no TOML"))?;
    let secret_type = match table.get("type") {
        None => "Opaque",
        Some(value) => value.as_str().unwrap_or_default(),
    };
    match secret_type {
        "" => Err(names::at(
            settings,
            "secret-template",
            "type must be a text",
        )),
        "kubernetes.io/service-account-token" => {
            let reason = "a token of a service account is not ours to make";
            Err(names::at(settings, "secret-template", reason))
        }
        known => Ok(known.to_owned()),
    }
}
