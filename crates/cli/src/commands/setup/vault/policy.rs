//! What policies allow: nothing but to have a request signed, for no longer than
//! the role says. `not_after`, which Vault does not hold against `max_ttl`, is no
//! parameter of it.

use super::mount_path::MountPath;

/// By a role, under one name as it is written.
pub(super) fn own_name(mount: &MountPath, role: &str, name: &str) -> String {
    format!(
        r#"path "{mount}/sign/{role}" {{
  capabilities = ["update"]
  allowed_parameters = {{
    "common_name" = ["{name}"]
    "alt_names" = ["{name}"]
    "csr" = []
    "ttl" = []
  }}
}}
"#
    )
}

/// By a role that says itself under which name: it is another one for each
/// login, and a policy compares parameters with constants only.
#[cfg(feature = "pods")]
pub(super) fn name_of_role(mount: &MountPath, role: &str) -> String {
    format!(
        r#"path "{mount}/sign/{role}" {{
  capabilities = ["update"]
  allowed_parameters = {{
    "common_name" = []
    "csr" = []
    "ttl" = []
  }}
}}
"#
    )
}
