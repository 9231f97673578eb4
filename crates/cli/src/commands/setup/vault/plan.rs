use serde_json::{Value, json};

use super::auth_method::AuthMethod;
use super::login::{Login, LoginKind};
use super::mount_path::MountPath;
use super::pki_role::{LIFE, LIFE_SECONDS, PkiRole};
#[cfg(feature = "pods")]
use super::pods::Pods;
use super::policy;
use super::resource::{Part, Resource, Returned};
use super::validity::Validity;
use super::workload::Workload;

/// What is to be set up: a PKI mount of its own, and for each workload a PKI
/// role, a policy and a way to log in.
pub(super) struct Plan {
    pub(super) mount: MountPath,
    pub(super) authority: Authority,
    pub(super) login: Login,
    /// How the auth method is made, if it is not there.
    pub(super) method: Option<AuthMethod>,
    /// Whether Vault may make a workload's key, for those who cannot yet do it.
    pub(super) allows_issue: bool,
    pub(super) workloads: Vec<Workload>,
    /// The accounts of a cluster, in place of workloads.
    #[cfg(feature = "pods")]
    pub(super) pods: Option<Pods>,
}

/// How the mount comes by its CA.
pub(super) enum Authority {
    /// It has one.
    Existing,
    /// Another mount of the same Vault signs it.
    SignedBy { root: MountPath, ttl: Validity },
    /// Somebody signs its request.
    Requested,
}

/// The key of the mount's CA.
const KEY: Returned = Returned {
    name: "key",
    field: "key_id",
};
/// Its name, by which it is found again.
const KEY_NAME: &str = "iamra";
/// The request to sign the mount's CA.
const REQUEST: Returned = Returned {
    name: "request",
    field: "csr",
};
/// The signed CA and what is above it.
const SIGNED: Returned = Returned {
    name: "signed",
    field: "certificate",
};
/// The CA that the mount has.
pub(super) const CA: Returned = Returned {
    name: "ca",
    field: "certificate",
};

