use crate::{Operation, RequestParts};

/// What a path of the distribution API leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Route<'a> {
    /// `/v2/`: whether one may come in.
    Check,
    Tags {
        repository: &'a str,
    },
    Manifest {
        repository: &'a str,
        reference: &'a str,
    },
    Blob {
        repository: &'a str,
        digest: &'a str,
    },
    Unknown,
}

impl<'a> Route<'a> {
    /// Reads a path. Names of repositories have slashes in them: what is asked
    /// of one stands at the end.
    pub(super) fn of(path: &'a str) -> Self {
        let rest = path.trim_start_matches("/v2").trim_start_matches('/');
        if rest.is_empty() {
            return Self::Check;
        }
        if let Some(repository) = rest.strip_suffix("/tags/list") {
            return Self::Tags { repository };
        }
        if let Some((repository, reference)) = rest.rsplit_once("/manifests/") {
            return Self::Manifest {
                repository,
                reference,
            };
        }
        match rest.rsplit_once("/blobs/") {
            Some((repository, digest)) => Self::Blob { repository, digest },
            None => Self::Unknown,
        }
    }
}

/// What a registry is asked for; none where the request is not for a registry.
pub(crate) fn operation(request: &RequestParts) -> Option<Operation> {
    if request.path != "/v2" && !request.path.starts_with("/v2/") {
        return None;
    }
    Some(match Route::of(&request.path) {
        Route::Check => Operation::RegistryCheck,
        Route::Tags { .. } => Operation::RegistryTags,
        Route::Manifest { .. } => Operation::RegistryManifest,
        Route::Blob { .. } => Operation::RegistryBlob,
        Route::Unknown => Operation::RegistryOther,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_stands_at_the_end() {
        let tags = |repository| Route::Tags { repository };
        let manifest = |repository, reference| Route::Manifest {
            repository,
            reference,
        };
        let blob = |repository, digest| Route::Blob { repository, digest };
        for (path, route) in [
            ("/v2", Route::Check),
            ("/v2/", Route::Check),
            ("/v2/app/tags/list", tags("app")),
            ("/v2/team/blobs/app/tags/list", tags("team/blobs/app")),
            (
                "/v2/a/manifests/b/manifests/1",
                manifest("a/manifests/b", "1"),
            ),
            (
                "/v2/team/app/blobs/sha256:ab",
                blob("team/app", "sha256:ab"),
            ),
            ("/v2/app/referrers/x", Route::Unknown),
            ("/v2/_catalog", Route::Unknown),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }
}
