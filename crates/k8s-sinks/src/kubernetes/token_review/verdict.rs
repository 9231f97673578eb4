use std::collections::BTreeMap;

use serde::Deserialize;

use super::{BoundPod, User};

/// The `status` of a review.
#[derive(Deserialize)]
pub(super) struct Verdict {
    #[serde(default)]
    authenticated: bool,
    #[serde(default)]
    user: UserInfo,
    audiences: Option<Vec<String>>,
    #[serde(default)]
    error: String,
}

#[derive(Default, Deserialize)]
struct UserInfo {
    #[serde(default)]
    username: String,
    #[serde(default)]
    uid: String,
    extra: Option<BTreeMap<String, Option<Vec<String>>>>,
}

impl Verdict {
    /// Whose token it is, or why it is not taken.
    ///
    /// "A client of the `TokenReview` API that sets the spec.audiences field should
    /// validate that a compatible audience identifier is returned in the
    /// status.audiences field to ensure that the `TokenReview` server is audience
    /// aware."
    pub(super) fn judged(self, audiences: &[&str]) -> Result<User, String> {
        if !self.authenticated {
            return Err(self.error);
        }
        let told = self.audiences.unwrap_or_default();
        if !told.iter().any(|told| audiences.contains(&told.as_str())) {
            let (told, wanted) = (told.join(", "), audiences.join(", "));
            return Err(if told.is_empty() {
                format!("the cluster does not say that it is for {wanted}")
            } else {
                format!("it is for {told}, not for {wanted}")
            });
        }
        if self.user.username.is_empty() {
            return Err("the cluster does not say whose it is".to_owned());
        }
        Ok(self.user.into_user())
    }
}

impl UserInfo {
    fn into_user(self) -> User {
        let mut extra = self.extra.unwrap_or_default();
        // Each has one value; of several nobody knows which is meant.
        let mut only = |key: &str| {
            let values: [String; 1] = extra.remove(key)??.try_into().ok()?;
            values.into_iter().next()
        };
        let (pod, uid) = (only(POD_NAME), only(POD_UID));
        User {
            node: only(NODE_NAME),
            pod: pod.zip(uid).map(|(name, uid)| BoundPod { name, uid }),
            name: self.username,
            uid: self.uid,
        }
    }
}

const POD_NAME: &str = "authentication.kubernetes.io/pod-name";
const POD_UID: &str = "authentication.kubernetes.io/pod-uid";
const NODE_NAME: &str = "authentication.kubernetes.io/node-name";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn judged(status: Value) -> Result<User, String> {
        let verdict: Verdict = serde_json::from_value(status).unwrap();
        verdict.judged(&["pods", "others"])
    }

    fn user(extra: &Value) -> Value {
        json!({
            "authenticated": true,
            "user": {"username": "system:serviceaccount:shop:web", "uid": "u", "extra": extra},
            "audiences": ["pods"],
        })
    }

    #[test]
    fn one_that_is_accepted_says_whose_it_is() {
        let extra = json!({POD_NAME: ["web-1"], POD_UID: ["p"], NODE_NAME: ["n"], "x": null});
        let found = judged(user(&extra)).unwrap();
        let pod = found.pod.map(|pod| (pod.name, pod.uid));
        assert_eq!(pod, Some(("web-1".to_owned(), "p".to_owned())));
        assert_eq!(found.node.as_deref(), Some("n"));
        assert_eq!(found.name, "system:serviceaccount:shop:web");
        for extra in [
            Value::Null,
            json!({POD_NAME: ["web-1"]}),
            json!({POD_NAME: ["web-1", "web-2"], POD_UID: ["p"]}),
            json!({POD_NAME: [], POD_UID: ["p"]}),
        ] {
            assert_eq!(judged(user(&extra)).unwrap().pod, None, "{extra}");
        }
    }

    #[test]
    fn an_audience_of_ours_must_be_named() {
        for (audiences, reason) in [
            (json!(["others", "third"]), None),
            (
                json!(null),
                Some("the cluster does not say that it is for pods, others"),
            ),
            (
                json!([]),
                Some("the cluster does not say that it is for pods, others"),
            ),
            (
                json!(["third"]),
                Some("it is for third, not for pods, others"),
            ),
        ] {
            let mut status = user(&Value::Null);
            status["audiences"] = audiences;
            assert_eq!(judged(status).err().as_deref(), reason);
        }
    }

    #[test]
    fn nobody_is_nobody() {
        for (status, reason) in [
            (json!({}), ""),
            (json!({"error": "expired"}), "expired"),
            // Who is named all the same is not meant.
            (
                json!({"authenticated": false, "user": {"username": "web"}, "audiences": ["pods"]}),
                "",
            ),
            (
                json!({"authenticated": true, "audiences": ["pods"]}),
                "the cluster does not say whose it is",
            ),
        ] {
            assert_eq!(judged(status).unwrap_err(), reason);
        }
    }
}
