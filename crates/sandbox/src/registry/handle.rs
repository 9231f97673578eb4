use std::time::SystemTime;

use http::StatusCode;

use super::access::Reader;
use super::image::Image;
use super::refusal::{RegistryRefusal, versioned};
use super::route::Route;
use super::tags;
use crate::answer::Answer;
use crate::ecr::RegistryTokens;
use crate::{Repository, RequestParts};

/// The registries of all accounts and regions.
#[derive(Clone, Copy)]
pub(crate) struct Registry<'a> {
    pub(crate) repositories: &'a [Repository],
    pub(crate) tokens: &'a RegistryTokens,
    /// Whether every token is found expired.
    pub(crate) expired: bool,
}

impl<'a> Registry<'a> {
    /// Answers a request.
    pub(crate) fn answer(self, request: &RequestParts, now: SystemTime) -> Answer {
        self.read(request, now).unwrap_or_else(|refusal| {
            let host = request.header("host").unwrap_or_default();
            refusal.answer(host)
        })
    }

    fn read(self, request: &RequestParts, now: SystemTime) -> Result<Answer, RegistryRefusal> {
        let reader = Reader::admit(request, self.tokens, now)?;
        if self.expired {
            return Err(RegistryRefusal::expired());
        }
        if !["GET", "HEAD"].contains(&request.method.as_str()) {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            let message = "Nothing can be pushed here";
            return Err(RegistryRefusal::new(status, "UNSUPPORTED", message));
        }
        match Route::of(&request.path) {
            Route::Check => Ok(versioned(Answer::empty(StatusCode::OK))),
            Route::Tags { repository } => {
                tags::list(self.repository(repository, &reader)?, request)
            }
            Route::Manifest {
                repository,
                reference,
            } => manifest(self.repository(repository, &reader)?, reference),
            Route::Blob { repository, digest } => {
                self.repository(repository, &reader)?;
                blob(digest)
            }
            Route::Unknown => Err(RegistryRefusal::not_found(
                "UNSUPPORTED",
                "No such resource",
            )),
        }
    }

    fn repository(self, name: &str, reader: &Reader) -> Result<&'a Repository, RegistryRefusal> {
        let Reader {
            account,
            region,
            caller_arn,
        } = reader;
        let mut all = self.repositories.iter();
        let found =
            all.find(|it| it.name == name && it.account == *account && it.region == *region);
        let found = found.ok_or_else(|| {
            RegistryRefusal::not_found(
                "NAME_UNKNOWN",
                format!(
                    "The repository with name '{name}' does not exist in the registry with id \
                     '{account}'"
                ),
            )
        })?;
        if found.is_readable {
            Ok(found)
        } else {
            Err(RegistryRefusal::denied(caller_arn, found))
        }
    }
}

fn manifest(repository: &Repository, reference: &str) -> Result<Answer, RegistryRefusal> {
    let image = Image::new();
    if reference != image.digest() && !repository.tags.iter().any(|tag| tag == reference) {
        let message = "Requested image not found";
        return Err(RegistryRefusal::not_found("MANIFEST_UNKNOWN", message));
    }
    let digest = image.digest();
    let answer = Answer::text(StatusCode::OK, Image::MEDIA_TYPE, image.manifest);
    Ok(versioned(answer).with_header("docker-content-digest", &digest))
}

fn blob(digest: &str) -> Result<Answer, RegistryRefusal> {
    let blob = Image::blob(digest)
        .ok_or_else(|| RegistryRefusal::not_found("BLOB_UNKNOWN", "blob unknown to registry"))?;
    let answer = Answer::text(StatusCode::OK, "application/octet-stream", blob);
    Ok(versioned(answer).with_header("docker-content-digest", digest))
}
