use serde_json::Value;

use super::PkiRole;
use crate::vault::token::Alias;

impl PkiRole {
    /// The same with its domains as they are for a caller. As in Vault, a template
    /// that says nothing about this caller allows nothing.
    pub(in crate::vault::pki) fn rendered(mut self, alias: Option<Alias<'_>>) -> Self {
        if self.allowed_domains_template {
            let domains = self.allowed_domains.iter();
            self.allowed_domains = domains.filter_map(|it| render(it, alias)).collect();
        }
        self
    }
}

/// A template with what it stands for; none where that is not known.
fn render(template: &str, alias: Option<Alias<'_>>) -> Option<String> {
    let mut rendered = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (path, after) = after.split_once("}}")?;
        rendered.push_str(before);
        rendered.push_str(value(path.trim(), alias?)?);
        rest = after;
    }
    rendered.push_str(rest);
    Some(rendered)
}

fn value<'a>(path: &str, alias: Alias<'a>) -> Option<&'a str> {
    let path = path.strip_prefix("identity.entity.aliases.")?;
    let key = path
        .strip_prefix(alias.accessor)?
        .strip_prefix(".metadata.")?;
    let value = alias.metadata.get(key).and_then(Value::as_str)?;
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn templates() {
        let metadata = json!({"service_account_name": "web", "empty": ""});
        let alias = Some(Alias {
            accessor: "auth_kubernetes_1",
            metadata: &metadata,
        });
        let name = "{{identity.entity.aliases.auth_kubernetes_1.metadata.service_account_name}}";
        let spaced = name.replace("{{", "{{ ").replace("}}", " }}");
        for (template, alias, expected) in [
            ("a.example", None, Some("a.example")),
            (name, alias, Some("web")),
            (&format!("x.{spaced}.{name}.y"), alias, Some("x.web.web.y")),
            (name, None, None),
            (&name.replace("_1", "_2"), alias, None),
            (&name.replace("_1", ""), alias, None),
            (&name.replace("service_account_name", "other"), alias, None),
            (&name.replace("service_account_name", "empty"), alias, None),
            ("{{identity.entity.name}}", alias, None),
            ("{{identity", alias, None),
        ] {
            assert_eq!(render(template, alias).as_deref(), expected, "{template}");
        }
    }
}