impl Plan {
    /// What cannot be done as it was asked for.
    pub(super) fn flaw(&self) -> Option<&'static str> {
        if let Authority::SignedBy { root, .. } = &self.authority
            && root.excludes(&self.mount)
        {
            return Some(
                "--pki-mount and --root-mount are one, or one is below the other: the mount for IAM Roles Anywhere is made beside the one that signs its CA",
            );
        }
        let is_requested = matches!(self.authority, Authority::Requested);
        (is_requested && self.login.kind == LoginKind::Certificate).then_some(
            "--workload-auth cert trusts the mount's CA, which must be there first: name the mount that signs it with --root-mount, or say --existing-mount",
        )
    }

    /// Everything in the order in which it can be made.
    pub(super) fn resources(&self) -> Vec<Resource> {
        let mut resources = match &self.method {
            Some(method) => method.resources(&self.login),
            None => Vec::new(),
        };
        resources.extend(self.own_mount());
        if self.login.kind == LoginKind::Certificate {
            resources.push(self.own_ca());
        }
        for workload in &self.workloads {
            // A slash parts mount and workload, which has none in its name.
            let mount = self.mount.in_lower_case();
            let policy = format!("iamra/{mount}/{}", workload.name);
            resources.push(self.pki_role(workload));
            resources.push(self.policy(workload, &policy));
            resources.push(self.login.role(workload, &policy));
        }
        #[cfg(feature = "pods")]
        resources.extend(
            self.pods
                .iter()
                .flat_map(|pods| pods.resources(&self.mount, &self.login)),
        );
        resources
    }

    fn own_mount(&self) -> Vec<Resource> {
        match &self.authority {
            Authority::Existing => Vec::new(),
            Authority::Requested => vec![self.secrets_engine(), self.key(), self.request()],
            Authority::SignedBy { root, ttl } => vec![
                self.secrets_engine(),
                self.key(),
                self.request(),
                self.signed(root, ttl),
                self.set_signed(),
            ],
        }
    }

    /// Certificates of other purposes do not belong into it: whoever gets one
    /// from it may log in to AWS.
    fn secrets_engine(&self) -> Resource {
        let mount = self.mount.as_str();
        let description = "Certificates for IAM Roles Anywhere, and for nothing else";
        let body = json!({
            "type": "pki",
            "description": description,
            "config": { "default_lease_ttl": LIFE, "max_lease_ttl": LIFE },
        });
        Resource::write(
            format!("A PKI mount for IAM Roles Anywhere alone: {mount}"),
            format!("sys/mounts/{mount}"),
            body,
        )
        .part_of(Part::Mount)
        .terraform_kind("vault_mount", "mount")
        .without_body()
        .with_terraform("path", mount)
        .with_terraform("type", "pki")
        .with_terraform("description", description)
        .with_terraform("default_lease_ttl_seconds", LIFE_SECONDS)
        .with_terraform("max_lease_ttl_seconds", LIFE_SECONDS)
    }

    /// Roles Anywhere makes a session tag of it, which may hold no parentheses.
    fn common_name(&self) -> String {
        format!("IAM Roles Anywhere {}", self.mount)
    }

    /// Made once, however often it is asked for: each further key would have
    /// a request of its own, and at last become a second CA.
    fn key(&self) -> Resource {
        let mount = self.mount.as_str();
        let body = json!({
            "key_name": KEY_NAME,
            "key_type": "ec",
            "key_bits": 256,
        });
        Resource::write(
            "The key of its CA, made in Vault, which it never leaves".to_owned(),
            format!("{mount}/keys/generate/internal"),
            body,
        )
        .part_of(Part::Authority)
        .found_at(format!("{mount}/key/{KEY_NAME}"))
        .returning(KEY)
        .terraform_kind("vault_pki_secret_backend_key", "ca")
        .with_terraform("backend", mount)
        .with_terraform("type", "internal")
    }

    fn request(&self) -> Resource {
        let mount = self.mount.as_str();
        Resource::write(
            "The request to sign it".to_owned(),
            format!("{mount}/intermediate/generate/existing"),
            json!({ "common_name": self.common_name() }),
        )
        .part_of(Part::Authority)
        .with("key_ref", KEY)
        .returning(REQUEST)
        .terraform_kind("vault_pki_secret_backend_intermediate_cert_request", "ca")
        .with_terraform("backend", mount)
        .with_terraform("type", "existing")
    }

    /// It signs end-entity certificates only: no CA below it could log in.
    fn signed(&self, root: &MountPath, ttl: &Validity) -> Resource {
        let body = json!({
            "common_name": self.common_name(),
            "exclude_cn_from_sans": true,
            "format": "pem_bundle",
            "max_path_length": 0,
            "ttl": ttl.to_string(),
        });
        Resource::write(
            format!("The mount {root} signs it, no longer than its max_lease_ttl"),
            format!("{root}/root/sign-intermediate"),
            body,
        )
        .part_of(Part::Authority)
        .returning(SIGNED)
        .with("csr", REQUEST)
        .terraform_kind("vault_pki_secret_backend_root_sign_intermediate", "ca")
        .with_terraform("backend", root.as_str())
    }

    fn set_signed(&self) -> Resource {
        let mount = self.mount.as_str();
        Resource::write(
            "The signed CA goes into the mount".to_owned(),
            format!("{mount}/intermediate/set-signed"),
            json!({}),
        )
        .part_of(Part::Authority)
        .with("certificate", SIGNED)
        .terraform_kind("vault_pki_secret_backend_intermediate_set_signed", "ca")
        .with_terraform("backend", mount)
    }

    fn own_ca(&self) -> Resource {
        Resource::read(
            "The mount's CA: whose certificates log in".to_owned(),
            format!("{}/cert/ca", self.mount),
        )
        .returning(CA)
    }

    /// What the older way needs beside it: a key that Vault makes, and that
    /// travels to the workload.
    fn issue(&self, name: &str) -> String {
        if !self.allows_issue {
            return String::new();
        }
        let mount = &self.mount;
        format!(
            r#"path "{mount}/issue/{name}" {{
  capabilities = ["update"]
  allowed_parameters = {{
    "common_name" = ["{name}"]
    "alt_names" = ["{name}"]
    "private_key_format" = []
    "ttl" = []
  }}
}}
"#
        )
    }

    fn pki_role(&self, workload: &Workload) -> Resource {
        let role = serde_json::to_value(PkiRole::of(&workload.name)).unwrap_or(Value::Null);
        Resource::write(
            format!("What a certificate for {} is", workload.name),
            format!("{}/roles/{}", self.mount, workload.name),
            role,
        )
        .terraform_kind("vault_pki_secret_backend_role", &workload.name)
        .with_terraform("backend", self.mount.as_str())
        .with_terraform("name", workload.name.as_str())
    }

    /// To have a request signed by the workload's own role, under its own name.
    fn policy(&self, workload: &Workload, policy: &str) -> Resource {
        let name = &workload.name;
        let text = policy::own_name(&self.mount, name, name) + &self.issue(name);
        Resource::write(
            format!(
                "What {name} may do in Vault: have its own name signed, as it is written; the role alone would also take it in capitals"
            ),
            format!("sys/policies/acl/{policy}"),
            json!({ "policy": text }),
        )
        .terraform_kind("vault_policy", &workload.name)
        .with_terraform("name", policy)
    }
}
