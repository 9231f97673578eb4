use super::Findings;
use super::change::KUBELET_PLUGIN;
use super::yaml::Node;

/// Kubelet's configuration that names ecr-credential-provider.
pub(super) fn look(text: &str, findings: &mut Findings) {
    for document in Node::documents(text).into_iter().flatten() {
        let kind = document.get("kind").and_then(Node::text);
        if kind != Some("CredentialProviderConfig") {
            continue;
        }
        let providers = document.get("providers").map_or(&[][..], Node::items);
        for provider in providers {
            look_at(text, provider, findings);
        }
    }
}

fn look_at(text: &str, provider: &Node, findings: &mut Findings) {
    let Some(name) = provider.get("name") else {
        return;
    };
    if name.text() != Some("ecr-credential-provider") {
        return;
    }
    let ours = "iamra-credential-provider";
    let edits = &mut findings.edits;
    edits.replace(name.range.clone(), name.requoted(text, ours));
    let version = provider.get("apiVersion");
    let is_old = |version: &&Node| {
        let old = ["v1beta1", "v1alpha1"];
        let text = version.text().unwrap_or_default();
        old.iter().any(|old| text.ends_with(old))
    };
    if let Some(version) = version.filter(is_old) {
        let current = "credentialprovider.kubelet.k8s.io/v1";
        edits.replace(version.range.clone(), version.requoted(text, current));
    }
    if let Some((key, arguments)) = provider.entry("args")
        && arguments
            .items()
            .iter()
            .any(|one| one.text() == Some("get-credentials"))
    {
        edits.replace(key.range.end..arguments.range.end, ": []");
    }
    for change in KUBELET_PLUGIN.changes() {
        findings.tell(change);
    }
}
