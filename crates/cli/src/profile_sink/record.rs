use std::path::Path;
use std::time::SystemTime;

use k8s_sinks::file::{ProfileCredentials, ProfileName};
use private_file::{Options, Target};
use serde::{Deserialize, Serialize};

use crate::session::{LONGEST_SESSION, SessionCredentials, SessionKey, Values};
use crate::shared::NotedLife;

/// Until when the credentials in a profile are valid, and which session they
/// are: what the credentials file has no place for. In a file beside it, which
/// holds no secret.
pub(super) struct Record(Target);

#[derive(Deserialize, Serialize)]
struct Form {
    schema: u8,
    /// `None` where that cannot be told.
    session: Option<String>,
    access_key_id: String,
    /// Whether the hooks are still to be told of it.
    untold: bool,
    life: NotedLife,
    expiration: String,
    role_arn: Option<String>,
}

impl Record {
    pub(super) fn beside(credentials_file: &Path, profile: &ProfileName) -> Self {
        let name = credentials_file.file_name().unwrap_or_default();
        // A profile's name may hold what no file's name can.
        let profile = SessionKey::of(&[("profile", profile.to_string())]);
        let name = format!(".{}.{:.16}.iamra", name.display(), profile.as_str());
        Self(Target::new(
            credentials_file.with_file_name(name),
            Options::new(),
        ))
    }

    /// Where it cannot be written, a restart opens a session more.
    pub(super) fn write(
        &self,
        key: Option<&SessionKey>,
        credentials: &SessionCredentials,
        untold: bool,
    ) {
        let form = Form {
            schema: SCHEMA,
            session: key.map(|key| key.as_str().to_owned()),
            access_key_id: credentials.access_key_id.clone(),
            untold,
            life: credentials.lifetime.into(),
            expiration: credentials.expiration.clone(),
            role_arn: credentials.role_arn.clone(),
        };
        let text = serde_json::to_vec(&form).unwrap_or_default();
        if let Err(error) = self.0.replace(&text) {
            tracing::debug!(%error, "it cannot be noted until when the session is valid");
        }
    }

    /// What stands in the profile, if this is about it.
    pub(super) fn read(
        &self,
        key: &SessionKey,
        standing: ProfileCredentials,
        now: SystemTime,
    ) -> Option<SessionCredentials> {
        let form = self.form()?;
        let lifetime = form.life.at(now, LONGEST_SESSION)?;
        let is_it = form.session.as_deref() == Some(key.as_str())
            && form.access_key_id == standing.access_key_id;
        is_it.then(|| {
            SessionCredentials::new(Values {
                access_key_id: standing.access_key_id,
                secret_access_key: standing.secret_access_key,
                session_token: standing.session_token,
                lifetime,
                expiration: form.expiration,
                role_arn: form.role_arn,
            })
        })
    }

    /// Whether the hooks have not been told of these credentials, which stand in
    /// the profile: their command failed, or whoever wrote them was ended before.
    pub(super) fn owes(&self, access_key_id: &str) -> bool {
        let form = self.form();
        form.is_some_and(|form| form.untold || form.access_key_id != access_key_id)
    }

    fn form(&self) -> Option<Form> {
        // Not what somebody else may have put there.
        let text = self.0.read().ok()??;
        let form: Form = serde_json::from_slice(&text).ok()?;
        (form.schema == SCHEMA).then_some(form)
    }
}

const SCHEMA: u8 = 2;

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use refresh::Lifetime;

    use super::*;

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    fn standing(access_key_id: &str) -> ProfileCredentials {
        ProfileCredentials {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: "hunter2".into(),
            session_token: "hunter3".into(),
        }
    }

    #[test]
    fn it_tells_of_the_session_that_stands_there_and_of_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record::beside(&folder.path().join("credentials"), &ProfileName::default());
        let key = SessionKey::of(&[("a", "b")]);
        let found = |id, key: &SessionKey, now| record.read(key, standing(id), at(now)).is_some();
        assert!(!found("ASIA1", &key, 1000));
        let credentials = SessionCredentials::new(Values {
            access_key_id: "ASIA1".to_owned(),
            secret_access_key: "hunter2".into(),
            session_token: "hunter3".into(),
            lifetime: Lifetime::new(at(1000), at(4600)),
            expiration: "1970-01-01T01:16:40Z".to_owned(),
            role_arn: None,
        });
        assert!(!record.owes("ASIA1"), "nothing is known");
        record.write(None, &credentials, true);
        assert!(record.owes("ASIA1"));
        assert!(!found("ASIA1", &key, 1000), "it could be any session");
        record.write(Some(&key), &credentials, false);
        assert!(!record.owes("ASIA1") && record.owes("ASIA2"));
        let text = private_file::read_private(record.0.path()).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("hunter"));
        assert!(found("ASIA1", &key, 1000) && found("ASIA1", &key, 4599));
        assert!(!found("ASIA1", &key, 4600), "it is over");
        assert!(!found("ASIA1", &key, 999), "the clock was set back");
        assert!(
            !found("ASIA2", &key, 1000),
            "somebody else has written there"
        );
        assert!(!found("ASIA1", &SessionKey::of(&[("a", "c")]), 1000));
    }
}
