use super::VaultError;
use crate::RequestParts;

/// A namespace that exists but has nothing mounted.
const EMPTY: &str = "team1";

/// Where a request leads.
pub(super) struct Place<'a> {
    /// The path inside its namespace.
    pub(super) path: &'a str,
    /// Whether that namespace is the one with the mounts.
    pub(super) mounted: bool,
}

/// Reads the namespace from the header and from the path, which may both name
/// a part of it.
pub(super) fn place<'a>(
    mounted: Option<&str>,
    request: &RequestParts,
    path: &'a str,
) -> Result<Place<'a>, VaultError> {
    let known = [mounted.unwrap_or(EMPTY), EMPTY];
    let header = request.header("x-vault-namespace").unwrap_or_default();
    let header = header.trim_matches('/');
    if !header.is_empty() && header != "root" {
        if !known.contains(&header) {
            return Err(VaultError::namespace_not_found());
        }
        return Ok(Place {
            path,
            mounted: mounted == Some(header),
        });
    }
    for name in known {
        let inside = path.strip_prefix(name).and_then(|p| p.strip_prefix('/'));
        if let Some(path) = inside {
            return Ok(Place {
                path,
                mounted: mounted == Some(name),
            });
        }
    }
    Ok(Place {
        path,
        mounted: mounted.is_none(),
    })
}
