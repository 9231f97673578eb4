use kube::core::params::PostParams;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Error;
use super::cluster::{Call, Cluster};
use super::resource::{ACCESS_REVIEWS, Resource, SELF_REVIEWS};

#[derive(Deserialize)]
struct Reviewed<S> {
    status: S,
}

#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    allowed: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subject {
    user_info: UserInfo,
}

#[derive(Deserialize)]
struct UserInfo {
    #[serde(default)]
    username: String,
}

/// What anybody may ask about themselves.
impl Cluster {
    /// Whether we may do what a `SelfSubjectAccessReview` asks for.
    ///
    /// [SelfSubjectAccessReview](https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/)
    pub async fn is_allowed(&self, review: &Value) -> Result<bool, Error> {
        let verdict: Verdict = self.reviewed(ACCESS_REVIEWS, review).await?;
        Ok(verdict.allowed)
    }

    /// By which name the cluster knows us.
    ///
    /// [`Error::NotFound`] before Kubernetes 1.28.
    pub async fn user_name(&self) -> Result<String, Error> {
        let review = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "SelfSubjectReview",
        });
        let subject: Subject = self.reviewed(SELF_REVIEWS, &review).await?;
        Ok(subject.user_info.username)
    }

    async fn reviewed<S: DeserializeOwned>(
        &self,
        resource: Resource,
        review: &Value,
    ) -> Result<S, Error> {
        let body = review.to_string().into_bytes();
        let request = resource.requests(None);
        let request = request.create(&PostParams::default(), body);
        let call = Call::new(resource.right("create", None, None), request)?;
        let reviewed: Reviewed<S> = self.read(&call).await?;
        Ok(reviewed.status)
    }
}
