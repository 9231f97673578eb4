use crate::ambient::stub::Stub;
use crate::ambient::tests::{NO_METADATA, ambient, found, refused, write};

#[cfg(unix)]
mod programs;

/// A folder with both files.
pub(in crate::ambient) struct Files(tempfile::TempDir);

impl Files {
    pub(in crate::ambient) fn new(config: &str, credentials: &str) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        for (name, text) in [("config", config), ("credentials", credentials)] {
            write(files.path(name), text);
        }
        files
    }

    pub(in crate::ambient) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// What is found with these files, and more variables.
    async fn found(&self, more: &[(&str, &str)]) -> Result<String, String> {
        let (config, credentials) = (self.path("config"), self.path("credentials"));
        let own = [
            NO_METADATA,
            ("AWS_CONFIG_FILE", &config),
            ("AWS_SHARED_CREDENTIALS_FILE", &credentials),
            ("PATH", "/usr/bin:/bin"),
        ];
        let found = found(&[&own, more].concat()).await;
        found.map_err(|error| error.replace(self.0.path().to_str().unwrap(), "FOLDER"))
    }
}

const KEYS: &str = "aws_access_key_id = AKIAONE\naws_secret_access_key = s\n";

#[tokio::test]
async fn the_credentials_file_is_stronger_key_by_key() {
    let config = format!("[default]\n{KEYS}[profile dev]\naws_secret_access_key = s\n");
    let credentials =
        "[default]\naws_access_key_id = AKIATWO\n[dev]\naws_access_key_id = AKIADEV\n";
    let files = Files::new(&config, credentials);
    for (variables, expected) in [
        (&[][..], "AKIATWO"),
        (&[("AWS_PROFILE", "default")], "AKIATWO"),
        (&[("AWS_DEFAULT_PROFILE", "dev")], "AKIADEV"),
        (
            &[("AWS_PROFILE", "dev"), ("AWS_DEFAULT_PROFILE", "default")],
            "AKIADEV",
        ),
    ] {
        assert_eq!(files.found(variables).await.as_deref(), Ok(expected));
    }
}

#[tokio::test]
async fn the_files_are_in_the_home_folder_where_no_variable_says_else() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".aws");
    std::fs::create_dir(&folder).unwrap();
    write(folder.join("config"), &format!("[default]\n{KEYS}"));
    write(
        home.path().join("other"),
        "[default]\naws_access_key_id = AKIAOTHER\n",
    );
    let home = ("HOME", home.path().to_str().unwrap());
    assert_eq!(found(&[home]).await.as_deref(), Ok("AKIAONE"));
    let other = ("AWS_SHARED_CREDENTIALS_FILE", "~/other");
    assert_eq!(found(&[home, other]).await.as_deref(), Ok("AKIAOTHER"));
    let nothing = ("AWS_CONFIG_FILE", "/dev/null");
    let error = found(&[home, nothing, NO_METADATA]).await.unwrap_err();
    assert!(error.starts_with("ambient.none"), "{error}");
    // Where there is no home folder, a `~` stands for nothing.
    for variable in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        let failure = refused(&[(variable, "~/other")]);
        let expected = format!("{variable}: there is no home folder for the ~ in it");
        assert_eq!(failure, expected);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn of_what_is_no_file_only_the_null_device_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let fifo = std::process::Command::new("mkfifo")
        .arg(path("fifo"))
        .status();
    assert!(fifo.unwrap().success());
    std::os::unix::fs::symlink("/dev/null", path("null")).unwrap();
    for (file, expected) in [
        (path("null"), "ambient.none"),
        (path("fifo"), "file.invalid"),
        ("/dev/zero".to_owned(), "file.invalid"),
        (path(""), "file.invalid"),
    ] {
        let file = ("AWS_CONFIG_FILE", file.as_str());
        let error = found(&[file, NO_METADATA]).await.unwrap_err();
        assert!(error.starts_with(expected), "{file:?}: {error}");
    }
}

