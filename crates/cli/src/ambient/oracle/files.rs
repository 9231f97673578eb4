//! What stands in the files of profiles.

use super::{NO_METADATA, REGION, compare};
use crate::ambient::profile::Files;
use crate::ambient::stub::Stub;

const ONE: &str = "aws_access_key_id = AKIAONE\naws_secret_access_key = s\n";
const TWO: &str = "aws_access_key_id = AKIATWO\naws_secret_access_key = s\n";
const ROLE: &str = "role_arn = arn:aws:iam::123456789012:role/one\n";

/// A config file, a credentials file, a profile's name, and what is found.
type Case<'a> = (&'a str, &'a str, &'a str, Option<&'a str>);

async fn compare_files(cases: &[Case<'_>], more: &[(&str, &str)]) {
    for (config, other, profile, expected) in cases {
        let files = Files::new(config, other);
        let paths = [files.path("config"), files.path("credentials")];
        let mut variables = vec![
            ("AWS_CONFIG_FILE", paths[0].as_str()),
            ("AWS_SHARED_CREDENTIALS_FILE", &paths[1]),
            NO_METADATA,
        ];
        variables.extend(more);
        if !profile.is_empty() {
            variables.push(("AWS_PROFILE", profile));
        }
        compare(
            &format!("{config}---\n{other}--- {profile}"),
            *expected,
            &variables,
        )
        .await;
    }
}

#[tokio::test]
async fn files_are_read_alike() {
    let of = |header: &str, text: &str| format!("[{header}]\n{text}");
    let id_of_two = "[default]\naws_access_key_id = AKIATWO\n";
    compare_files(
        &[
            (&of("default", ONE), "", "", Some("AKIAONE")),
            (&of("default", ONE), "", "default", Some("AKIAONE")),
            ("", &of("default", TWO), "", Some("AKIATWO")),
            (&of("default", ONE), id_of_two, "", Some("AKIATWO")),
            (&of("profile dev", ONE), "", "dev", Some("AKIAONE")),
            (&of("profile dev", ONE), "", "", None),
            (&of("dev", ONE), "", "dev", None),
            ("", &of("dev", TWO), "dev", Some("AKIATWO")),
            ("", &of("profile dev", TWO), "dev", None),
            (&of("profile dev", ONE), "", "prod", None),
            ("", "", "", None),
            (
                &(of("default", ONE) + "[profile default]\n" + TWO),
                "",
                "",
                Some("AKIATWO"),
            ),
            (
                &(of("profile default", TWO) + "[default]\n" + ONE),
                "",
                "",
                Some("AKIATWO"),
            ),
            (
                &(of("default", ONE) + "[default]\n" + TWO),
                "",
                "",
                Some("AKIATWO"),
            ),
            (
                &(of("default", ONE) + "AWS_ACCESS_KEY_ID = AKIAUPPER # c\n"),
                "",
                "",
                Some("AKIAUPPER"),
            ),
            (
                &(of("default", ONE) + "s3 =\n  aws_access_key_id = AKIANESTED\n"),
                "",
                "",
                Some("AKIAONE"),
            ),
            ("[default]\nregion = x\n", "", "", None),
            ("[default]\naws_access_key_id = A\n", "", "", None),
            ("[default]\nx\n", "", "", None),
            ("x = y\n", "", "", None),
        ],
        &[REGION],
    )
    .await;
}

#[tokio::test]
async fn mistakes_are_mistakes_to_both() {
    let of = |text: &str| format!("[default]\n{ROLE}{text}");
    compare_files(
        &[
            (&of(""), "", "", None),
            (&of("source_profile = b\n"), "", "", None),
            (&of("source_profile = b\n[profile b]\n"), "", "", None),
            (&of(&format!("source_profile = b\ncredential_source = Environment\n[profile b]\n{ONE}")), "", "", None),
            (&of(&format!("source_profile = b\n[profile b]\n{ROLE}source_profile = default\n")), "", "", None),
            (&of("credential_source = Elsewhere\n"), "", "", None),
            (&of("credential_source = Environment\n"), "", "", None),
            ("[default]\nweb_identity_token_file = /token\n", "", "", None),
            ("[default]\nsso_session = s\n[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://x\n", "", "", None),
            ("[default]\nlogin_session = arn:aws:iam::123456789012:user/u\n", "", "", None),
        ],
        &[REGION],
    )
    .await;
}

/// Ours runs a program's words, theirs has `sh` run the text: so the words are
/// such that both mean the same.
#[cfg(unix)]
#[tokio::test]
async fn programs_are_understood_alike() {
    let of = |json: &str| format!("[default]\n{TWO}credential_process = printf %s '{json}'\n");
    let whole = r#"{"Version":1,"AccessKeyId":"ASIAP","SecretAccessKey":"s","SessionToken":"t","Expiration":"2999-01-01T00:00:00Z"}"#;
    let for_good = r#"{"Version":1,"AccessKeyId":"AKIAP","SecretAccessKey":"s"}"#;
    compare_files(
        &[
            (&of(whole), "", "", Some("ASIAP")),
            (&of(for_good), "", "", Some("AKIAP")),
            (&of(&whole.replace(":1,", ":2,")), "", "", None),
            (&of(&whole.replace("\"Version\":1,", "")), "", "", None),
            (
                &of(&whole.replace("SecretAccessKey", "Secret")),
                "",
                "",
                None,
            ),
            (
                &of(&whole.replace("2999-01-01T00:00:00Z", "soon")),
                "",
                "",
                None,
            ),
            (&of("hello"), "", "", None),
            (
                "[default]\ncredential_process = sh -c 'exit 1'\n",
                "",
                "",
                None,
            ),
            ("[default]\ncredential_process = /nowhere\n", "", "", None),
        ],
        &[REGION, ("PATH", "/usr/bin:/bin")],
    )
    .await;
}

#[tokio::test]
async fn roles_are_assumed_alike() {
    let sts = Stub::sts();
    let more = [REGION, ("AWS_ENDPOINT_URL_STS", sts.url.as_str())];
    let tokens = Files::new("", "a.b.c");
    let token = tokens.path("credentials");
    let of = |text: &str| format!("[default]\n{ROLE}{text}");
    let middle = "[profile b]\nrole_arn = arn:aws:iam::123456789012:role/two\nsource_profile = c\n[profile c]\n";
    compare_files(
        &[
            (
                &of(&format!("source_profile = default\n{ONE}")),
                "",
                "",
                Some("ASIA-one"),
            ),
            (
                &of(&format!("source_profile = b\n[profile b]\n{ONE}")),
                "",
                "",
                Some("ASIA-one"),
            ),
            (
                &of(&format!("source_profile = b\n{middle}{ONE}")),
                "",
                "",
                Some("ASIA-one"),
            ),
            (
                &of(&format!("web_identity_token_file = {token}\n{ONE}")),
                "",
                "",
                Some("ASIA-one"),
            ),
        ],
        &more,
    )
    .await;
    let role = ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod");
    let file = ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str());
    let variables = [&more[..], &[NO_METADATA, role, file]].concat();
    compare("web identity", Some("ASIA-pod"), &variables).await;
    let asked: Vec<String> = sts.asked().into_iter().map(|asked| asked.body).collect();
    let with_token = asked
        .iter()
        .filter(|body| body.contains("WebIdentityToken=a.b.c"));
    // Each twice: ours and theirs.
    assert_eq!((asked.len(), with_token.count()), (12, 4), "{asked:?}");
}
