use pod_identity::{ClusterName, ServiceAccount};
use serde_json::{Value, json};

use super::login::{Audience, Login, TOKEN_MAX_TTL, TOKEN_TTL};
use super::mount_path::MountPath;
use super::pki_role::PkiRole;
use super::policy;
use super::resource::{Resource, Returned};
use super::workload::Account;

mod asked;
#[cfg(test)]
mod tests;

/// The service accounts of a cluster: one login and one PKI role, which is a
/// template of who has logged in, give each a certificate of its own name.
pub(super) struct Pods {
    pub(super) cluster: ClusterName,
    /// Whom their tokens are made for.
    pub(super) audience: Audience,
    pub(super) auth_role: String,
    pub(super) pki_role: String,
    pub(super) broker: Option<Broker>,
}

/// Who answers the agents.
pub(super) struct Broker {
    pub(super) account: ServiceAccount,
    pub(super) common_name: String,
}

/// What identities know the auth method by.
pub(super) const ACCESSOR: Returned = Returned {
    name: "accessor",
    field: "accessor",
};

impl Pods {
    /// All that is theirs, in the order in which it can be made.
    pub(super) fn resources(&self, mount: &MountPath, login: &Login) -> Vec<Resource> {
        let mut resources = vec![
            accessor(login),
            self.pki_role(mount),
            self.policy(mount),
            self.auth_role(mount, login),
        ];
        if let Some(broker) = &self.broker {
            resources.extend([
                self.pki_role_of(broker, mount),
                self.policy_of(broker, mount),
                self.auth_role_of(broker, mount, login),
            ]);
        }
        resources
    }

    /// Which Vault fills in with what the login has found out: who shows the
    /// token of one account has no other name.
    fn allowed_domain(&self) -> String {
        let alias = format!("identity.entity.aliases.${{{}}}.metadata", ACCESSOR.name);
        format!(
            "{{{{{alias}.service_account_name}}}}.{{{{{alias}.service_account_namespace}}}}.pods.{}",
            self.cluster
        )
    }

    fn pki_role(&self, mount: &MountPath) -> Resource {
        let what = format!(
            "What a pod's certificate is: one for ACCOUNT.NAMESPACE.pods.{}, as the login has found them",
            self.cluster
        );
        pki_role(what, mount, (&self.pki_role, PkiRole::of_each_account())).with_within(
            "allowed_domains",
            ACCESSOR,
            self.allowed_domain(),
        )
    }

    fn policy(&self, mount: &MountPath) -> Resource {
        let what = "What a pod may do in Vault: have that name signed";
        let text = policy::name_of_role(mount, &self.pki_role);
        acl(what.to_owned(), mount, (&self.pki_role, &text))
    }

    fn auth_role(&self, mount: &MountPath, login: &Login) -> Resource {
        let what = "Who may log in: each pod, by the token that is made for this audience";
        let who = json!({
            "bound_service_account_names": ["*"],
            "bound_service_account_namespaces": ["*"],
        });
        let policy = policy_name(mount, &self.pki_role);
        self.login_role(what, login, (&self.auth_role, &policy, who))
    }

    fn pki_role_of(&self, broker: &Broker, mount: &MountPath) -> Resource {
        let what = "What a broker's certificate is, by which agents know it";
        let role = (
            &*of_broker(&self.pki_role),
            PkiRole::serving(&broker.common_name),
        );
        pki_role(what.to_owned(), mount, role)
    }

    fn policy_of(&self, broker: &Broker, mount: &MountPath) -> Resource {
        let name = &broker.common_name;
        let role = of_broker(&self.pki_role);
        let what = format!("What a broker may do in Vault: have {name} signed, as it is written");
        let text = policy::own_name(mount, &role, name);
        acl(what, mount, (&role, &text))
    }

    fn auth_role_of(&self, broker: &Broker, mount: &MountPath, login: &Login) -> Resource {
        let account = &broker.account;
        let who = json!({
            "bound_service_account_names": [account.name()],
            "bound_service_account_namespaces": [account.namespace()],
        });
        let policy = policy_name(mount, &of_broker(&self.pki_role));
        let what = format!("Who may log in as a broker: {account}");
        self.login_role(&what, login, (&of_broker(&self.auth_role), &policy, who))
    }

    fn login_role(
        &self,
        what: &str,
        login: &Login,
        (name, policy, mut body): (&str, &str, Value),
    ) -> Resource {
        let mount = login.mount.as_str();
        body["audience"] = json!(self.audience.as_str());
        // Accounts that come after one of the same name are others.
        body["alias_name_source"] = json!("serviceaccount_uid");
        body["token_policies"] = json!([policy]);
        body["token_ttl"] = json!(TOKEN_TTL);
        body["token_max_ttl"] = json!(TOKEN_MAX_TTL);
        Resource::write(what.to_owned(), format!("auth/{mount}/role/{name}"), body)
            .terraform_kind("vault_kubernetes_auth_backend_role", name)
            .with_terraform("backend", mount)
            .with_terraform("role_name", name)
    }
}

impl Broker {
    /// As the cluster's manifest has it.
    pub(super) fn account(&self) -> Account {
        Account {
            name: self.account.name().to_owned(),
            namespace: self.account.namespace().to_owned(),
        }
    }
}

/// What the brokers' counterpart of a role is called.
fn of_broker(role: &str) -> String {
    format!("{role}-broker")
}

fn policy_name(mount: &MountPath, role: &str) -> String {
    format!("iamra/{}/{role}", mount.in_lower_case())
}

fn accessor(login: &Login) -> Resource {
    Resource::read(
        format!(
            "What identities know the auth method {} by; another cluster's is another",
            login.mount
        ),
        format!("sys/auth/{}", login.mount),
    )
    .returning(ACCESSOR)
}

fn pki_role(what: String, mount: &MountPath, (name, role): (&str, PkiRole<'_>)) -> Resource {
    let body = serde_json::to_value(role).unwrap_or(Value::Null);
    Resource::write(what, format!("{mount}/roles/{name}"), body)
        .terraform_kind("vault_pki_secret_backend_role", name)
        .with_terraform("backend", mount.as_str())
        .with_terraform("name", name)
}

fn acl(what: String, mount: &MountPath, (role, text): (&str, &str)) -> Resource {
    let name = policy_name(mount, role);
    Resource::write(
        what,
        format!("sys/policies/acl/{name}"),
        json!({ "policy": text }),
    )
    .terraform_kind("vault_policy", role)
    .with_terraform("name", name)
}