#[tokio::test]
async fn a_profile_that_is_wrong_says_where() {
    for (config, expected) in [
        ("[default]\nx", "FOLDER/config: line 2 has no `=`"),
        (
            "[default]\naws_access_key_id = A\n",
            "profile default: aws_secret_access_key is missing",
        ),
        (
            "[default]\naws_session_token = t\n",
            "profile default: aws_access_key_id is missing",
        ),
        (
            "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\n",
            "profile default: role_arn is there, and neither source_profile, credential_source nor \
             web_identity_token_file is",
        ),
        (
            "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = b\ncredential_source = Environment\n",
            "profile default: source_profile and credential_source exclude each other",
        ),
        (
            "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = b\n",
            "profile default: there is no source_profile b",
        ),
        (
            "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = b\n[profile b]\nregion = x\n",
            "profile b: it is a source profile without credentials",
        ),
        (
            "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = b\n\
             [profile b]\naws_access_key_id = A\ncredential_process = unused\n",
            "profile b: aws_secret_access_key is missing",
        ),
        (
            "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = b\n\
             [profile b]\nrole_arn = arn:aws:iam::123456789012:role/b\nsource_profile = default\n",
            "profile b: its source_profile default leads back to itself: default -> b -> default",
        ),
        (
            "[default]\nrole_arn = b\nsource_profile = default\n",
            "profile default: role_arn: invalid ARN",
        ),
        (
            "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = default\nduration_seconds = 5\n",
            "profile default: duration_seconds: a session lasts 900 to 43200 seconds, not 5",
        ),
        (
            "[default]\ncredential_source = Elsewhere\n",
            "profile default: credential_source \"Elsewhere\" is none of Environment, \
             Ec2InstanceMetadata, EcsContainer",
        ),
        (
            "[default]\ncredential_source = EcsContainer\n",
            "profile default: credential_source EcsContainer: neither \
             AWS_CONTAINER_CREDENTIALS_FULL_URI nor AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is set",
        ),
        (
            "[default]\nweb_identity_token_file = /token\n",
            "profile default: web_identity_token_file is there, and role_arn is not",
        ),
        (
            "[default]\nsso_session = s\n",
            "profile default: sso_session: credentials of a sign-in are not read here",
        ),
        (
            "[default]\nlogin_session = arn:aws:iam::123456789012:user/u\n",
            "profile default: login_session: credentials of a sign-in are not read here",
        ),
        (
            "[default]\ncredential_process = 'a\n",
            "profile default (credential_process): it is no command: a quote is not closed, or \
             there is no word",
        ),
    ] {
        let error = Files::new(config, "").found(&[]).await.unwrap_err();
        assert_eq!(error, format!("ambient.invalid: {expected}"), "{config}");
    }
    let files = Files::new("[profile dev]\n", "");
    let error = files.found(&[("AWS_PROFILE", "prod")]).await.unwrap_err();
    let expected = "ambient.invalid: AWS_PROFILE: there is no profile prod in FOLDER/config or FOLDER/credentials";
    assert_eq!(error, expected);
    let error = files.found(&[("AWS_PROFILE", "a]b")]).await.unwrap_err();
    assert!(
        error.starts_with("ambient.invalid: \"a]b\" cannot be a profile name"),
        "{error}"
    );
    let error = files.found(&[("AWS_PROFILE", "dev")]).await.unwrap_err();
    assert!(
        error.contains(
            "profile: the profile dev in FOLDER/config or FOLDER/credentials has no credentials;"
        ),
        "{error}"
    );
}

