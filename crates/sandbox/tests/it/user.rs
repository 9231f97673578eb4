//! A user's access key, which comes without a session token.

use aws_credential_types::Credentials;
use iamra_sandbox::AssumableRole;
use secrecy::ExposeSecret as _;

use crate::running::Running;
use crate::sts::{ask, caller_identity, session, session_with};

pub(crate) fn credentials(running: &Running) -> Credentials {
    let user = running.iam_user();
    let secret = user.secret_access_key.expose_secret();
    Credentials::new(user.access_key_id, secret, None, None, "test")
}

#[tokio::test]
async fn sts_knows_the_user() {
    let it = session().await;
    let user = credentials(&it.running);
    let (status, text) = caller_identity(&it.running, &user, it.clock.now()).await;
    assert_eq!(status, 200, "{text}");
    assert!(
        text.contains("<Arn>arn:aws:iam::123456789012:user/iamra-sandbox</Arn>"),
        "{text}"
    );
    assert!(text.contains("<UserId>AIDA"), "{text}");
    let known = it.running.secrets();
    assert!(
        known
            .iter()
            .any(|secret| secret == user.secret_access_key())
    );
}

#[tokio::test]
async fn wrong_access_keys_are_refused() {
    let it = session().await;
    let user = credentials(&it.running);
    let (id, secret) = (user.access_key_id(), user.secret_access_key());
    let changed = |id, secret, token| Credentials::new(id, secret, token, None, "test");
    for (credentials, code) in [
        (changed(id, "other", None), "SignatureDoesNotMatch"),
        (
            changed(id, secret, Some("token".into())),
            "InvalidClientTokenId",
        ),
        (changed("AKIAUNKNOWN", secret, None), "InvalidClientTokenId"),
    ] {
        let (status, text) = caller_identity(&it.running, &credentials, it.clock.now()).await;
        assert_eq!(status, 403, "{text}");
        assert!(text.contains(&format!("<Code>{code}</Code>")), "{text}");
    }
}

#[tokio::test]
async fn a_user_may_assume_a_role_for_longer_than_a_session() {
    let role = "arn:aws:iam::210987654321:role/users";
    let it = session_with(|settings| {
        let root = "arn:aws:iam::123456789012:root";
        settings.assumable_roles = vec![AssumableRole::trusting(role, root)];
    })
    .await;
    let form = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleSessionName=build-7&DurationSeconds=7200\
         &RoleArn={}",
        role.replace(':', "%3A").replace('/', "%2F")
    );
    let user = credentials(&it.running);
    for (credentials, status) in [(&user, 200), (&it.credentials, 400)] {
        let form = form.clone();
        let (answered, text) = ask(&it.running, credentials, it.clock.now(), form).await;
        assert_eq!(answered, status, "{text}");
    }
}
