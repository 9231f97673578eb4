use aws_partition::Partition;

use crate::registry_host::{KINDS, PUBLIC, PUBLIC_DUAL_STACK, domain_of, kind};

/// Globs for every ECR registry there is, as kubelet's `matchImages` has them:
/// label by label, `*` for a whole one.
///
/// Each host that a [`RegistryHost`](crate::RegistryHost) can be is matched by
/// one of them: kubelet asks a provider for no other.
///
/// [`matchImages`](https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/#configure-image-matching)
pub fn ecr_match_images() -> Vec<String> {
    let mut globs = Vec::new();
    for partition in Partition::ALL {
        for endpoint in KINDS {
            let Some(domain) = domain_of(partition, endpoint) else {
                continue;
            };
            let glob = format!("*.{}.*.{domain}", kind(endpoint));
            // GovCloud has the domains of the commercial regions.
            if !globs.contains(&glob) {
                globs.push(glob);
            }
        }
    }
    globs.extend([PUBLIC, PUBLIC_DUAL_STACK].map(str::to_owned));
    globs
}