#[tokio::test]
async fn roles_are_assumed_one_with_the_other() {
    let sts = Stub::sts();
    let config = format!(
        "[default]\nrole_arn = arn:aws:iam::123456789012:role/last\nsource_profile = middle\n\
         external_id = id/7\nrole_session_name = me\nduration_seconds = 900\nregion = eu-west-1\n\
         [profile middle]\nrole_arn = arn:aws:iam::123456789012:role/middle\nsource_profile = keys\n\
         [profile keys]\nrole_arn = arn:aws:iam::123456789012:role/unused\ncredential_process = unused\n{KEYS}"
    );
    let files = Files::new(&config, "");
    let sts_url = ("AWS_ENDPOINT_URL_STS", sts.url.as_str());
    assert_eq!(files.found(&[sts_url]).await.as_deref(), Ok("ASIA-last"));
    let asked = sts.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].head.contains("credential=akiaone/"), "{asked:?}");
    assert!(
        asked[0]
            .body
            .ends_with("role%2Fmiddle&RoleSessionName=iamra"),
        "{asked:?}"
    );
    assert!(
        asked[1].head.contains("credential=asia-middle/"),
        "{asked:?}"
    );
    assert!(
        asked[1].head.contains("/eu-west-1/sts/aws4_request"),
        "{asked:?}"
    );
    let last = "role%2Flast&RoleSessionName=me&DurationSeconds=900&ExternalId=id%2F7";
    assert!(asked[1].body.ends_with(last), "{asked:?}");
    let region = ("AWS_REGION", "ap-south-1");
    files.found(&[sts_url, region]).await.unwrap();
    assert!(sts.asked()[3].head.contains("/ap-south-1/sts/aws4_request"));
}

#[tokio::test]
async fn a_role_may_have_another_source() {
    let (sts, metadata) = (Stub::sts(), Stub::metadata());
    let files = Files::new("", "");
    let token = files.path("token");
    write(&token, "a.b.c");
    let role = "role_arn = arn:aws:iam::123456789012:role/next\n";
    let config = format!(
        "[profile node]\n{role}credential_source = Ec2InstanceMetadata\n\
         [profile token]\n{role}web_identity_token_file = {token}\n\
         [profile plain]\ncredential_source = Ec2InstanceMetadata\n"
    );
    let files = Files::new(&config, "");
    // What comes of each, and how STS is asked for it, if it is.
    for (profile, expected, asks) in [
        ("node", "ASIA-next", &["Credential=ASIA-node/"][..]),
        ("token", "ASIA-next", &[""]),
        ("plain", "ASIA-node", &[]),
    ] {
        let before = sts.asked().len();
        let variables = [
            ("AWS_PROFILE", profile),
            ("AWS_ENDPOINT_URL_STS", &sts.url),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url),
            ("AWS_EC2_METADATA_DISABLED", "false"),
        ];
        assert_eq!(
            files.found(&variables).await.as_deref(),
            Ok(expected),
            "{profile}"
        );
        let asked = &sts.asked()[before..];
        assert_eq!(asked.len(), asks.len(), "{profile}: {asked:?}");
        for (asked, signer) in asked.iter().zip(asks) {
            let head = &asked.head;
            let is_signed = head.contains("authorization:");
            assert_eq!(is_signed, !signer.is_empty(), "{profile}: {head}");
            assert!(head.contains(&signer.to_lowercase()), "{profile}: {head}");
        }
    }
}

/// The same relative path means another file in another folder.
#[test]
fn a_relative_token_file_is_told_by_the_folder_that_it_is_in() {
    let role = "role_arn = arn:aws:iam::123456789012:role/next\n";
    let key = |file: &str| {
        let config = format!("[default]\n{role}web_identity_token_file = {file}\n");
        let files = Files::new(&config, "");
        let found = ambient(&[("AWS_CONFIG_FILE", &files.path("config"))]).key();
        found.unwrap().unwrap().replace(&files.path(""), "FOLDER")
    };
    let here = std::env::current_dir().unwrap().join("token");
    assert_eq!(key("token"), key(here.to_str().unwrap()));
    assert_ne!(key("token"), key("/token"));
}

#[tokio::test]
async fn another_partition_needs_a_region() {
    let config = format!(
        "[default]\nrole_arn = arn:aws-cn:iam::123456789012:role/a\nsource_profile = default\n{KEYS}"
    );
    let files = Files::new(&config, "");
    let error = files.found(&[]).await.unwrap_err();
    assert_eq!(
        error,
        "ambient.invalid: arn:aws-cn:iam::123456789012:role/a: there is no region to call STS of aws-cn in"
    );
    let sts = Stub::sts();
    let variables = [
        ("AWS_DEFAULT_REGION", "cn-north-1"),
        ("AWS_ENDPOINT_URL_STS", &*sts.url),
    ];
    assert_eq!(files.found(&variables).await.as_deref(), Ok("ASIA-a"));
}
