use std::time::Duration;

use super::*;
use crate::environment::Environment;
use crate::setting::with_settings;
use crate::settings;

/// The form that these flags choose.
pub(in crate::k8s) fn chosen(flags: &[&str]) -> Result<Form, Failure> {
    with_context(flags, Form::chosen)
}

pub(in crate::k8s) fn with_context<T>(flags: &[&str], look: impl FnOnce(&Context<'_>) -> T) -> T {
    let environment = Environment::default();
    let command = with_settings(clap::Command::new("x"), settings::ALL);
    let matches = command.get_matches_from([&["x"], flags].concat());
    let resolved = Resolved::new(&matches, &environment, None, |_| unreachable!()).unwrap();
    look(&Context::new(resolved))
}

pub(super) fn login(host: &str, password: &str) -> RegistryLogin {
    RegistryLogin::new(host, "AWS", password.into()).unwrap()
}

pub(super) fn expiry() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(43_200)
}

/// Keys and texts, in order.
pub(super) fn shown(data: &SecretData) -> Vec<(&str, &str)> {
    let text = |value| std::str::from_utf8(value).unwrap();
    let data = data.iter();
    data.map(|(key, value)| (key.as_str(), text(value)))
        .collect()
}

#[test]
fn each_name_is_a_form() {
    for (name, secret_type, key) in [
        (
            "dockerconfigjson",
            "kubernetes.io/dockerconfigjson",
            ".dockerconfigjson",
        ),
        ("dockercfg", "kubernetes.io/dockercfg", ".dockercfg"),
        ("config-json", "Opaque", "config.json"),
        ("argocd-repository", "Opaque", "url"),
        ("argocd-repo-creds", "Opaque", "url"),
        ("basic-auth", "kubernetes.io/basic-auth", "password"),
        #[cfg(feature = "vault")]
        ("tls", "kubernetes.io/tls", "ca.crt"),
        ("aws-credentials", "Opaque", "AWS_SESSION_TOKEN"),
    ] {
        assert!(NAMES.contains(&name));
        let form = chosen(&["--secret-format", name]).unwrap();
        let secret_form = form.secret_form();
        assert_eq!(secret_form.secret_type(), secret_type, "{name}");
        assert!(secret_form.keys().iter().any(|it| it == key), "{name}");
        let is_for_kubelet = name.starts_with("docker");
        assert_eq!(form.is_for_kubelet(), is_for_kubelet, "{name}");
    }
    // And the template, which has tests of its own.
    let all = if cfg!(feature = "vault") { 9 } else { 8 };
    assert_eq!(NAMES.len(), all);
    let form = chosen(&[]).unwrap().secret_form();
    assert_eq!(form.secret_type(), "kubernetes.io/dockerconfigjson");
}

#[test]
fn another_name_or_a_template_beside_one_is_refused() {
    for (flags, message) in [
        (
            &["--secret-format", "docker"][..],
            "--secret-format: it must be one of dockerconfigjson, dockercfg, config-json, \
             argocd-repository, argocd-repo-creds, basic-auth, template, tls, aws-credentials",
        ),
        (
            &["--secret-format", "basic-auth", "--secret-template", "f"],
            "--secret-template: the format is basic-auth, which has no template",
        ),
        (
            &["--secret-format", "template"],
            "--secret-template is missing",
        ),
    ] {
        assert_eq!(chosen(flags).unwrap_err().to_string(), message);
    }
}

#[test]
fn only_argo_cd_looks_for_labels() {
    let labels = |name| chosen(&["--secret-format", name]).unwrap().labels();
    assert_eq!(labels("dockerconfigjson"), []);
    let key = "argocd.argoproj.io/secret-type";
    assert_eq!(labels("argocd-repository"), [(key, "repository")]);
    assert_eq!(labels("argocd-repo-creds"), [(key, "repo-creds")]);
}

/// A form that has been filled shows nothing of it.
#[test]
fn no_form_shows_a_login() {
    for name in ["dockerconfigjson", "argocd-repo-creds", "basic-auth"] {
        let form = chosen(&["--secret-format", name]).unwrap();
        let filling = form.logins();
        let login = login("123456789012.dkr.ecr.us-east-1.amazonaws.com", "hunter2");
        filling.data(&[login], expiry()).unwrap();
        let debug = format!("{form:?} {:?} {:?}", form.logins(), form.secret_form());
        assert!(!debug.contains("hunter2"), "{debug}");
        // In base64, as it stands in `auth`.
        assert!(!debug.contains("aHVudGVyMg"), "{debug}");
    }
}

impl Form {
    /// Of one that holds logins.
    pub(in crate::k8s) fn logins(&self) -> &dyn LoginForm {
        let Filling::Logins(form) = self.filling() else {
            panic!("{self:?} holds no logins");
        };
        form
    }
}
