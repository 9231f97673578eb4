use http::Method;
use iamra_sandbox::{Operation, Role};
use serde_json::{Value, json};

use super::vault::Vault;
use crate::kube::testbed::Testbed;
use crate::laboratory::{Laboratory, runtime};

/// A real cluster beside the sandbox's AWS, and who signs for it.
pub(in crate::kube) struct Scene {
    pub(in crate::kube) testbed: &'static Testbed,
    pub(in crate::kube) vault: Vault,
}

/// A pod as its containers see it: a token in a file.
pub(in crate::kube) struct Workload {
    namespace: &'static str,
    account: &'static str,
    /// The name of the role that the account names.
    pub(in crate::kube) role: &'static str,
    pod: String,
    pub(in crate::kube) token_file: String,
}

impl Scene {
    pub(in crate::kube) fn new(testbed: &'static Testbed, vault: Vault) -> Self {
        let scene = Self { testbed, vault };
        for name in ["shop", "bank"] {
            scene.create("/api/v1/namespaces", &json!({"metadata": {"name": name}}));
        }
        scene
    }

    pub(in crate::kube) fn laboratory(&self) -> &Laboratory {
        self.vault.laboratory()
    }

    /// A role that trusts one name.
    pub(in crate::kube) fn role(&self, name: &str, common_name: &str) {
        let role = Role::for_common_name(&arn(name), common_name);
        let sandbox = &self.laboratory().sandbox;
        sandbox.configure_roles_anywhere(|state| state.add_role(role));
    }

    /// An account whose annotation names the role.
    pub(in crate::kube) fn account(&self, (namespace, account): (&str, &str), role: &str) {
        let annotations = json!({"iamra.dev/role-arn": arn(role)});
        let object = json!({"metadata": {"name": account, "annotations": annotations}});
        self.create(&path(namespace, "serviceaccounts"), &object);
    }

    /// A pod of an account whose annotation names the role.
    pub(in crate::kube) fn workload(
        &self,
        (namespace, account): (&'static str, &'static str),
        role: &'static str,
    ) -> Workload {
        self.account((namespace, account), role);
        let mut workload = Workload {
            namespace,
            account,
            role,
            pod: format!("{account}-0"),
            token_file: String::new(),
        };
        self.begin(&mut workload);
        workload
    }

    /// Another pod in the place of the one that there is; the token is in the same file.
    pub(in crate::kube) fn replace(&self, workload: &mut Workload) {
        let pods = path(workload.namespace, "pods");
        let gone = format!("{pods}/{}?gracePeriodSeconds=0", workload.pod);
        let asked = self.testbed.ask(Method::DELETE, &gone, &Value::Null);
        let (status, said) = runtime().block_on(asked);
        assert_eq!(status, 200, "{said}");
        workload.pod.push_str("-again");
        self.begin(workload);
    }

    /// As the webhook asks for it and kubelet does it.
    fn begin(&self, workload: &mut Workload) {
        let Workload {
            namespace,
            account,
            pod,
            ..
        } = workload;
        let object = json!({
            "metadata": {"name": pod},
            "spec": {
                "serviceAccountName": account,
                "containers": [{"name": "app", "image": "app"}],
            },
        });
        let made = self.create(&path(namespace, "pods"), &object);
        let token = self.token(&made, ("pods.eks.amazonaws.com", 3600));
        workload.token_file = self.laboratory().write(account, &token);
    }

    /// The token of a pod, as kubelet asks for it.
    pub(in crate::kube) fn token(&self, pod: &Value, (audience, lifetime): (&str, u64)) -> String {
        let [namespace, name, uid] = ["namespace", "name", "uid"].map(|it| &pod["metadata"][it]);
        let bound = json!({"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid});
        let asked = json!({"spec": {
            "audiences": [audience], "expirationSeconds": lifetime, "boundObjectRef": bound,
        }});
        let account = pod["spec"]["serviceAccountName"].as_str().unwrap();
        let token = format!("serviceaccounts/{account}/token");
        let made = self.create(&path(namespace.as_str().unwrap(), &token), &asked);
        let token = made["status"]["token"].as_str().unwrap();
        self.vault.learns_of(token);
        token.to_owned()
    }

    /// How many have been opened, or tried to be.
    pub(in crate::kube) fn sessions(&self) -> usize {
        let requests = self.laboratory().sandbox.requests();
        requests.count(Operation::CreateSession)
    }

    pub(in crate::kube) fn create(&self, path: &str, object: &Value) -> Value {
        runtime().block_on(self.testbed.create(path, object))
    }
}

fn arn(role: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{role}")
}

pub(in crate::kube) fn path(namespace: &str, below: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/{below}")
}
