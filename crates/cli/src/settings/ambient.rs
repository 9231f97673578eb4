use crate::setting::{Group, Setting, Value};

/// What the SDKs' default chain reads, where that is asked for.
pub static AMBIENT: Group = Group {
    heading: "Ambient AWS credentials",
    settings: &[
        Setting {
            name: "aws-access-key-id",
            short: None,
            value: Value::Text("ID"),
            variables: &["AWS_ACCESS_KEY_ID"],
            default: None,
            help: "The access key id. With its secret, it comes before every other source.",
        },
        Setting {
            name: "aws-secret-access-key",
            short: None,
            value: Value::SecretVariable,
            variables: &["AWS_SECRET_ACCESS_KEY"],
            default: None,
            help: "The secret access key.",
        },
        Setting {
            name: "aws-session-token",
            short: None,
            value: Value::SecretVariable,
            variables: &["AWS_SESSION_TOKEN"],
            default: None,
            help: "The session token of temporary credentials.",
        },
        Setting {
            name: "aws-credential-expiration",
            short: None,
            value: Value::Text("TIME"),
            variables: &["AWS_CREDENTIAL_EXPIRATION"],
            default: None,
            help: "When they expire (RFC 3339). Expired ones are not used.",
        },
        Setting {
            name: "aws-profile",
            short: None,
            value: Value::Text("NAME"),
            variables: &["AWS_PROFILE", "AWS_DEFAULT_PROFILE"],
            default: Some("default"),
            help: "The profile to take credentials from. One that is named must be there.",
        },
        Setting {
            name: "aws-config-file",
            short: None,
            value: Value::Text("FILE"),
            variables: &["AWS_CONFIG_FILE"],
            default: Some("~/.aws/config"),
            help: "The config file that profiles are read from. What AWS_SHARED_CREDENTIALS_FILE \
                   holds is stronger, key by key.",
        },
        Setting {
            name: "web-identity-role-arn",
            short: None,
            value: Value::Text("ARN"),
            variables: &["AWS_ROLE_ARN"],
            default: None,
            help: "The role to assume with the token of --web-identity-token-file.",
        },
        Setting {
            name: "web-identity-token-file",
            short: None,
            value: Value::Text("FILE"),
            variables: &["AWS_WEB_IDENTITY_TOKEN_FILE"],
            default: None,
            help: "The token of an identity provider that the role trusts: that of a Kubernetes \
                   service account, say. It is read anew for each session.",
        },
        Setting {
            name: "ec2-metadata-disabled",
            short: None,
            value: Value::Switch,
            variables: &["AWS_EC2_METADATA_DISABLED"],
            default: None,
            help: "Do not ask the instance metadata service.",
        },
        Setting {
            name: "ec2-metadata-v1-disabled",
            short: None,
            value: Value::Switch,
            variables: &["AWS_EC2_METADATA_V1_DISABLED"],
            default: None,
            help: "Ask the instance metadata service with a token only (IMDSv2). \
                   kube2iam and others give none.",
        },
        Setting {
            name: "ec2-metadata-endpoint",
            short: None,
            value: Value::Text("URL"),
            variables: &["AWS_EC2_METADATA_SERVICE_ENDPOINT"],
            default: Some("http://169.254.169.254"),
            help: "Where the instance metadata service is.",
        },
        Setting {
            name: "ec2-metadata-endpoint-mode",
            short: None,
            value: Value::Text("MODE"),
            variables: &["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"],
            default: Some("IPv4"),
            help: "IPv4, or IPv6 for http://[fd00:ec2::254].",
        },
    ],
};
