use super::{migrated, says};

const HELPER: &str = "--trust-anchor-arn, a, --profile-arn, p, --role-arn, r";

/// Whoever builds the helper's image gives it a name of theirs.
#[test]
fn the_helper_is_known_by_what_it_is_told() {
    let manifest = |image: &str, arguments: &str| {
        format!("containers:\n- image: {image}\n  args: [{arguments}]\n")
    };
    let new = format!(
        "containers:\n- image: iamra:1\n  command: [/iamra]\n  args: [creds, serve, {HELPER}, \"--listen=localhost:9911\", --protocol=imds, --hop-limit=64]\n"
    );
    let old = manifest("local/mine:1", &format!("serve, {HELPER}"));
    assert_eq!(migrated(&old), Some(new));
    for other in [
        "serve, --trust-anchor-arn, a, --role-arn, r".to_owned(),
        format!("run, {HELPER}"),
        format!("update, {HELPER}, --rotate-crl"),
    ] {
        assert_eq!(migrated(&manifest("local/mine:1", &other)), None, "{other}");
    }
    // What every subcommand has of its own, as the drop-in has it.
    for (arguments, is_known) in [
        ("serve, --port, \"1\"", true),
        ("update, --pkcs11-lib, /l", true),
        ("update, --port, \"1\"", false),
        ("sign-string", false),
    ] {
        let old = manifest("m", &format!("{arguments}, {HELPER}"));
        assert_eq!(migrated(&old).is_some(), is_known, "{arguments}");
    }
    for image in ["{repository: a, tag: b}", "*image"] {
        let old = manifest(image, &format!("serve, {HELPER}"));
        let old = format!("x: &image i\n{old}");
        assert_eq!(migrated(&old), None, "{image}");
    }
}

/// The home of iamra's image is another one.
#[test]
fn the_helpers_file_stays_in_the_folder_that_is_mounted() {
    for (more, is_said) in [
        ("volumeMounts: [{mountPath: /root/.aws}]", true),
        (
            "volumeMounts: [{mountPath: /root/.aws, readOnly: true}]",
            false,
        ),
        (
            "volumeMounts: [{mountPath: /root/.aws}]\n  env: [{name: AWS_SHARED_CREDENTIALS_FILE, value: /x}]",
            false,
        ),
    ] {
        let old = format!("containers:\n- image: m\n  args: [update, {HELPER}]\n  {more}\n");
        let new = migrated(&old).unwrap();
        let elsewhere = "--credentials-file, /root/.aws/credentials]";
        assert_eq!(new.contains(elsewhere), is_said, "{new}");
        assert!(says(&old, "runs as the user 65534"), "{old}");
    }
}

fn service(lines: &str) -> String {
    format!("services:\n  creds:\n    {lines}\n  app:\n    image: app\n")
}

#[test]
fn a_service_of_compose_has_its_own_keys() {
    let image = "image: x/aws-iam-roles-anywhere-sidecar-credential-helper:v1";
    let begin = "image: iamra:1\n    entrypoint: [/iamra]\n    command: [creds, file, --watch";
    let file = ", --credentials-file, /root/.aws/credentials";
    for (more, is_said) in [
        ("volumes: [\"aws:/root/.aws:rw\"]", true),
        ("volumes: [/root/.aws]", true),
        ("volumes: [{type: volume, target: /root/.aws}]", true),
        ("volumes: [\"aws:/root/.aws:ro\"]", false),
        ("volumes: [\"${A:-b}/.aws:/home/x/.aws\"]", false),
        (
            "volumes: [/root/.aws]\n    environment: {AWS_SHARED_CREDENTIALS_FILE: /x}",
            false,
        ),
        (
            "volumes: [/root/.aws]\n    environment: [AWS_SHARED_CREDENTIALS_FILE=/x]",
            false,
        ),
    ] {
        let new = service(&format!(
            "{begin}{}]\n    {more}",
            if is_said { file } else { "" }
        ));
        let old = service(&format!("{image}\n    {more}"));
        assert_eq!(migrated(&old), Some(new), "{old}");
    }
    let sidecar = service("image: iam-roles-anywhere-sidecar");
    assert!(says(&sidecar, "network_mode: service:NAME"));
    // The line is iamra's then, and the image is not.
    let line = service("image: app\n    command: /bin/aws_signing_helper serve --role-arn r");
    assert!(says(&line, "which has to be in its image"));
    // Nobody would put its variables into the arguments.
    assert_eq!(migrated(&service("image: k8s-ecr-login-renew")), None);
}

/// What is only half understood is not touched, and said.
#[test]
fn what_cannot_be_read_wholly_stays() {
    let serve = format!("command: [serve, {HELPER}]");
    let pod = |arguments: &str| {
        format!("containers:\n- name: creds\n  image: m\n  args: [{arguments}]\n")
    };
    for old in [
        service(&format!(
            "image: m\n    entrypoint: /bin/proxy\n    {serve}"
        )),
        service(&format!("image: m\n    build: .\n    {serve}")),
        service(&format!("image: m\n    <<: {{a: b}}\n    {serve}")),
        service("image: iam-roles-anywhere-sidecar\n    entrypoint: sh -c x"),
        service(&format!("image: m\n    {serve}")).replacen("services:", "services: &s", 1),
        format!(
            "x: &file f\n{}",
            pod(&format!("serve, {HELPER}, --certificate, *file"))
        ),
        format!(
            "spec: &s\n  {}other: *s\n",
            pod(&format!("serve, {HELPER}"))
                .replace('\n', "\n  ")
                .trim_end_matches(' ')
        ),
    ] {
        assert_eq!(migrated(&old), None, "{old}");
        assert!(says(&old, "The container creds stays as it is"), "{old}");
    }
}

/// What a reader of YAML takes for something else than a word is put in quotes.
#[test]
fn words_stay_words() {
    let old = format!(
        "containers:\n- image: m\n  args: [update, {HELPER}, --profile, \"true\", --region, \"1e3\"]\n"
    );
    let new = migrated(&old).unwrap();
    assert!(
        new.contains("--profile, \"true\", --region, \"1e3\", --watch]"),
        "{new}"
    );
}
