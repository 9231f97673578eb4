use kube::core::params::PostParams;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use self::scrubbing::{scrubbed, scrubbed_error};
use self::verdict::Verdict;
use super::Error;
use super::cluster::{Call, Cluster};
use super::refusal::short;
use super::resource::TOKEN_REVIEWS;
use super::wiped_json::wiped_json;

mod scrubbing;
mod verdict;

/// What a cluster says of a token.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Reviewed {
    /// It is somebody's, for one of the audiences that were asked for.
    Accepted(User),
    /// It is nobody's, or not for us.
    Refused {
        /// Why, in one short line. Nothing of the token is in it.
        reason: String,
    },
}

/// Whose token it is.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct User {
    /// `system:serviceaccount:NAMESPACE:NAME` where it is a service account.
    pub name: String,
    /// Tells two of one name apart: the service account's own uid.
    pub uid: String,
    /// The pod that the token is bound to: it was there when the token was
    /// reviewed.
    pub pod: Option<BoundPod>,
    /// The node of that pod, which Kubernetes says since 1.30.
    pub node: Option<String>,
}

/// The pod that a token is bound to.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct BoundPod {
    /// Its name, in the namespace of its service account.
    pub name: String,
    /// Tells it from an earlier one of its name.
    pub uid: String,
}

impl BoundPod {
    /// The pod of this name and uid.
    pub fn new(name: &str, uid: &str) -> Self {
        Self {
            name: name.to_owned(),
            uid: uid.to_owned(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Review<'a> {
    api_version: &'static str,
    kind: &'static str,
    spec: Spec<'a>,
}

#[derive(Serialize)]
struct Spec<'a> {
    token: &'a str,
    audiences: &'a [&'a str],
}

/// The answer repeats the token, and that is not read.
#[derive(Deserialize)]
struct Answer {
    status: Verdict,
}

impl Cluster {
    /// Has the cluster say whose token this is, and whether it still holds: a
    /// token that is bound to a pod ends with the pod, which nothing but a review
    /// can tell. The API server itself remembers an answer for some ten seconds.
    ///
    /// It has to be for one of `audiences`, or is refused; without any audience,
    /// [`Error::Invalid`], since that would take tokens that are meant for the API
    /// server. Needs the right to create `tokenreviews`. No error and no reason
    /// shows any part of the token.
    ///
    /// [TokenReview](https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/)
    pub async fn review_token(
        &self,
        token: &SecretString,
        audiences: &[&str],
    ) -> Result<Reviewed, Error> {
        if audiences.is_empty() {
            return Err(Error::Invalid {
                what: "audience",
                value: String::new(),
                reason: "a token is reviewed for one at least".to_owned(),
            });
        }
        let token = token.expose_secret();
        if let Some(reason) = unusable(token) {
            return Ok(Reviewed::Refused { reason });
        }
        let answer = self.read::<Answer>(&call(token, audiences)?).await;
        let answer = answer.map_err(|error| scrubbed_error(error, token))?;
        Ok(match answer.status.judged(audiences) {
            Ok(user) => Reviewed::Accepted(user),
            Err(reason) => Reviewed::Refused {
                reason: scrubbed(&short(&reason), token),
            },
        })
    }
}

fn call(token: &str, audiences: &[&str]) -> Result<Call, Error> {
    let review = Review {
        api_version: "authentication.k8s.io/v1",
        kind: "TokenReview",
        spec: Spec { token, audiences },
    };
    let request = TOKEN_REVIEWS.requests(None);
    let request = request.create(&PostParams::default(), Vec::new());
    let right = TOKEN_REVIEWS.right("create", None, None);
    Call::with_body(right, request, wiped_json(&review))
}

/// Why it cannot be a token. Of an empty one a server says that the review is
/// bad, which would be an error of ours.
fn unusable(token: &str) -> Option<String> {
    if token.trim().is_empty() {
        return Some("it is empty".to_owned());
    }
    (token.len() > LONGEST_TOKEN).then(|| format!("it is longer than {LONGEST_TOKEN} bytes"))
}

/// A service account's has some 1200 bytes.
const LONGEST_TOKEN: usize = 16 * 1024;
